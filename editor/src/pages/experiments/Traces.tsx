/** The traces that programs logged to an experiment: a list that is searched, and in its place the one that is open. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { LoggedTrace } from '@drawloom/shared/api/loggedTraces.ts';
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { subscribe } from '../../api/subscribe.ts';
import type { ExperimentsSearch } from '../../app/search.ts';
import { DataGrid, type GridColumn } from '../../ui/DataGrid.tsx';
import { SearchField } from '../../ui/fields.tsx';
import { formatDuration } from '../../ui/format.ts';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { OneTrace } from './OneTrace.tsx';
import { traceStatus } from './statusOf.ts';
import styles from './Traces.module.css';

interface Shown {
  traces: readonly LoggedTrace[] | null;
  next: string | null;
  problem: ProblemError | null;
}

export function Traces(props: {
  project: string;
  experiment: string;
  search: ExperimentsSearch;
  change: (to: Partial<ExperimentsSearch>) => void;
}) {
  const { project, search, change } = props;
  if (search.trace)
    return <OneTrace project={project} trace={search.trace} onClose={() => change({ trace: undefined })} />;
  return (
    <TraceList
      project={project}
      experiment={props.experiment}
      filter={search.traces ?? ''}
      onSearch={(filter) => change({ traces: filter || undefined })}
      onOpen={(trace) => change({ trace })}
    />
  );
}

function TraceList(props: {
  project: string;
  experiment: string;
  filter: string;
  onSearch: (filter: string) => void;
  onOpen: (trace: string) => void;
}) {
  const { project, experiment, filter } = props;
  const [text, setText] = useState(filter);
  const [state, setState] = useState<Shown>({ traces: null, next: null, problem: null });
  const turn = useRef(0);
  const ask = useCallback(
    async (after: string | null, keep: readonly LoggedTrace[]) => {
      const mine = ++turn.current;
      const limit = after === null ? Math.min(500, Math.max(100, keep.length)) : 100;
      const body = { experiment, filter, limit, ...(after !== null && { after }) };
      try {
        const page = await call(routes.searchLoggedTraces, { params: { project }, body });
        if (mine !== turn.current) return;
        setState({
          traces: after === null ? page.traces : [...keep, ...page.traces],
          next: page.next,
          problem: null,
        });
      } catch (error) {
        if (mine === turn.current) setState((before) => ({ ...before, problem: problemOf(error) }));
      }
    },
    [project, experiment, filter],
  );
  const shown = useRef(state);
  shown.current = state;
  useEffect(() => void ask(null, []), [ask]);
  useEffect(() => {
    const again = () => void ask(null, shown.current.traces ?? []);
    return subscribe(project, { onReset: again }, (events) => {
      if (events.some((event) => event.kind === 'tracked' && event.experiment === experiment)) again();
    });
  }, [project, experiment, ask]);
  const { traces, next, problem } = state;
  return (
    <>
      <div className={styles.tools}>
        <SearchField
          label={t('Search traces')}
          value={text}
          onChange={(to) => {
            setText(to);
            if (to === '') props.onSearch('');
          }}
          onSubmit={(to) => props.onSearch(to.trim())}
          placeholder={t("status = 'ERROR' AND span.name = 'retrieve'")}
        />
        {problem?.code === 'invalid_search' && (
          <p className={styles.mistake} role="alert">
            {problem.message}
          </p>
        )}
      </div>
      {problem && problem.code !== 'invalid_search' && (
        <ProblemNotice problem={problem} onRetry={() => void ask(null, [])} />
      )}
      {!traces && !problem && <Loading />}
      {traces?.length === 0 &&
        (filter ? (
          <EmptyState icon="filter" title={t('No trace fits this search')} />
        ) : (
          <EmptyState icon="metrics" title={t('No trace was logged here yet')}>
            {t('A program whose functions are marked with @mlflow.trace logs what they take and give.')}
          </EmptyState>
        ))}
      {traces && traces.length > 0 && (
        <DataGrid
          label={t('Traces')}
          columns={columns()}
          rowCount={traces.length}
          row={(index) => traces[index]}
          onOpen={(trace) => props.onOpen(trace.id)}
          onRange={(_, to) => {
            if (to >= traces.length && next !== null) void ask(next, traces);
          }}
        />
      )}
    </>
  );
}

const columns = (): GridColumn<LoggedTrace>[] => [
  {
    id: 'name',
    title: t('Trace'),
    width: 180,
    cell: ({ name, id }) => <strong>{name || id}</strong>,
  },
  { id: 'state', title: t('State'), width: 120, cell: ({ state }) => <StatusMark status={traceStatus(state)} /> },
  {
    id: 'at',
    title: t('Started'),
    width: 130,
    cell: ({ startMs }) => <Ago at={new Date(startMs).toISOString()} />,
  },
  { id: 'took', title: t('Took'), width: 90, align: 'end', cell: ({ tookMs }) => formatDuration(tookMs) },
  { id: 'spans', title: t('Spans'), width: 80, align: 'end', cell: ({ spans }) => spans },
  { id: 'request', title: t('Inputs'), width: 260, grow: true, cell: ({ request }) => request ?? '' },
  { id: 'response', title: t('Outputs'), width: 260, grow: true, cell: ({ response }) => response ?? '' },
];
