/** The memory of every run: what pipelines and programs outside did, searched, sorted, compared, drawn, tagged and tidied. */

import type { TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useEffect, useMemo, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import type { ExperimentsSearch } from '../../app/search.ts';
import { Button, Segmented } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { ComboBox, Switch } from '../../ui/fields.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { t } from '../../words/index.ts';
import { ColumnChoice } from './ColumnChoice.tsx';
import { Compare } from './Compare.tsx';
import { Curves } from './Curves.tsx';
import { type ColumnId, columnsOf, csvOf, differs, orderOf } from './columns.ts';
import styles from './Experiments.module.css';
import { FilterBox } from './FilterBox.tsx';
import { RunPanel } from './RunPanel.tsx';
import { RunTable } from './RunTable.tsx';
import { Traces } from './Traces.tsx';
import { useRuns } from './useRuns.ts';

const noNames = { metrics: [], parameters: [], tags: [] };
/** What a spreadsheet takes. */
const mostExported = 100_000;

export function ExperimentsPage() {
  const { project } = useParams({ from: '/p/$project/experiments' });
  const search = useSearch({ from: '/p/$project/experiments' });
  const navigate = useNavigate({ from: '/p/$project/experiments' });
  const { data, problem, reload } = useCall(routes.listExperiments, { params: { project } });
  const change = (to: Partial<ExperimentsSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...to }), replace: true });
  const all = data?.experiments.filter(({ deletedAt }) => deletedAt === null) ?? [];
  const chosen = all.find(({ id }) => id === search.experiment) ?? all.find(({ number }) => number !== '0') ?? all[0];
  return (
    <Page
      title={t('Experiments')}
      flush
      actions={
        chosen && (
          <ComboBox
            label={t('Experiment')}
            hideLabel
            value={chosen.id}
            onChange={(experiment) =>
              change({
                experiment,
                run: undefined,
                filter: undefined,
                sort: undefined,
                trace: undefined,
                traces: undefined,
              })
            }
            options={all.map(({ id, name }) => ({ id, text: name }))}
          />
        )
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {!data && !problem && <Loading />}
      {chosen && (
        <OneExperiment
          key={chosen.id}
          project={project}
          experiment={chosen.id}
          ofPipeline={chosen.pipeline !== null}
          search={search}
          change={change}
        />
      )}
    </Page>
  );
}

function OneExperiment(props: {
  project: string;
  experiment: string;
  ofPipeline: boolean;
  search: ExperimentsSearch;
  change: (to: Partial<ExperimentsSearch>) => void;
}) {
  const { project, experiment, search, change } = props;
  const sort = useMemo(() => {
    if (!search.sort) return null;
    const descending = search.sort.startsWith('-');
    return { column: descending ? search.sort.slice(1) : search.sort, descending };
  }, [search.sort]);
  const orderBy = useMemo(() => (sort ? [orderOf(sort)] : []), [sort]);
  const trash = search.trash === true;
  const asked = {
    experiment,
    filter: search.filter ?? '',
    orderBy,
    view: trash ? ('deleted' as const) : ('active' as const),
  };
  const list = useRuns(project, asked, props.ofPipeline);
  const names = useCall(routes.getExperimentNames, { params: { project, experiment } });
  const [selected, setSelected] = useState<ReadonlyMap<string, TrackedRun>>(new Map());
  const [hidden, setHidden] = useState<ReadonlySet<ColumnId>>(new Set());
  const [onlyDifferences, setOnlyDifferences] = useState(false);
  const [asking, setAsking] = useState(false);
  const [turn, setTurn] = useState(0);
  const mayEdit = useMay(project, 'run.execute');
  const mayDelete = useMay(project, 'artifact.delete');
  const runs = list.runs ?? [];
  const { reload: reloadNames } = names;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever is new in the list may have a name that is new
  useEffect(() => {
    setTurn((n) => n + 1);
    reloadNames();
  }, [list.runs, reloadNames]);
  const found = useMemo(() => columnsOf(runs.slice(0, 500)), [runs]);
  const columns = found.filter((id) => !hidden.has(id) && (!onlyDifferences || differs(runs, id)));
  // What is chosen is shown as it is now, as far as it is in the list.
  const current = new Map(runs.map((run) => [run.id, run]));
  const compared = [...selected.keys()].map((id) => current.get(id) ?? selected.get(id)!);
  const view = search.view ?? 'table';
  const drawn = compared.length > 0 ? compared : runs.slice(0, 10);

  const act = async (what: () => Promise<unknown>, said: string) => {
    try {
      await what();
      setSelected(new Map());
      list.reload();
      toast(said, 'success');
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const ids = [...selected.keys()];
  const exported = async () => {
    try {
      const rows: TrackedRun[] = [];
      for (let after: string | null | undefined; after !== null && rows.length < mostExported; ) {
        const { experiment: one, ...rest } = asked;
        const body = { experiments: [one], ...rest, limit: 1000, ...(after ? { after } : {}) };
        const page = await call(routes.searchTrackedRuns, { params: { project }, body });
        rows.push(...page.runs);
        after = page.next;
      }
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([csvOf(rows, columnsOf(rows))], { type: 'text/csv' }));
      link.download = 'runs.csv';
      link.click();
      URL.revokeObjectURL(link.href);
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };

  const wrong = list.problem?.code === 'invalid_search' ? list.problem.message : undefined;
  const isEmpty = list.runs?.length === 0 && !search.filter && !trash;
  const views = (
    <Segmented
      label={t('View')}
      value={view}
      onChange={(to) => change({ view: to === 'table' ? undefined : to, trace: undefined })}
      options={[
        { id: 'table', text: t('Table'), icon: 'table' },
        { id: 'charts', text: t('Curves'), icon: 'chart' },
        { id: 'compare', text: t('Compare'), icon: 'columns' },
        { id: 'traces', text: t('Traces'), icon: 'lineage' },
      ]}
    />
  );
  if (view === 'traces')
    return (
      <>
        <div className={styles.tools}>{views}</div>
        <Traces project={project} experiment={experiment} search={search} change={change} />
      </>
    );
  return (
    <>
      <div className={styles.tools}>
        <FilterBox
          value={search.filter ?? ''}
          names={names.data ?? noNames}
          onSearch={(filter) => change({ filter: filter || undefined })}
          mistake={wrong}
        />
        {views}
        {view === 'table' && <ColumnChoice columns={found} hidden={hidden} onChange={setHidden} />}
        {view !== 'charts' && (
          <Switch isSelected={onlyDifferences} onChange={setOnlyDifferences}>
            {t('Only differences')}
          </Switch>
        )}
        <Switch isSelected={trash} onChange={(on) => change({ trash: on || undefined, run: undefined })}>
          {t('Trash')}
        </Switch>
        <Button icon="download" onPress={() => void exported()}>
          {t('CSV')}
        </Button>
        {ids.length > 0 &&
          (trash ? (
            <Button
              icon="restore"
              isDisabled={!mayEdit}
              onPress={() =>
                void act(
                  () => call(routes.restoreTrackedRuns, { params: { project }, body: { runs: ids } }),
                  t('Restored'),
                )
              }
            >
              {t('Restore {n}', { n: ids.length })}
            </Button>
          ) : (
            <Button icon="trash" tone="danger" isDisabled={!mayDelete} onPress={() => setAsking(true)}>
              {t('Delete {n}', { n: ids.length })}
            </Button>
          ))}
      </div>
      <div className={styles.body}>
        <div className={styles.main}>
          {list.problem && !wrong && <ProblemNotice problem={list.problem} onRetry={list.reload} />}
          {!list.runs && !list.problem && <Loading />}
          {isEmpty && <NothingLogged />}
          {list.runs?.length === 0 && !isEmpty && (
            <EmptyState
              icon={trash ? 'trash' : 'filter'}
              title={trash ? t('The trash is empty') : t('No run fits this search')}
            />
          )}
          {runs.length > 0 && view === 'table' && (
            <RunTable
              runs={runs}
              columns={columns}
              sort={sort}
              onSort={(column) =>
                change({
                  sort: search.sort === `-${column}` ? column : search.sort === column ? undefined : `-${column}`,
                })
              }
              selected={selected}
              onSelect={setSelected}
              onOpen={(run) => change({ run: run.id })}
              onEnd={list.more ? list.loadMore : undefined}
            />
          )}
          {runs.length > 0 && view === 'charts' && <Curves project={project} runs={drawn} turn={turn} />}
          {runs.length > 0 && view === 'compare' && <Compare runs={drawn} onlyDifferences={onlyDifferences} />}
          <div className={styles.foot} role="status">
            {runs.length > 0 &&
              t(
                '{n, plural, one {# run} other {# runs}}{more, select, yes { and more below} other {}}{chosen, plural, =0 {} other {, # chosen}}',
                {
                  n: runs.length,
                  more: list.more ? 'yes' : 'no',
                  chosen: ids.length,
                },
              )}
          </div>
        </div>
        {search.run && (
          <RunPanel
            project={project}
            run={search.run}
            turn={turn}
            onClose={() => change({ run: undefined })}
            onChanged={list.reload}
          />
        )}
      </div>
      {asking && (
        <Confirm
          title={t('Put {n, plural, one {this run} other {# runs}} into the trash?', { n: ids.length })}
          action={t('Delete')}
          danger
          onConfirm={() =>
            void act(
              () => call(routes.deleteTrackedRuns, { params: { project }, body: { runs: ids } }),
              t('In the trash now'),
            )
          }
          onClose={() => setAsking(false)}
        >
          {t('They are found in the trash, and can be restored from there.')}
        </Confirm>
      )}
    </>
  );
}

function NothingLogged() {
  return (
    <EmptyState icon="metrics" title={t('Nothing was logged here yet')}>
      {t(
        'A training script that logs to MLflow logs here when two variables are set. The token is made in the settings.',
      )}
      <span className={styles.code}>
        <CopyText label={t('Address')} text={`export MLFLOW_TRACKING_URI=${location.origin}`} small />
        <CopyText label={t('Token')} text="export MLFLOW_TRACKING_TOKEN=dlm_…" small />
      </span>
    </EmptyState>
  );
}
