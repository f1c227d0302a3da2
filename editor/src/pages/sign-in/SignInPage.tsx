/** Lets people in: by the one-time link that the start prints (`/sign-in#token`), or by e-mail and password. */
import { useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useRef, useState } from 'react';
import { call, type ProblemError, problemOf, routes } from '../../api/call.ts';
import { signedIn } from '../../api/session.ts';
import { go } from '../../app/go.ts';
import { Button } from '../../ui/Button.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { LoomPicture } from './LoomPicture.tsx';
import styles from './SignInPage.module.css';

export function SignInPage() {
  const { next } = useSearch({ from: '/sign-in' });
  const [token] = useState(takeToken);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [busy, setBusy] = useState(false);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const tried = useRef(false);
  const enter = () => go(next?.startsWith('/') && !next.startsWith('//') ? next : '/', true);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a one-time link is used once
  useEffect(() => {
    document.title = `${t('Sign in')} · Drawloom`;
    if (!token || tried.current) return;
    tried.current = true;
    setBusy(true);
    call(routes.signInByLink, { body: { token } })
      .then(
        (session) => {
          signedIn(session);
          enter();
        },
        (error) => setProblem(problemOf(error)),
      )
      .finally(() => setBusy(false));
  }, [token]);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      signedIn(await call(routes.signIn, { body: { email: email.trim(), password } }));
      enter();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };

  return (
    <main className={styles.stage} id="main">
      <div className={styles.side}>
        {token && busy ? (
          <Loading text={t('Signing you in…')} />
        ) : (
          <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
            <div>
              <div className={styles.brand}>
                <img src="/icon.svg" alt="" width={28} height={28} />
                Drawloom
              </div>
              <h1>{t('Sign in')}</h1>
              <p className={styles.lead}>
                {t('First time here? Open the one-time link that the start printed in the terminal.')}
              </p>
            </div>
            {problem && <ProblemNotice problem={problem} />}
            <TextField
              label={t('E-mail')}
              type="email"
              autoComplete="username"
              value={email}
              onChange={setEmail}
              name="email"
            />
            <TextField
              label={t('Password')}
              type="password"
              autoComplete="current-password"
              value={password}
              onChange={setPassword}
              name="password"
            />
            <Button type="submit" tone="primary" isPending={busy} isDisabled={!email || !password}>
              {t('Sign in')}
            </Button>
          </form>
        )}
      </div>
      <div className={styles.art} aria-hidden="true">
        <LoomPicture />
      </div>
    </main>
  );
}

/** Takes the token out of the address at once, so that it is neither bookmarked nor seen over a shoulder. */
function takeToken(): string | null {
  const token = location.hash.slice(1);
  if (!token) return null;
  history.replaceState(history.state, '', location.pathname + location.search);
  return decodeURIComponent(token);
}
