/** For someone who was let in but given nothing yet. */
import { EmptyState } from '../ui/notices.tsx';
import { t } from '../words/index.ts';
import styles from './Shell.module.css';

export function NoProject() {
  return (
    <main className={styles.stage}>
      <EmptyState icon="folder" title={t('You are in no project yet')}>
        {t('Ask an administrator to give you a role in one; it appears here at once.')}
      </EmptyState>
    </main>
  );
}
