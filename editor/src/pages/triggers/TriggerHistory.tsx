/** What a trigger fired, newest first: the run that came of each time or message, or why there was none. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Fire, Trigger } from '@drawloom/shared/api/triggers.ts';
import { isClock } from '@drawloom/shared/trigger/occasion.ts';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { Button } from '../../ui/Button.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import { inZone, ownTimeZone } from './NextTimes.tsx';
import styles from './TriggersPage.module.css';

export function TriggerHistory(props: { trigger: Trigger; project: string; onClose: () => void }) {
  const { trigger, project } = props;
  const { fires, next, problem, more } = useHistory(trigger.id);
  const { on } = trigger;
  const format = inZone(isClock(on) ? on.timeZone : ownTimeZone());
  return (
    <Dialog
      title={t('History of “{name}”', { name: trigger.name || trigger.pipeline.name })}
      onClose={props.onClose}
      wide
      actions={<Button onPress={props.onClose}>{t('Close')}</Button>}
    >
      {problem && <ProblemNotice problem={problem} onRetry={more} />}
      {!fires && !problem && <Loading />}
      {fires?.length === 0 && (
        <p className={styles.muted}>
          {isClock(on)
            ? t('It has not fallen due yet.')
            : on.kind === 'data'
              ? t('Nothing new has come yet.')
              : on.kind === 'sensor'
                ? t('It has found nothing yet.')
                : t('No message has come yet.')}
        </p>
      )}
      {fires && fires.length > 0 && (
        <table className={styles.history}>
          <thead>
            <tr>
              <th scope="col">
                {isClock(on)
                  ? t('Due at')
                  : on.kind === 'data'
                    ? t('New since')
                    : on.kind === 'sensor'
                      ? t('Found at')
                      : t('Received at')}
              </th>
              <th scope="col">{t('What came of it')}</th>
            </tr>
          </thead>
          <tbody>
            {fires.map((fire) => (
              <tr key={fire.id}>
                <td>
                  {fire.missedFrom && `${format(fire.missedFrom)} – `}
                  <time dateTime={fire.nominalAt}>{format(fire.nominalAt)}</time>
                  {fire.data && <Versions data={fire.data} project={project} />}
                </td>
                <td>
                  <FireOutcome fire={fire} project={project} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {next && (
        <Button small onPress={more}>
          {t('Show more')}
        </Button>
      )}
    </Dialog>
  );
}

/** The versions that were new, each with the run that made it. */
function Versions({ data, project }: { data: NonNullable<Fire['data']>; project: string }) {
  return (
    <ul className={styles.versions}>
      {data.map((one) => (
        <li key={one.input}>
          <code>{one.name}</code>{' '}
          {one.run === null ? (
            <span className={styles.muted}>{one.sha256.slice(0, 12)}</span>
          ) : (
            <Link to="/p/$project/runs/$run" params={{ project, run: String(one.run) }}>
              {t('Run {run}', { run: one.run })}
            </Link>
          )}
        </li>
      ))}
    </ul>
  );
}

/** The run of a fire and how it went, or in a few words why there is none. */
export function FireOutcome({ fire, project }: { fire: Fire; project: string }) {
  if (fire.state === 'failed' && fire.run !== null)
    return (
      <span className={styles.outcome}>
        <Link to="/p/$project/runs/$run" params={{ project, run: String(fire.run) }}>
          {t('Ask {run}', { run: fire.run })}
        </Link>
        <span className={styles.muted}>{reasonOf(fire)}</span>
      </span>
    );
  if (fire.run !== null)
    return (
      <span className={styles.outcome}>
        <Link to="/p/$project/runs/$run" params={{ project, run: String(fire.run) }}>
          {t('Run {run}', { run: fire.run })}
        </Link>
        {fire.runStatus ? <StatusMark status={fire.runStatus} /> : <span className={styles.muted}>{t('Started')}</span>}
      </span>
    );
  return <span className={styles.muted}>{reasonOf(fire)}</span>;
}

function reasonOf({ state, why, problems }: Fire): string {
  switch (state) {
    case 'due':
      return t('Waits for its time');
    case 'buffered':
      return t('Waits for the run before it');
    case 'launching':
      return t('Is being started');
    case 'missed':
      return t('Missed: nobody was up, and it is older than what is made up');
    case 'failed':
      return t('The ask failed: {why}', { why: problems?.[0]?.message ?? '' });
    case 'refused':
      return t('No run was started: {why}', { why: problems?.[0]?.message ?? '' });
    default:
      return skipReason(why);
  }
}

function skipReason(why: Fire['why']): string {
  switch (why) {
    case 'waiting':
      return t('Skipped: one waited already');
    case 'replaced':
      return t('Skipped: a later one took its place');
    case 'off':
      return t('Skipped: the trigger was off');
    default:
      return t('Skipped: the run before was not over');
  }
}

function useHistory(trigger: string) {
  const [fires, setFires] = useState<Fire[] | null>(null);
  const [next, setNext] = useState<string | null>(null);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [after, setAfter] = useState<string | null>(null);
  const [turn, setTurn] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a turn asks for the same page again
  useEffect(() => {
    const stop = new AbortController();
    call(
      routes.listFires,
      { params: { trigger }, query: after ? { after, limit: 50 } : { limit: 50 } },
      { signal: stop.signal },
    ).then(
      (page) => {
        if (stop.signal.aborted) return;
        setFires((before) => [...(after ? (before ?? []) : []), ...page.items]);
        setNext(page.next);
        setProblem(null);
      },
      (error) => {
        if (!stop.signal.aborted) setProblem(problemOf(error));
      },
    );
    return () => stop.abort();
  }, [trigger, after, turn]);
  return {
    fires,
    next,
    problem,
    more: () => (next ? setAfter(next) : setTurn((n) => n + 1)),
  };
}
