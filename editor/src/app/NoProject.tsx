/** For someone who was let in but given nothing yet, or nothing in the project that an address names. */
import { useRouter } from '@tanstack/react-router';
import { loadSession, signOut } from '../api/session.ts';
import { Button, LinkButton } from '../ui/Button.tsx';
import { EmptyState } from '../ui/notices.tsx';
import { t } from '../words/index.ts';
import { go } from './go.ts';
import { places } from './places.ts';
import styles from './Shell.module.css';

export function NoProject() {
  const router = useRouter();
  return (
    <main className={styles.stage} id="main">
      <EmptyState
        icon="folder"
        title={t('You are in no project yet')}
        actions={
          <>
            <Button
              tone="primary"
              icon="refresh"
              onPress={() => void loadSession(true).finally(() => router.invalidate())}
            >
              {t('Look again')}
            </Button>
            <Button onPress={() => void signOut().then(() => go(places.signIn))}>{t('Sign out')}</Button>
          </>
        }
      >
        {t('Ask an administrator to give you a role in one, then look again.')}
      </EmptyState>
    </main>
  );
}

export function NotYourProject() {
  return (
    <main className={styles.stage} id="main">
      <EmptyState
        icon="lock"
        title={t('There is no such project, or you have no role in it')}
        actions={
          <LinkButton tone="primary" href="/">
            {t('Go to your projects')}
          </LinkButton>
        }
      >
        {t('Check the address, or ask an administrator to give you a role in the project.')}
      </EmptyState>
    </main>
  );
}
