/** One version of a model: everything that is known of it, from what it takes to the data and the code that it came from. */
import type { ModelVersion } from '@drawloom/shared/api/models.ts';
import { Link, useParams } from '@tanstack/react-router';
import { call, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { go } from '../../app/go.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { Button } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { formatBytes, formatInstant } from '../../ui/format.ts';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { Loading, Notice, ProblemNotice } from '../../ui/notices.tsx';
import { Facts, Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import { MetricsTable } from '../artifact/MetricsTable.tsx';
import { Contents } from './Contents.tsx';
import { Description, Tags } from './Described.tsx';
import { Files } from './Files.tsx';
import { MadeBy } from './MadeBy.tsx';
import styles from './Models.module.css';
import { Names } from './Names.tsx';
import { Origin } from './Origin.tsx';
import { Promotions } from './Promotions.tsx';
import { Section } from './Section.tsx';
import { VersionMenu } from './VersionActions.tsx';

export function VersionPage() {
  const { project, model: name, version: number } = useParams({ from: '/p/$project/models/$model/$version' });
  const params = { project, model: name, version: number };
  const { data, problem, reload } = useCall(routes.getModelVersion, { params });
  const model = useCall(routes.getModel, { params: { project, model: name } });
  const mayRegister = useMay(project, 'model.register');
  const title = t('{model}, version {n}', { model: name, n: number });
  if (!data)
    return (
      <Page title={title}>
        {problem ? (
          <PageProblem
            problem={problem}
            icon="model"
            missing={t('There is no such version')}
            back={{ href: places.model(project, name), text: t('Go to {model}', { model: name }) }}
            onRetry={reload}
          />
        ) : (
          <Loading />
        )}
      </Page>
    );
  const changed = () => {
    reload();
    model.reload();
  };
  const change = async (body: { description?: string; tags?: object }) => {
    await call(routes.changeModelVersion, { params, body });
    reload();
  };
  return (
    <Page
      title={title}
      sub={
        <span className={styles.row}>
          <Link to="/p/$project/models/$model" params={{ project, model: name }}>
            {t('All versions')}
          </Link>
          <Names aliases={data.aliases.map((alias) => ({ alias }))} stages={[{ stage: data.stage }]} />
        </span>
      }
      actions={
        <VersionMenu
          project={project}
          version={data}
          aliases={model.data?.aliases ?? []}
          onChanged={changed}
          onDeleted={() => go(places.model(project, name))}
          trigger={<Button icon="chevron-down">{t('Actions')}</Button>}
        />
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {data.contents.problem && <Notice tone="warning">{data.contents.problem}</Notice>}
      <div className={styles.sections}>
        <About project={project} version={data} />
        <Description text={data.description} mayEdit={mayRegister} onSave={(description) => change({ description })} />
        <Promotions project={project} model={name} version={data.version} onMoved={changed} />
        <Numbers version={data} />
        <Contents contents={data.contents} />
        <Origin project={project} version={data} />
        <Tags tags={data.tags} mayEdit={mayRegister} onChange={(tags) => change({ tags })} />
        <Files project={project} version={data} />
      </div>
    </Page>
  );
}

function About({ project, version }: { project: string; version: ModelVersion }) {
  const { model, aliases, source, createdBy, createdAt, sizeBytes, contents } = version;
  const flavors = contents.flavors.map(({ name, version: of }) => (of === null ? name : `${name} ${of}`));
  return (
    <Section title={t('This version')}>
      <Facts
        of={[
          [t('Registered'), t('{when} by {who}', { when: formatInstant(createdAt), who: createdBy })],
          [t('Made by'), <MadeBy key="run" project={project} version={version} />],
          [t('Source'), <code key="source">{source}</code>],
          [t('Size'), formatBytes(sizeBytes)],
          ...(flavors.length > 0 ? [[t('Loads as'), flavors.join(', ')] as const] : []),
        ]}
      />
      <CopyText
        label={t('What loads it')}
        text={`mlflow.pyfunc.load_model("models:/${model}${aliases[0] ? `@${aliases[0]}` : `/${version.version}`}")`}
        small
      />
    </Section>
  );
}

function Numbers({ version: { metrics, origin } }: { version: ModelVersion }) {
  const numbers = Object.entries(metrics);
  const parameters = Object.entries(origin?.parameters ?? {});
  return (
    <>
      <Section title={t('Metrics')}>
        {numbers.length === 0 ? (
          <p className={styles.muted}>{t('Its run told no numbers.')}</p>
        ) : (
          <MetricsTable
            values={Object.fromEntries(numbers.map(([key, value]) => [key, value === 'NaN' ? Number.NaN : value]))}
          />
        )}
      </Section>
      <Section title={t('Parameters')}>
        {parameters.length === 0 ? (
          <p className={styles.muted}>{t('Its run told no parameters.')}</p>
        ) : (
          <NamedValues caption={t('Parameters')} rows={parameters.map(([key, value]) => ({ key, value }))} />
        )}
      </Section>
    </>
  );
}
