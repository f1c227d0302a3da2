/** Where the sensor of a trigger stands: its last ask with its log, the next one, and the cursor that it goes on from. */
import type { Trigger } from '@drawloom/shared/api/triggers.ts';
import { Link } from '@tanstack/react-router';
import { formatInstant } from '../../ui/format.ts';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { t } from '../../words/index.ts';
import styles from './TriggersPage.module.css';

/** So much of a cursor is shown; all of it stands in its title. */
const shown = 80;

export function SensorFacts({ trigger, project }: { trigger: Trigger; project: string }) {
  const { sensor, enabled } = trigger;
  if (!sensor) return null;
  const { lastAsk, nextAskAt, cursor, failures } = sensor;
  const text = JSON.stringify(cursor);
  return (
    <>
      <h3>{t('Last ask')}</h3>
      {lastAsk ? (
        <p className={styles.outcome}>
          <Link to="/p/$project/runs/$run" params={{ project, run: String(lastAsk.run) }}>
            {t('Ask {run}', { run: lastAsk.run })}
          </Link>
          <StatusMark status={lastAsk.status} />
        </p>
      ) : (
        <p className={styles.muted}>{t('Not yet')}</p>
      )}
      {failures > 0 && (
        <p>
          {t('{n, plural, one {One ask failed} other {# asks in a row failed}}; the next one comes later.', {
            n: failures,
          })}
        </p>
      )}
      {enabled && nextAskAt && (
        <p className={styles.muted}>{t('Next ask: {time}', { time: formatInstant(nextAskAt) })}</p>
      )}
      {cursor !== null && (
        <p className={styles.muted} title={text}>
          {t('Cursor')} <code>{text.length > shown ? `${text.slice(0, shown)}…` : text}</code>
        </p>
      )}
    </>
  );
}
