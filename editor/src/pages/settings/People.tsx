/** Everyone on this instance: inviting by a link shown once, and removing. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Person } from '@drawloom/shared/api/people.ts';
import { useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useSession } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { ShownOnce } from '../../ui/CopyText.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Dialog, toast } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { Section, Table } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function People() {
  const { data, problem, loading, reload } = useCall(routes.listPeople, {});
  const me = useSession(({ session }) => session?.person.id);
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Person | null>(null);
  const remove = async (person: Person) => {
    try {
      await call(routes.removePerson, { params: { person: person.id } });
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  return (
    <Section
      title={t('People')}
      about={t('Who can sign in here. What they may do in a project is decided by their role there.')}
      actions={
        <Button tone="primary" icon="plus" onPress={() => setInviting(true)} data-testid="invite">
          {t('Invite')}
        </Button>
      }
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !data && <Loading />}
      {data && (
        <Table caption={t('People')} columns={[t('Name'), t('E-mail'), t('Admin'), null]}>
          {data.people.map((person) => (
            <tr key={person.id}>
              <td>
                <strong>{person.name}</strong>
                {person.id === me && <span className={styles.muted}> {t('(you)')}</span>}
              </td>
              <td>{person.email ?? <span className={styles.muted}>{t('None')}</span>}</td>
              <td>{person.admin ? t('Yes') : <span className={styles.muted}>{t('No')}</span>}</td>
              <td className={styles.end}>
                {person.id !== me && (
                  <Button small onPress={() => setRemoving(person)}>
                    {t('Remove')}
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {inviting && <Invite onClose={() => setInviting(false)} onInvited={reload} />}
      {removing && (
        <Confirm
          title={t('Remove {name}?', { name: removing.name })}
          action={t('Remove')}
          danger
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        >
          {t('Their sessions and tokens end now. What they made stays.')}
        </Confirm>
      )}
    </Section>
  );
}

function Invite(props: { onClose: () => void; onInvited: () => void }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [admin, setAdmin] = useState(false);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const invite = async () => {
    setAsked(true);
    if (!name.trim() || !email.trim()) return;
    setBusy(true);
    setProblem(null);
    try {
      const invited = await call(routes.invitePerson, { body: { name: name.trim(), email: email.trim(), admin } });
      setLink(invited.link);
      props.onInvited();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  if (link !== null)
    return (
      <Dialog
        title={t('Invitation for {name}', { name: name.trim() })}
        onClose={props.onClose}
        dismissable={false}
        actions={
          <Button tone="primary" onPress={props.onClose}>
            {t('Done')}
          </Button>
        }
      >
        <p>
          {t('Hand this link to {name} over a way that nobody else reads. It signs in once.', { name: name.trim() })}
        </p>
        <ShownOnce label={t('Link')} text={link} warning={t('Copy it now: it is not shown again.')} />
      </Dialog>
    );
  const wrongEmail = problem?.at === '/email' ? problem.message : null;
  return (
    <Dialog
      title={t('Invite somebody')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void invite()}>
            {t('Make a link')}
          </Button>
        </>
      }
    >
      {problem && !wrongEmail && <ProblemNotice problem={problem} />}
      <TextField
        label={t('Name')}
        autoFocus
        isRequired
        maxLength={200}
        value={name}
        onChange={setName}
        mistake={asked && !name.trim() ? t('Give the name that others will see.') : null}
      />
      <TextField
        label={t('E-mail')}
        type="email"
        isRequired
        value={email}
        onChange={setEmail}
        mistake={asked && !email.trim() ? t('Give the e-mail to sign in with later.') : wrongEmail}
      />
      <Checkbox isSelected={admin} onChange={setAdmin}>
        {t('Admin: may do everything, in every project')}
      </Checkbox>
    </Dialog>
  );
}
