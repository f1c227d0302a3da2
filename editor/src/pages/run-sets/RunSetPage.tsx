/** One run set: every nominal time as a cell that shows its run, what failed and why, and how to stop it and go on. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { RunSet } from '@drawloom/shared/api/runSets.ts';
import type { Fire } from '@drawloom/shared/api/triggers.ts';
import { wallTime } from '@drawloom/shared/trigger/zone.ts';
import { Link, useParams } from '@tanstack/react-router';
import { memo, useEffect, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { subscribe } from '../../api/subscribe.ts';
import { useCall } from '../../api/useCall.ts';
import { PageProblem } from '../../app/PageProblem.tsx';
import { places } from '../../app/places.ts';
import { Button } from '../../ui/Button.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Menu, toast } from '../../ui/overlays.tsx';
import { Page } from '../../ui/Page.tsx';
import { type Status, statusWord } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import { clockSentence, clockText } from '../triggers/clockSentence.ts';
import { inZone } from '../triggers/NextTimes.tsx';
import styles from './RunSets.module.css';
import { countWords, SetProgress, setStatusWord } from './SetProgress.tsx';

export function RunSetPage() {
  const { project, runSet } = useParams({ from: '/p/$project/run-sets/$runSet' });
  const set = useCall(routes.getRunSet, { params: { runSet } });
  const list = useCall(routes.listRunSetFires, { params: { runSet } });
  useRefresh(project, set.reload, list.reload, set.data?.status === 'running');
  const problem = set.problem ?? list.problem;
  if (!set.data)
    return (
      <Page title={t('Run set')}>
        {problem ? (
          <PageProblem
            problem={problem}
            icon="history"
            missing={t('There is no such run set')}
            back={{ href: places.runSets(project), text: t('Go to run sets') }}
            onRetry={set.reload}
          />
        ) : (
          <Loading />
        )}
      </Page>
    );
  const { data } = set;
  const fires = list.data?.fires ?? [];
  return (
    <Page
      title={data.name || t('Backfill of {name}', { name: data.pipeline.name })}
      sub={
        <span className={styles.counts}>
          <span>{setStatusWord(data.status)}</span>
          <SetProgress counts={data.counts} />
          <span data-testid="run-set-counts">{countWords(data.counts).join(', ')}</span>
        </span>
      }
      actions={<Actions set={data} project={project} onChanged={(changed) => set.put(() => changed)} />}
    >
      {problem && <ProblemNotice problem={problem} onRetry={list.reload} />}
      <p className={styles.muted}>
        {data.pipeline.name} · {clockSentence(data.on) ?? clockText(data.on)} · {data.on.timeZone.replaceAll('_', ' ')}{' '}
        · {t('{n} at a time', { n: data.concurrency })}
        {data.order === 'newest-first' && ` · ${t('newest first')}`}
      </p>
      <Grid fires={fires} project={project} timeZone={data.on.timeZone} />
      <Failures fires={fires} project={project} timeZone={data.on.timeZone} />
    </Page>
  );
}

/** Reads anew while runs begin and end, at most once a second. */
function useRefresh(project: string, readSet: () => void, readFires: () => void, running: boolean): void {
  useEffect(() => {
    let waiting: ReturnType<typeof setTimeout> | null = null;
    const soon = () => {
      waiting ??= setTimeout(() => {
        waiting = null;
        readSet();
        readFires();
      }, 1000);
    };
    const end = subscribe(project, { onReset: soon }, (events) => {
      if (events.some((event) => event.kind === 'run')) soon();
    });
    // The set itself ends a moment after its last run, which no event tells.
    const beat = running ? setInterval(soon, 3000) : null;
    return () => {
      end();
      if (waiting) clearTimeout(waiting);
      if (beat) clearInterval(beat);
    };
  }, [project, readSet, readFires, running]);
}

function Actions(props: { set: RunSet; project: string; onChanged: (set: RunSet) => void }) {
  const { set } = props;
  const mayManage = useMay(props.project, 'schedule.manage');
  const [busy, setBusy] = useState(false);
  if (!mayManage) return null;
  const act = async (work: () => Promise<RunSet>) => {
    setBusy(true);
    try {
      props.onChanged(await work());
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    setBusy(false);
  };
  const params = { runSet: set.id };
  const stop = (cancelRuns: boolean) => act(() => call(routes.stopRunSet, { params, body: { cancelRuns } }));
  const again = set.counts.failed + set.counts.cancelled;
  return (
    <>
      {again > 0 && (
        <Button
          icon="refresh"
          isPending={busy}
          onPress={() => void act(async () => (await call(routes.retryRunSet, { params })).runSet)}
        >
          {t('{n, plural, one {Start # again} other {Start # again}}', { n: again })}
        </Button>
      )}
      {set.status === 'running' && (
        <Menu
          label={t('Stop')}
          trigger={<Button icon="stop">{t('Stop')}</Button>}
          groups={[
            {
              entries: [
                { id: 'rest', text: t('Start no more'), onAction: () => void stop(false) },
                { id: 'all', text: t('Start no more, and cancel what runs'), onAction: () => void stop(true) },
              ],
            },
          ]}
        />
      )}
      {set.status === 'stopped' && (
        <Button
          tone="primary"
          icon="play"
          isPending={busy}
          onPress={() => void act(() => call(routes.resumeRunSet, { params }))}
        >
          {t('Go on')}
        </Button>
      )}
    </>
  );
}

function cellStatus({ state, runStatus }: Fire): Status {
  if (state === 'done') return runStatus ?? 'succeeded';
  if (state === 'refused') return 'failed';
  return state === 'started' ? 'running' : state === 'launching' ? 'queued' : 'pending';
}

/** One row per month, one cell per time. */
function Grid({ fires, project, timeZone }: { fires: readonly Fire[]; project: string; timeZone: string }) {
  const months = new Map<string, Fire[]>();
  for (const fire of fires) {
    const { year, month } = wallTime(timeZone, Date.parse(fire.nominalAt));
    const key = `${year}-${String(month).padStart(2, '0')}`;
    months.set(key, [...(months.get(key) ?? []), fire]);
  }
  const rare = fires.length > 0 && fires.length / months.size <= 1.5;
  const rows = rare ? byYear(months) : months;
  const format = inZone(timeZone, 'year');
  return (
    <section aria-label={t('Times')}>
      {[...rows].map(([key, row]) => (
        <div key={key} className={styles.month}>
          <h3>{key}</h3>
          <div className={styles.cells}>
            {row.map((fire) => {
              const { month, day } = wallTime(timeZone, Date.parse(fire.nominalAt));
              return (
                <Cell
                  key={fire.id}
                  project={project}
                  run={fire.run}
                  status={cellStatus(fire)}
                  short={String(rare ? month : day)}
                  when={format(fire.nominalAt)}
                />
              );
            })}
          </div>
        </div>
      ))}
    </section>
  );
}

/** About one time a month: a year fits into one row, and its cells are months. */
function byYear(months: ReadonlyMap<string, Fire[]>): Map<string, Fire[]> {
  const years = new Map<string, Fire[]>();
  for (const [key, fires] of months) {
    const year = key.slice(0, 4);
    years.set(year, [...(years.get(year) ?? []), ...fires]);
  }
  return years;
}

const Cell = memo(function Cell(props: {
  project: string;
  run: number | null;
  status: Status;
  short: string;
  when: string;
}) {
  const { run, status } = props;
  const words =
    run === null
      ? `${props.when}: ${statusWord(status)}`
      : `${props.when}: ${statusWord(status)}, ${t('Run {run}', { run })}`;
  if (run === null)
    return (
      <span className={styles.cell} data-status={status} role="img" aria-label={words} title={words}>
        {props.short}
      </span>
    );
  return (
    <Link
      to="/p/$project/runs/$run"
      params={{ project: props.project, run: String(run) }}
      preload={false}
      className={styles.cell!}
      data-status={status}
      aria-label={words}
      title={words}
    >
      {props.short}
    </Link>
  );
});

function Failures({ fires, project, timeZone }: { fires: readonly Fire[]; project: string; timeZone: string }) {
  const failed = fires.filter((fire) => cellStatus(fire) === 'failed');
  if (failed.length === 0) return null;
  const format = inZone(timeZone, 'year');
  return (
    <section className={styles.failures} aria-label={t('What failed')}>
      <h3>{t('What failed')}</h3>
      {failed.slice(0, 100).map((fire) => (
        <p key={fire.id}>
          {format(fire.nominalAt)}:{' '}
          {fire.run === null ? (
            fire.problems?.[0]?.message
          ) : (
            <Link to="/p/$project/runs/$run" params={{ project, run: String(fire.run) }}>
              {t('Run {run}', { run: fire.run })}
            </Link>
          )}
        </p>
      ))}
      {failed.length > 100 && <p className={styles.muted}>{t('… and {n} more', { n: failed.length - 100 })}</p>}
    </section>
  );
}
