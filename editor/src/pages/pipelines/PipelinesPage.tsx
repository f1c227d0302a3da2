/** The pipelines of a project: what there is, how its last run went, and ways to begin another. */
import type { PipelineSummary } from '@drawloom/shared/api/pipelines.ts';
import { Link, useParams } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { addressOf, call, problemOf, routes } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { go } from '../../app/go.ts';
import { places } from '../../app/places.ts';
import { Button, IconButton, Segmented } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { formatInstant } from '../../ui/format.ts';
import { Icon } from '../../ui/Icon.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Menu, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { StatusMark, StatusRail } from '../../ui/StatusMark.tsx';
import { Ago } from '../../ui/Time.tsx';
import { SearchField, TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinesPage.module.css';

export function PipelinesPage() {
  const { project } = useParams({ from: '/p/$project/pipelines' });
  const [search, setSearch] = useState('');
  const [shelf, setShelf] = useState<'open' | 'archived'>('open');
  const [naming, setNaming] = useState(false);
  const picker = useRef<HTMLInputElement>(null);
  const mayEdit = useMay(project, 'graph.edit');
  const { data, problem, loading, reload } = useCall(routes.listPipelines, {
    params: { project },
    query: { archived: String(shelf === 'archived') },
  });
  useEffect(
    () =>
      subscribe(project, { onReset: reload }, (events) => {
        if (events.some((event) => event.kind === 'run' || event.kind === 'pipeline')) reload();
      }),
    [project, reload],
  );
  const importFile = async (file: File) => {
    try {
      if (file.size > 20 * 2 ** 20)
        throw new Error(
          t('“{name}” is larger than a pipeline can be (20 MB). Is it the right file?', { name: file.name }),
        );
      const made = await call(routes.importPipeline, { params: { project }, body: { text: await file.text() } });
      toast(t('Imported “{name}”.', { name: made.document.name }), 'success');
      go(places.pipeline(project, made.id));
    } catch (error) {
      const why = problemOf(error);
      toast(
        [why.message, ...why.problems.slice(0, 3).map((one) => one.message)]
          .filter((text, at, all) => all.indexOf(text) === at)
          .join(' '),
        'failed',
      );
    }
  };
  const words = search.trim().toLowerCase();
  const shown = data?.pipelines.filter((one) => `${one.name} ${one.description}`.toLowerCase().includes(words));
  const begin = mayEdit && (
    <>
      <Button icon="upload" onPress={() => picker.current?.click()}>
        {t('Import')}
      </Button>
      <Button tone="primary" icon="plus" onPress={() => setNaming(true)} data-testid="new-pipeline">
        {t('New pipeline')}
      </Button>
    </>
  );
  return (
    <Page
      title={t('Pipelines')}
      sub={data && t('{n, plural, =0 {} one {# pipeline} other {# pipelines}}', { n: data.pipelines.length })}
      actions={begin}
    >
      <input
        ref={picker}
        type="file"
        accept=".json,application/json"
        hidden
        onChange={(event) => {
          const [file] = event.target.files ?? [];
          if (file) void importFile(file);
          event.target.value = '';
        }}
      />
      <div className={styles.tools}>
        <SearchField label={t('Search pipelines')} value={search} onChange={setSearch} />
        <Segmented
          label={t('Which pipelines')}
          value={shelf}
          onChange={setShelf}
          options={[
            { id: 'open', text: t('In use') },
            { id: 'archived', text: t('Archived') },
          ]}
        />
      </div>
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !data && <Loading />}
      {shown && shown.length > 0 && (
        <ul className={styles.grid}>
          {shown.map((one) => (
            <PipelineCard
              key={one.id}
              pipeline={one}
              project={project}
              archived={shelf === 'archived'}
              mayEdit={mayEdit}
              onChanged={reload}
            />
          ))}
        </ul>
      )}
      {shown?.length === 0 &&
        (words ? (
          <EmptyState
            icon="search"
            title={t('No pipeline is called that')}
            actions={<Button onPress={() => setSearch('')}>{t('Clear the search')}</Button>}
          />
        ) : shelf === 'archived' ? (
          <EmptyState icon="archive" title={t('Nothing is archived')}>
            {t('Pipelines that were put away can be brought back from here. Their runs stay in any case.')}
          </EmptyState>
        ) : (
          <EmptyState icon="pipelines" title={t('Draw your first pipeline')} actions={begin}>
            {t(
              'A pipeline is a drawing of steps from data to a model or a report. Begin with an empty one, or import a file.',
            )}
          </EmptyState>
        ))}
      {naming && <NewPipeline project={project} onClose={() => setNaming(false)} />}
    </Page>
  );
}

function PipelineCard(props: {
  pipeline: PipelineSummary;
  project: string;
  archived: boolean;
  mayEdit: boolean;
  onChanged: () => void;
}) {
  const { pipeline, project, archived } = props;
  const change = async (archive: boolean) => {
    try {
      await call(archive ? routes.archivePipeline : routes.restorePipeline, { params: { pipeline: pipeline.id } });
      props.onChanged();
      if (archive)
        toast(t('“{name}” is archived.', { name: pipeline.name }), 'info', {
          text: t('Undo'),
          run: () => void change(false),
        });
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const duplicate = async () => {
    try {
      const { document } = await call(routes.getPipeline, { params: { pipeline: pipeline.id } });
      const made = await call(routes.createPipeline, {
        params: { project },
        body: { document: { ...document, name: t('{name} (copy)', { name: document.name }).slice(0, 200) } as never },
      });
      go(places.pipeline(project, made.id));
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const { lastRun } = pipeline;
  return (
    <li className={styles.card} data-testid="pipeline-card">
      {lastRun && (
        <span className={styles.rail}>
          <StatusRail status={lastRun.status} />
        </span>
      )}
      <div className={styles.head}>
        <h2 className={styles.title}>
          <Link to="/p/$project/pipelines/$pipeline" params={{ project, pipeline: pipeline.id }}>
            {pipeline.name}
          </Link>
        </h2>
        <span className={styles.menu}>
          <Menu
            label={t('Actions of {name}', { name: pipeline.name })}
            trigger={<IconButton small icon="more" label={t('Actions of {name}', { name: pipeline.name })} />}
            groups={[
              {
                entries: [
                  {
                    id: 'runs',
                    text: t('Its runs'),
                    icon: 'runs',
                    onAction: () => go(`${places.runs(project)}?pipeline=${pipeline.id}`),
                  },
                  {
                    id: 'export',
                    text: t('Export as a file'),
                    icon: 'download',
                    onAction: () => download(pipeline.id),
                  },
                  ...(props.mayEdit && !archived
                    ? [{ id: 'copy', text: t('Duplicate'), icon: 'copy' as const, onAction: () => void duplicate() }]
                    : []),
                ],
              },
              {
                entries: props.mayEdit
                  ? archived
                    ? [{ id: 'restore', text: t('Bring back'), icon: 'restore', onAction: () => void change(false) }]
                    : [{ id: 'archive', text: t('Archive'), icon: 'archive', onAction: () => void change(true) }]
                  : [],
              },
            ]}
          />
        </span>
      </div>
      <p className={styles.text}>{pipeline.description}</p>
      <div className={styles.facts}>
        <span>
          <Icon name="pipelines" size={14} />
          {t('{n, plural, one {# node} other {# nodes}}', { n: pipeline.nodeCount })}
        </span>
        <span>
          {t('Edited')} <Ago at={pipeline.updatedAt} />
        </span>
        {pipeline.nextFireAt && (
          <span title={formatInstant(pipeline.nextFireAt)}>
            <Icon name="clock" size={14} />
            {t('Runs')} <Ago at={pipeline.nextFireAt} />
          </span>
        )}
      </div>
      <div className={styles.foot}>
        {lastRun ? (
          <>
            <StatusMark status={lastRun.status} />
            <Link to="/p/$project/runs/$run" params={{ project, run: String(lastRun.id) }}>
              {t('Run {run}', { run: lastRun.id })}
              {lastRun.finishedAt && (
                <>
                  {', '}
                  <Ago at={lastRun.finishedAt} />
                </>
              )}
            </Link>
          </>
        ) : (
          t('Never run')
        )}
      </div>
    </li>
  );
}

function NewPipeline({ project, onClose }: { project: string; onClose: () => void }) {
  const [name, setName] = useState('');
  const form = useSending(async () => {
    const made = await call(routes.createPipeline, { params: { project }, body: { name: name.trim() } });
    go(places.pipeline(project, made.id));
  }, name.trim() !== '');
  return (
    <FormDialog title={t('New pipeline')} onClose={onClose} form={form} action={t('Create')}>
      <TextField
        label={t('Name')}
        autoFocus
        value={name}
        onChange={setName}
        mistake={form.asked && !name.trim() ? t('Give it a name.') : null}
        maxLength={200}
        placeholder={t('Arrival delays')}
      />
    </FormDialog>
  );
}

function download(pipeline: string): void {
  const link = document.createElement('a');
  link.href = addressOf(routes.exportPipeline, { params: { pipeline } });
  link.download = '';
  link.click();
}
