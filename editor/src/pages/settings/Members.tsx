/** Who may do what in the project: a role for each member, and what the roles mean. */
import { Role } from '@drawloom/shared/api/access.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Person } from '@drawloom/shared/api/people.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Select } from '../../ui/fields.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { actionsOf, roleMeaning, roleName } from './access.ts';
import { ListSection, Section } from './parts.tsx';
import styles from './SettingsPage.module.css';

const roleOptions = () => Role.options.map((id) => ({ id, text: roleName(id) }));

export function Members({ project }: { project: string }) {
  const mayManage = useMay(project, 'member.manage');
  const admin = useMay(project, 'instance.admin');
  const called = useCall(routes.listMembers, { params: { project } });
  const everyone = useCall(routes.listPeople, admin ? {} : null);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Person | null>(null);
  const members = called.data?.members ?? [];
  const others = (everyone.data?.people ?? []).filter(({ id }) => !members.some(({ person }) => person.id === id));
  const change = (doing: Promise<unknown>) => carryOut(doing).then(called.reload);
  const give = (person: string, role: string) =>
    change(call(routes.setMember, { params: { project, person }, body: { role: role as Role } }));
  return (
    <>
      <ListSection
        title={t('Members')}
        about={t('Admins may do everything in every project without being members.')}
        called={called}
        rows={called.data?.members}
        keyOf={({ person }) => person.id}
        add={
          mayManage &&
          admin && (
            <Button
              tone="primary"
              icon="plus"
              isDisabled={others.length === 0}
              onPress={() => setAdding(true)}
              data-testid="add-member"
            >
              {t('Add member')}
            </Button>
          )
        }
        empty={{
          icon: 'person',
          title: t('Nobody has a role here yet'),
          text:
            admin && others.length === 0
              ? t('Everybody on this instance is an admin or a member. Invite someone under People first.')
              : t('A role says what a person may see and do in this project.'),
        }}
        columns={[
          {
            head: t('Person'),
            cell: ({ person }) => (
              <>
                <strong>{person.name}</strong>
                <br />
                <span className={styles.muted}>{person.email}</span>
              </>
            ),
          },
          {
            head: t('Role'),
            kind: 'choice',
            cell: ({ person, role }) =>
              mayManage ? (
                <Select
                  label={t('Role of {name}', { name: person.name })}
                  hideLabel
                  value={role}
                  onChange={(next) => void give(person.id, next)}
                  options={roleOptions()}
                />
              ) : (
                roleName(role)
              ),
          },
          { head: t('Meaning'), kind: 'wrap', cell: ({ role }) => roleMeaning(role) },
          mayManage && {
            head: null,
            cell: ({ person }) => (
              <Button small onPress={() => setRemoving(person)} aria-label={t('Remove {name}', { name: person.name })}>
                {t('Remove')}
              </Button>
            ),
          },
        ]}
      />
      <Section title={t('What the roles mean')}>
        <dl className={styles.roles}>
          {Role.options.map((role) => (
            <div key={role}>
              <dt>{roleName(role)}</dt>
              <dd>
                {roleMeaning(role)}
                <br />
                <span className={styles.muted}>{actionsOf(role)}</span>
              </dd>
            </div>
          ))}
        </dl>
      </Section>
      {adding && (
        <AddMember
          project={project}
          others={others}
          onClose={() => setAdding(false)}
          onAdded={() => {
            setAdding(false);
            called.reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t('Remove {name} from the project?', { name: removing.name })}
          action={t('Remove')}
          danger
          onConfirm={() => void change(call(routes.removeMember, { params: { project, person: removing.id } }))}
          onClose={() => setRemoving(null)}
        >
          {t('What they drew and ran stays. They can be given a role again.')}
        </Confirm>
      )}
    </>
  );
}

function AddMember(props: { project: string; others: readonly Person[]; onClose: () => void; onAdded: () => void }) {
  const [person, setPerson] = useState<string | null>(props.others[0]?.id ?? null);
  const [role, setRole] = useState<Role>('data-scientist');
  const form = useSending(async () => {
    await call(routes.setMember, { params: { project: props.project, person: person! }, body: { role } });
    props.onAdded();
  }, person !== null);
  return (
    <FormDialog title={t('Add member')} onClose={props.onClose} form={form} action={t('Add')}>
      <Select
        label={t('Person')}
        value={person}
        onChange={setPerson}
        options={props.others.map((one) => ({
          id: one.id,
          text: one.name,
          ...(one.email ? { hint: one.email } : {}),
        }))}
      />
      <Select
        label={t('Role')}
        value={role}
        onChange={(id) => setRole(id as Role)}
        options={roleOptions()}
        hint={roleMeaning(role)}
      />
    </FormDialog>
  );
}
