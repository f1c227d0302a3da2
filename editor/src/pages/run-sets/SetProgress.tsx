/** How far a run set is, as one bar; the words are for whoever does not see it. */
import type { RunSet } from '@drawloom/shared/api/runSets.ts';
import { t } from '../../words/index.ts';
import styles from './RunSets.module.css';

const order = ['succeeded', 'running', 'failed', 'cancelled', 'planned'] as const;

export function SetProgress({ counts }: Pick<RunSet, 'counts'>) {
  const words = countWords(counts).join(', ');
  return (
    <span className={styles.bar} role="img" aria-label={words} title={words}>
      {order
        .filter((status) => counts[status] > 0)
        .map((status) => (
          <span key={status} data-status={status} style={{ flexGrow: counts[status] }} />
        ))}
    </span>
  );
}

/** Only what there is. */
export function countWords(counts: RunSet['counts']): string[] {
  const words = {
    succeeded: t('{n} succeeded', { n: counts.succeeded }),
    running: t('{n} running', { n: counts.running }),
    failed: t('{n} failed', { n: counts.failed }),
    cancelled: t('{n} cancelled', { n: counts.cancelled }),
    planned: t('{n} to come', { n: counts.planned }),
  };
  return order.filter((status) => counts[status] > 0).map((status) => words[status]);
}

export const allOf = (counts: RunSet['counts']): number => order.reduce((sum, status) => sum + counts[status], 0);

export function setStatusWord(status: RunSet['status']): string {
  return status === 'running' ? t('Goes on') : status === 'stopped' ? t('Stopped') : t('Finished');
}
