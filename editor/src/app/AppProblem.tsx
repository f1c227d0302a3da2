/** What is shown in place of a page that could not be shown. */
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router';
import { problemOf } from '../api/call.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { EmptyState } from '../ui/notices.tsx';
import { t } from '../words/index.ts';
import styles from './Shell.module.css';

export function AppProblem({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div className={styles.stage} role="alert">
      <EmptyState
        icon="error"
        title={t('This page could not be shown')}
        actions={
          <>
            <Button
              tone="primary"
              icon="refresh"
              onPress={() => {
                reset();
                void router.invalidate();
              }}
            >
              {t('Try again')}
            </Button>
            <LinkButton href="/">{t('Go to pipelines')}</LinkButton>
          </>
        }
      >
        {problemOf(error).message}
      </EmptyState>
    </div>
  );
}

export function NotFound() {
  return (
    <div className={styles.stage}>
      <EmptyState
        icon="search"
        title={t('There is nothing at this address')}
        actions={<LinkButton href="/">{t('Go to pipelines')}</LinkButton>}
      >
        {t('It may have been removed, or you may not be allowed to see it.')}
      </EmptyState>
    </div>
  );
}
