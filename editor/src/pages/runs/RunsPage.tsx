/** The runs of a project, newest first: what ran, how it went, and filters that live in the address. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { RunSummary } from '@drawloom/shared/api/runs.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal, RunStatus } from '@drawloom/shared/run/status.ts';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useCallback, useEffect, useRef, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import type { RunsSearch } from '../../app/search.ts';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { Icon } from '../../ui/Icon.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Page } from '../../ui/Page.tsx';
import { StatusMark, StatusRail, statusWord } from '../../ui/StatusMark.tsx';
import { Ago, Elapsed } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './RunsPage.module.css';

const any = 'any';

export function RunsPage() {
  const { project } = useParams({ from: '/p/$project/runs' });
  const search = useSearch({ from: '/p/$project/runs' });
  const navigate = useNavigate({ from: '/p/$project/runs' });
  const list = useRunList(project, search);
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const filter = (change: Partial<RunsSearch>) =>
    void navigate({ search: (before) => ({ ...before, ...change }), replace: true });
  const marked = (search.marked ?? '').split('-').map(Number).filter(Boolean);
  const mark = (run: number) => {
    const next = marked.includes(run) ? marked.filter((one) => one !== run) : [...marked, run];
    filter({ marked: next.length > 0 ? next.join('-') : undefined });
  };
  const filtered = Boolean(search.pipeline || search.status || search.trigger);

  return (
    <Page title={t('Runs')} sub={list.runs && t('{n, plural, =0 {} other {newest first}}', { n: list.runs.length })}>
      <search className={styles.tools} aria-label={t('Filter runs')}>
        <Select
          label={t('Pipeline')}
          value={search.pipeline ?? any}
          onChange={(id) => filter({ pipeline: id === any ? undefined : id })}
          options={[
            { id: any, text: t('All pipelines') },
            ...(pipelines.data?.pipelines ?? []).map((one) => ({ id: one.id, text: one.name })),
          ]}
        />
        <Select
          label={t('State')}
          value={search.status ?? any}
          onChange={(id) => filter({ status: id === any ? undefined : id })}
          options={[
            { id: any, text: t('Every state') },
            ...RunStatus.options.map((status) => ({ id: status, text: statusWord(status) })),
          ]}
        />
        <Select
          label={t('Started by')}
          value={search.trigger ?? any}
          onChange={(id) => filter({ trigger: id === any ? undefined : id })}
          options={[
            { id: any, text: t('Anything') },
            { id: 'manual', text: t('A person') },
            { id: 'schedule', text: t('A schedule') },
            { id: 'webhook', text: t('A webhook') },
            { id: 'data', text: t('New data') },
            { id: 'backfill', text: t('A backfill') },
            { id: 'api', text: t('The API') },
            { id: 'rerun', text: t('A rerun') },
          ]}
        />
        {filtered && (
          <Button tone="quiet" icon="close" onPress={() => void navigate({ search: {}, replace: true })}>
            {t('Clear filters')}
          </Button>
        )}
        {marked.length > 0 && (
          <LinkButton
            icon="compare"
            tone="primary"
            href={places.compareRuns(
              project,
              [...marked].sort((a, b) => a - b),
            )}
            isDisabled={marked.length < 2}
            data-testid="compare-runs"
          >
            {marked.length < 2 ? t('Mark another to compare') : t('Compare {n} runs', { n: marked.length })}
          </LinkButton>
        )}
      </search>
      {list.problem && <ProblemNotice problem={list.problem} onRetry={list.reload} />}
      {!list.runs && !list.problem && <Loading />}
      {list.runs && list.runs.length > 0 && (
        <RunTable runs={list.runs} project={project} marked={marked} onMark={mark} />
      )}
      {list.next && (
        <div className={styles.more}>
          <Button onPress={list.more} isPending={list.loading}>
            {t('Show older runs')}
          </Button>
        </div>
      )}
      {list.runs?.length === 0 &&
        (filtered ? (
          <EmptyState
            icon="filter"
            title={t('No run fits these filters')}
            actions={<Button onPress={() => void navigate({ search: {}, replace: true })}>{t('Clear filters')}</Button>}
          />
        ) : (
          <EmptyState
            icon="runs"
            title={t('Nothing has run yet')}
            actions={
              <LinkButton href={places.pipelines(project)} tone="primary" icon="play">
                {t('Choose a pipeline to run')}
              </LinkButton>
            }
          >
            {t('Every run is kept here with its parameters, its outputs and its logs.')}
          </EmptyState>
        ))}
    </Page>
  );
}

function RunTable(props: {
  runs: readonly RunSummary[];
  project: string;
  marked: readonly number[];
  onMark: (run: number) => void;
}) {
  const { runs, project } = props;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys
    <section className={styles.frame} tabIndex={0} aria-label={t('Runs, newest first')}>
      <table className={styles.table}>
        <caption className="visually-hidden">{t('Runs, newest first')}</caption>
        <thead>
          <tr>
            <th scope="col">{t('Run')}</th>
            <th scope="col">{t('State')}</th>
            <th scope="col">{t('Pipeline')}</th>
            <th scope="col">{t('Parameters')}</th>
            <th scope="col">{t('Nodes')}</th>
            <th scope="col" className={styles.end}>
              {t('Took')}
            </th>
            <th scope="col">{t('Started')}</th>
            <th scope="col">{t('By')}</th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.id}>
              <td className={styles.id}>
                <StatusRail status={run.status} />
                <label className={styles.mark}>
                  <input
                    type="checkbox"
                    aria-label={t('Mark run {n} to compare it', { n: run.id })}
                    checked={props.marked.includes(run.id)}
                    onChange={() => props.onMark(run.id)}
                  />
                </label>
                <Link to="/p/$project/runs/$run" params={{ project, run: String(run.id) }} className={styles.link}>
                  {run.id}
                </Link>
                {run.pin && (
                  <span
                    className={styles.pinned}
                    role="img"
                    aria-label={t('pinned')}
                    title={run.pin.note || t('pinned')}
                  >
                    <Icon name="pin" size={12} />
                  </span>
                )}
              </td>
              <td>
                <StatusMark status={run.status} />
              </td>
              <td className={styles.name}>
                {run.pipeline.name} <span className={styles.muted}>{t('v{n}', { n: run.version })}</span>
              </td>
              <td className={styles.parameters}>{parametersOf(run)}</td>
              <td className={styles.nodes}>
                <Nodes counts={run.nodeCounts} />
              </td>
              <td className={styles.end}>
                <Elapsed from={run.startedAt} to={run.finishedAt ?? (isRunFinal(run.status) ? run.startedAt : null)} />
              </td>
              <td className={`${styles.muted} ${styles.started}`}>
                <Ago at={run.startedAt ?? run.createdAt} />
              </td>
              <td className={`${styles.muted} ${styles.by}`}>{starterOf(run)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const parametersOf = (run: RunSummary): string =>
  inOrder(run.parameters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join('  ');

function starterOf(run: RunSummary): string {
  if (run.trigger.kind === 'schedule') return run.trigger.name || t('Schedule');
  if (run.trigger.kind === 'webhook') return run.trigger.name || t('Webhook');
  if (run.trigger.kind === 'data') return run.trigger.name || t('New data');
  if (run.trigger.kind === 'sensor' || run.trigger.kind === 'ask') return run.trigger.name || t('Sensor');
  if (run.trigger.kind === 'backfill') return t('Backfill');
  if (run.replayOf !== null) return t('{who}, rerun of {run}', { who: run.trigger.by, run: run.replayOf });
  return run.trigger.by;
}

const order = [
  'succeeded',
  'reused',
  'running',
  'waiting',
  'queued',
  'pending',
  'failed',
  'skipped',
  'cancelled',
] as const;

/** How many nodes are in which state, as one bar; the words are for whoever does not see it. */
function Nodes({ counts }: { counts: RunSummary['nodeCounts'] }) {
  const parts = order.flatMap((status) => (counts[status] ? [{ status, count: counts[status] }] : []));
  const words = parts.map(({ status, count }) => `${count} ${statusWord(status)}`).join(', ');
  return (
    <span className={styles.bar} role="img" aria-label={words} title={words}>
      {parts.map(({ status, count }) => (
        <span key={status} data-status={status} style={{ flexGrow: count }} />
      ))}
    </span>
  );
}

interface RunList {
  runs: RunSummary[] | null;
  next: string | null;
  loading: boolean;
  problem: ProblemError | null;
  more: () => void;
  reload: () => void;
}

/** The newest page over what was read before: older pages stay while runs begin and end. */
function over(newest: readonly RunSummary[], before: readonly RunSummary[] | null): RunSummary[] {
  const oldest = newest.at(-1)?.id ?? 0;
  return [...newest, ...(before ?? []).filter((run) => run.id < oldest)];
}

/** Reads page after page, and the first one again when a run begins or ends. */
function useRunList(project: string, search: RunsSearch): RunList {
  const [state, setState] = useState<Pick<RunList, 'runs' | 'next' | 'loading' | 'problem'>>({
    runs: null,
    next: null,
    loading: true,
    problem: null,
  });
  const turn = useRef(0);
  const { pipeline, status, trigger, since, until } = search;
  const read = useCallback(
    async (after?: string, again = false) => {
      const mine = ++turn.current;
      setState((before) => ({ ...before, loading: true }));
      try {
        const query = { pipeline, status, trigger, since, until, ...(after ? { after } : {}), limit: 50 };
        const page = await call(routes.listRuns, { params: { project }, query: query as never });
        if (mine !== turn.current) return;
        setState((before) => ({
          runs: after ? [...(before.runs ?? []), ...page.items] : again ? over(page.items, before.runs) : page.items,
          next: again && before.runs && before.runs.length > page.items.length ? before.next : page.next,
          loading: false,
          problem: null,
        }));
      } catch (error) {
        if (mine === turn.current) setState((before) => ({ ...before, loading: false, problem: problemOf(error) }));
      }
    },
    [project, pipeline, status, trigger, since, until],
  );
  useEffect(() => {
    void read();
    return subscribe(project, { onReset: () => void read() }, (events) => {
      if (events.some((event) => event.kind === 'run')) void read(undefined, true);
    });
  }, [project, read]);
  return { ...state, more: () => void read(state.next ?? undefined), reload: () => void read() };
}
