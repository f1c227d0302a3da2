/** One's own name, e-mail and password. */
import { routes } from '@drawloom/shared/api/index.ts';
import { useState } from 'react';
import { call, type ProblemError } from '../../api/call.ts';
import { signedIn, useSession } from '../../api/session.ts';
import { useSending } from '../../api/useSending.ts';
import { Button } from '../../ui/Button.tsx';
import { ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { Section } from './parts.tsx';
import styles from './SettingsPage.module.css';

const shortestPassword = 12;

export function Account() {
  const session = useSession((store) => store.session);
  if (!session) return null;
  return (
    <>
      <Profile name={session.person.name} email={session.person.email} hasPassword={session.hasPassword} />
      <Password email={session.person.email} hasPassword={session.hasPassword} />
    </>
  );
}

/** What is wrong with a field stands at it, everything else above them. */
function placesOf(problem: ProblemError | null, ...fields: string[]) {
  const at = (field: string) => (problem?.at === `/${field}` ? problem.message : null);
  return { at, elsewhere: fields.some((field) => at(field) !== null) ? null : problem };
}

function Profile(props: { name: string; email: string | null; hasPassword: boolean }) {
  const [name, setName] = useState(props.name);
  const [email, setEmail] = useState(props.email ?? '');
  const [current, setCurrent] = useState('');
  const newEmail = email.trim() !== (props.email ?? '');
  const changed = name.trim() !== props.name || newEmail;
  const form = useSending(async () => {
    const body = {
      name: name.trim(),
      ...(newEmail ? { email: email.trim() } : {}),
      ...(newEmail && props.hasPassword ? { currentPassword: current } : {}),
    };
    signedIn(await call(routes.changeProfile, { body }));
    toast(t('Saved.'), 'success');
    setCurrent('');
  });
  const { at, elsewhere } = placesOf(form.problem, 'name', 'email', 'currentPassword');
  return (
    <Section title={t('Profile')} about={t('The name stands beside what you save and run.')}>
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        {elsewhere && <ProblemNotice problem={elsewhere} />}
        <TextField label={t('Name')} value={name} onChange={setName} maxLength={200} mistake={at('name')} />
        <TextField
          label={t('E-mail')}
          type="email"
          autoComplete="email"
          value={email}
          onChange={setEmail}
          mistake={at('email')}
        />
        {newEmail && props.hasPassword && (
          <TextField
            label={t('Current password')}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            mistake={at('currentPassword')}
          />
        )}
        <div>
          <Button type="submit" tone="primary" isPending={form.busy} isDisabled={!changed || !name.trim()}>
            {t('Save')}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Password(props: { email: string | null; hasPassword: boolean }) {
  const [password, setPassword] = useState('');
  const [current, setCurrent] = useState('');
  const short = password.length < shortestPassword;
  const form = useSending(async () => {
    const body = { password, ...(props.hasPassword ? { currentPassword: current } : {}) };
    signedIn(await call(routes.changeProfile, { body }));
    toast(t('The password is set. Other sessions of yours were ended.'), 'success');
    setPassword('');
    setCurrent('');
  }, !short);
  const { at, elsewhere } = placesOf(form.problem, 'password', 'currentPassword');
  return (
    <Section
      title={t('Password')}
      about={
        props.hasPassword
          ? t('Changing it ends your other sessions.')
          : t('You have none yet: you came in by a link. With an e-mail and a password you can come back by yourself.')
      }
    >
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          form.submit();
        }}
      >
        {elsewhere && <ProblemNotice problem={elsewhere} />}
        {props.hasPassword && (
          <TextField
            label={t('Current password')}
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={setCurrent}
            mistake={at('currentPassword')}
          />
        )}
        <TextField
          label={t('New password')}
          type="password"
          autoComplete="new-password"
          value={password}
          onChange={setPassword}
          isDisabled={!props.email}
          hint={
            props.email
              ? t('At least {n} characters.', { n: shortestPassword })
              : t('Give an e-mail above first; a password goes with one.')
          }
          mistake={form.asked && short ? t('At least {n} characters.', { n: shortestPassword }) : at('password')}
        />
        <div>
          <Button type="submit" isPending={form.busy} isDisabled={!props.email || password === ''}>
            {props.hasPassword ? t('Change password') : t('Set password')}
          </Button>
        </div>
      </form>
    </Section>
  );
}
