/** Everyone on this instance: inviting by a link shown once, and removing. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Person } from '@drawloom/shared/api/people.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useSession } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { FormDialog, HandedOver } from '../../ui/FormDialog.tsx';
import { Checkbox } from '../../ui/fields.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { ListSection } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function People() {
  const called = useCall(routes.listPeople, {});
  const me = useSession(({ session }) => session?.person.id);
  const [inviting, setInviting] = useState(false);
  const [removing, setRemoving] = useState<Person | null>(null);
  const remove = (person: Person) =>
    carryOut(call(routes.removePerson, { params: { person: person.id } })).then(called.reload);
  return (
    <>
      <ListSection
        title={t('People')}
        about={t('Who can sign in here. What they may do in a project is decided by their role there.')}
        called={called}
        rows={called.data?.people}
        keyOf={({ id }) => id}
        add={
          <Button tone="primary" icon="plus" onPress={() => setInviting(true)} data-testid="invite">
            {t('Invite')}
          </Button>
        }
        empty={{ icon: 'person', title: t('Nobody can sign in here yet') }}
        columns={[
          {
            head: t('Name'),
            cell: ({ id, name }) => (
              <>
                <strong>{name}</strong>
                {id === me && <span className={styles.muted}> {t('(you)')}</span>}
              </>
            ),
          },
          { head: t('E-mail'), cell: ({ email }) => email ?? <span className={styles.muted}>{t('None')}</span> },
          {
            head: t('Admin'),
            cell: ({ admin }) => (admin ? t('Yes') : <span className={styles.muted}>{t('No')}</span>),
          },
          {
            head: null,
            cell: (person) =>
              person.id !== me && (
                <Button
                  small
                  onPress={() => setRemoving(person)}
                  aria-label={t('Remove {name}', { name: person.name })}
                >
                  {t('Remove')}
                </Button>
              ),
          },
        ]}
      />
      {inviting && <Invite onClose={() => setInviting(false)} onInvited={called.reload} />}
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
    </>
  );
}

function Invite(props: { onClose: () => void; onInvited: () => void }) {
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [admin, setAdmin] = useState(false);
  const [link, setLink] = useState<string | null>(null);
  const form = useSending(
    async () => {
      const invited = await call(routes.invitePerson, { body: { name: name.trim(), email: email.trim(), admin } });
      setLink(invited.link);
      props.onInvited();
    },
    name.trim() !== '' && email.trim() !== '',
  );
  const { asked, problem } = form;
  if (link !== null)
    return (
      <HandedOver
        title={t('Invitation for {name}', { name: name.trim() })}
        onClose={props.onClose}
        label={t('Link')}
        text={link}
        warning={t('Copy it now: it is not shown again.')}
      >
        <p>
          {t('Hand this link to {name} over a way that nobody else reads. It signs in once.', { name: name.trim() })}
        </p>
      </HandedOver>
    );
  const wrongEmail = problem?.at === '/email' ? problem.message : null;
  return (
    <FormDialog
      title={t('Invite somebody')}
      onClose={props.onClose}
      form={wrongEmail ? { ...form, problem: null } : form}
      action={t('Make a link')}
    >
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
    </FormDialog>
  );
}
