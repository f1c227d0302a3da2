/** What a place says when it has nothing to show, cannot show it, or does not have it yet. */
import type { ReactNode } from 'react';
import { t } from '../words/index.ts';
import { Button } from './Button.tsx';
import { Icon, type IconName } from './Icon.tsx';
import styles from './notices.module.css';

/** Says what the place is for, and offers what to do now. */
export function EmptyState(props: { icon: IconName; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className={styles.empty}>
      <div className={styles.emptyBody}>
        <span className={styles.emptyIcon}>
          <Icon name={props.icon} size={22} />
        </span>
        <h2>{props.title}</h2>
        {props.children && <p>{props.children}</p>}
        {props.actions && <div className={styles.emptyActions}>{props.actions}</div>}
      </div>
    </div>
  );
}

export function Notice(props: {
  tone?: 'info' | 'warning' | 'failed';
  children: ReactNode;
  actions?: ReactNode;
  role?: 'alert' | 'status';
}) {
  const tone = props.tone ?? 'info';
  return (
    <div className={styles.notice} data-tone={tone} {...(props.role ? { role: props.role } : {})}>
      <Icon name={tone === 'info' ? 'info' : tone === 'warning' ? 'warning' : 'error'} />
      <div className={styles.noticeBody}>{props.children}</div>
      {props.actions}
    </div>
  );
}

/** A problem as the API tells it: the sentence, the places, and a way to try again where there is one. */
export function ProblemNotice(props: {
  problem: { message: string; problems?: readonly { message: string; at: string }[] | undefined };
  onRetry?: (() => void) | undefined;
}) {
  const { problem } = props;
  // Of one alone the sentence above has said all.
  const listed = (problem.problems ?? []).filter((one) => one.message !== problem.message);
  return (
    <Notice
      tone="failed"
      role="alert"
      actions={
        props.onRetry && (
          <Button small icon="refresh" onPress={props.onRetry}>
            {t('Try again')}
          </Button>
        )
      }
    >
      {problem.message}
      {listed.length > 0 && (
        <ul>
          {listed.slice(0, 8).map((one) => (
            <li key={`${one.at} ${one.message}`}>{one.message}</li>
          ))}
          {listed.length > 8 && <li>{t('and {n} more', { n: listed.length - 8 })}</li>}
        </ul>
      )}
    </Notice>
  );
}

/** Shows itself only after a quarter of a second, so that quick answers do not flicker. */
export function Loading({ text }: { text?: string }) {
  return (
    <div className={styles.loading} role="status">
      <span className={styles.loadingBody}>
        <span className={styles.spin}>
          <Icon name="arc" />
        </span>
        {text ?? t('Loading…')}
      </span>
    </div>
  );
}
