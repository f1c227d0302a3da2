/** A state is told three ways at once: the pattern of a rail, an icon, and a word. Colour only helps. */
import { t } from '../words/index.ts';
import { cx } from './cx.ts';
import { Icon, type IconName } from './Icon.tsx';
import styles from './StatusMark.module.css';

export type Status =
  | 'pending'
  | 'queued'
  | 'running'
  | 'waiting'
  | 'succeeded'
  | 'reused'
  | 'failed'
  | 'skipped'
  | 'cancelled'
  | 'cancelling'
  | 'paused'
  | 'stale'
  | 'pinned';

const icons: Record<Status, IconName> = {
  pending: 'dots',
  queued: 'dots',
  running: 'arc',
  waiting: 'hourglass',
  succeeded: 'check',
  reused: 'bolt',
  failed: 'cross',
  skipped: 'skip',
  cancelled: 'slash',
  cancelling: 'arc',
  paused: 'hourglass',
  stale: 'stale',
  pinned: 'pin',
};
export const statusIcon = (status: Status): IconName => icons[status];

export function statusWord(status: Status): string {
  switch (status) {
    case 'pending':
      return t('Pending');
    case 'queued':
      return t('Queued');
    case 'running':
      return t('Running');
    case 'waiting':
      return t('Waiting');
    case 'succeeded':
      return t('Succeeded');
    case 'reused':
      return t('Reused');
    case 'failed':
      return t('Failed');
    case 'skipped':
      return t('Skipped');
    case 'cancelled':
      return t('Cancelled');
    case 'cancelling':
      return t('Cancelling');
    case 'paused':
      return t('Paused');
    case 'stale':
      return t('Stale');
    case 'pinned':
      return t('Pinned');
  }
}

export function StatusMark({ status, pill, iconOnly }: { status: Status; pill?: boolean; iconOnly?: boolean }) {
  return (
    <span className={cx(styles.mark, styles.tone, pill && styles.pill)} data-status={status}>
      <span className={styles.icon}>
        <Icon name={icons[status]} size={14} />
      </span>
      {iconOnly ? <span className="visually-hidden">{statusWord(status)}</span> : statusWord(status)}
    </span>
  );
}

/** The rail at the left edge of a card or a row. */
export function StatusRail({ status }: { status: Status }) {
  return <span className={styles.rail} data-status={status} aria-hidden="true" />;
}
