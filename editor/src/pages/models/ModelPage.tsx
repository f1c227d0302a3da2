/** One registered model: what it is for, and its versions with the names, runs and numbers of each. */
import type { ModelVersionSummary, RegisteredModel } from '@drawloom/shared/api/models.ts';
import { Link, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { go } from '../../app/go.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { Button, IconButton } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { formatBytes, formatNumber } from '../../ui/format.ts';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Menu, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { Table } from '../../ui/Table.tsx';
import { Ago } from '../../ui/Time.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { Description, Tags } from './Described.tsx';
import { MadeBy } from './MadeBy.tsx';
import styles from './Models.module.css';
import { Names } from './Names.tsx';
import { Section } from './Section.tsx';
import { VersionMenu } from './VersionActions.tsx';

export function ModelPage() {
  const { project, model: name } = useParams({ from: '/p/$project/models/$model' });
  const model = useCall(routes.getModel, { params: { project, model: name } });
  const list = useCall(routes.listModelVersions, { params: { project, model: name }, query: { limit: 50 } });
  const [older, setOlder] = useState<{ items: ModelVersionSummary[]; next: string | null } | null>(null);
  const mayRegister = useMay(project, 'model.register');
  const back = { href: places.models(project), text: t('Go to models') };
  const { data, problem } = model;
  if (!data)
    return (
      <Page title={name}>
        {problem ? (
          <PageProblem
            problem={problem}
            icon="model"
            missing={t('There is no such model')}
            back={back}
            onRetry={model.reload}
          />
        ) : (
          <Loading />
        )}
      </Page>
    );
  const reload = () => {
    setOlder(null);
    model.reload();
    list.reload();
  };
  const change = async (body: { description?: string; tags?: object }) => {
    const changed = await call(routes.changeModel, { params: { project, model: name }, body });
    model.put(() => changed);
  };
  const versions = list.data && [...list.data.items, ...(older?.items ?? [])];
  const next = older ? older.next : list.data?.next;
  const more = async () => {
    try {
      const query = { limit: 50, after: next! };
      const page = await call(routes.listModelVersions, { params: { project, model: name }, query });
      setOlder({ items: [...(older?.items ?? []), ...page.items], next: page.next });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  return (
    <Page
      title={name}
      sub={
        <span>
          <Link to="/p/$project/models" params={{ project }}>
            {t('Models')}
          </Link>
          {' · '}
          {t('made by {who}', { who: data.createdBy })} <Ago at={data.createdAt} />
        </span>
      }
      actions={<ModelActions project={project} model={data} />}
    >
      {problem && <ProblemNotice problem={problem} onRetry={model.reload} />}
      <div className={styles.sections}>
        <Description text={data.description} mayEdit={mayRegister} onSave={(description) => change({ description })} />
        <Tags tags={data.tags} mayEdit={mayRegister} onChange={(tags) => change({ tags })} />
        <Section title={t('Versions')} wide>
          {list.problem && <ProblemNotice problem={list.problem} onRetry={list.reload} />}
          {!versions && !list.problem && <Loading />}
          {versions?.length === 0 && <NoVersions model={name} />}
          {versions && versions.length > 0 && (
            <VersionTable project={project} model={data} versions={versions} onChanged={reload} />
          )}
          {next && (
            <div>
              <Button small onPress={() => void more()}>
                {t('Show more')}
              </Button>
            </div>
          )}
        </Section>
      </div>
    </Page>
  );
}

/** At most so many numbers have a column of their own. */
const mostNumbers = 4;

/** The numbers that most of the versions have; among those, in the order of their names. */
function numbersOf(versions: readonly ModelVersionSummary[]): string[] {
  const counts = new Map<string, number>();
  for (const { metrics } of versions)
    for (const name of Object.keys(metrics)) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort(([a, n], [b, m]) => m - n || a.localeCompare(b))
    .slice(0, mostNumbers)
    .map(([name]) => name)
    .sort((a, b) => a.localeCompare(b));
}

function VersionTable(props: {
  project: string;
  model: RegisteredModel;
  versions: readonly ModelVersionSummary[];
  onChanged: () => void;
}) {
  const { project, model, versions } = props;
  return (
    <Table
      caption={t('Versions of {model}', { model: model.name })}
      rows={versions}
      keyOf={({ version }) => version}
      columns={[
        {
          head: t('Version'),
          cell: ({ version, description }) => (
            <>
              <Link
                to="/p/$project/models/$model/$version"
                params={{ project, model: model.name, version: String(version) }}
              >
                <strong>{t('Version {n}', { n: version })}</strong>
              </Link>
              {description && <div className={styles.muted}>{description.split('\n')[0]!.slice(0, 60)}</div>}
            </>
          ),
        },
        {
          head: t('Aliases and stages'),
          kind: 'wrap',
          cell: ({ aliases, stage }) => <Names aliases={aliases.map((alias) => ({ alias }))} stages={[{ stage }]} />,
        },
        ...numbersOf(versions).map((name) => ({
          head: name,
          kind: 'number' as const,
          cell: ({ metrics }: ModelVersionSummary) => {
            const value = metrics[name];
            return value === undefined ? '' : typeof value === 'number' ? formatNumber(value) : value;
          },
        })),
        {
          head: t('Run'),
          kind: 'clip',
          cell: (version) => <MadeBy project={project} version={version} />,
        },
        { head: t('Size'), kind: 'number', cell: ({ sizeBytes }) => formatBytes(sizeBytes) },
        {
          head: t('Registered'),
          cell: ({ createdAt, createdBy }) => (
            <>
              <Ago at={createdAt} />
              <div className={styles.muted}>{t('by {who}', { who: createdBy })}</div>
            </>
          ),
        },
        {
          head: null,
          cell: (version) => (
            <VersionMenu
              project={project}
              version={version}
              aliases={model.aliases}
              onChanged={props.onChanged}
              onDeleted={props.onChanged}
              trigger={<IconButton icon="more" small label={t('Actions of version {n}', { n: version.version })} />}
            />
          ),
        },
      ]}
    />
  );
}

function NoVersions({ model }: { model: string }) {
  return (
    <EmptyState icon="model" title={t('No versions yet')}>
      {t(
        'A version is what a run logged, kept under this name for good. A script registers one where it logs the model:',
      )}
      <span className={styles.snippet}>
        <CopyText
          label={t('In the script')}
          text={`mlflow.sklearn.log_model(model, name="model", registered_model_name=${JSON.stringify(model)})`}
          small
        />
      </span>
    </EmptyState>
  );
}

function ModelActions({ project, model }: { project: string; model: RegisteredModel }) {
  const [open, setOpen] = useState<'rename' | 'delete' | null>(null);
  const mayRegister = useMay(project, 'model.register');
  const mayDelete = useMay(project, 'artifact.delete');
  const remove = async () => {
    try {
      await call(routes.deleteModel, { params: { project, model: model.name } });
      go(places.models(project));
      toast(t('“{name}” is gone.', { name: model.name }), 'success');
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  return (
    <>
      {(mayRegister || mayDelete) && (
        <Menu
          label={t('Actions of {name}', { name: model.name })}
          trigger={<IconButton icon="more" label={t('Actions of {name}', { name: model.name })} />}
          groups={[
            {
              entries: mayRegister
                ? [{ id: 'rename', text: t('Rename…'), icon: 'edit', onAction: () => setOpen('rename') }]
                : [],
            },
            {
              entries: mayDelete
                ? [
                    {
                      id: 'delete',
                      text: t('Delete the model…'),
                      icon: 'trash',
                      tone: 'danger',
                      onAction: () => setOpen('delete'),
                    },
                  ]
                : [],
            },
          ]}
        />
      )}
      {open === 'rename' && <Rename project={project} model={model} onClose={() => setOpen(null)} />}
      {open === 'delete' && (
        <Confirm
          title={t('Delete {name} for good?', { name: model.name })}
          action={t('Delete')}
          danger
          onConfirm={() => void remove()}
          onClose={() => setOpen(null)}
        >
          {t(
            '{n, plural, =0 {It has no versions.} one {Its version goes with it} other {Its # versions go with it}}{n, plural, =0 {} other {, and whoever loads one finds nothing then. The runs stay.}}',
            { n: model.versionCount },
          )}
        </Confirm>
      )}
    </>
  );
}

function Rename({ project, model, onClose }: { project: string; model: RegisteredModel; onClose: () => void }) {
  const [name, setName] = useState(model.name);
  const wanted = name.trim();
  const form = useSending(async () => {
    await call(routes.changeModel, { params: { project, model: model.name }, body: { name: wanted } });
    onClose();
    go(places.model(project, wanted), true);
  }, wanted !== '');
  return (
    <FormDialog
      title={t('Rename {name}', { name: model.name })}
      action={t('Rename')}
      form={form}
      isDisabled={wanted === model.name}
      onClose={onClose}
    >
      <TextField
        label={t('Name')}
        isRequired
        autoFocus
        value={name}
        onChange={setName}
        maxLength={256}
        hint={t('Programs that load it by the old name find nothing then.')}
        mistake={form.asked && wanted === '' ? t('Give it a name.') : null}
      />
    </FormDialog>
  );
}
