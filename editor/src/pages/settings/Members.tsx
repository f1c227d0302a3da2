/** Who may do what in the project: a role for each member, and what the roles mean. */
import { Role } from '@drawloom/shared/api/access.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Person } from '@drawloom/shared/api/people.ts';
import { useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Dialog, toast } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { actionsOf, roleMeaning, roleName } from './access.ts';
import { Section, Table } from './parts.tsx';
import styles from './SettingsPage.module.css';

const roleOptions = () => Role.options.map((id) => ({ id, text: roleName(id) }));

export function Members({ project }: { project: string }) {
  const mayManage = useMay(project, 'member.manage');
  const admin = useMay(project, 'instance.admin');
  const { data, problem, loading, reload } = useCall(routes.listMembers, { params: { project } });
  const everyone = useCall(routes.listPeople, admin ? {} : null);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Person | null>(null);
  const members = data?.members ?? [];
  const others = (everyone.data?.people ?? []).filter(({ id }) => !members.some(({ person }) => person.id === id));
  const change = async (doing: Promise<unknown>) => {
    try {
      await doing;
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
    reload();
  };
  const give = (person: string, role: string) =>
    change(call(routes.setMember, { params: { project, person }, body: { role: role as Role } }));
  const add = mayManage && admin && (
    <Button
      tone="primary"
      icon="plus"
      isDisabled={others.length === 0}
      onPress={() => setAdding(true)}
      data-testid="add-member"
    >
      {t('Add member')}
    </Button>
  );
  return (
    <>
      <Section
        title={t('Members')}
        about={t('Admins may do everything in every project without being members.')}
        actions={members.length > 0 && add}
      >
        {problem && <ProblemNotice problem={problem} onRetry={reload} />}
        {loading && !data && <Loading />}
        {data && members.length === 0 && (
          <EmptyState icon="person" title={t('Nobody has a role here yet')} actions={add}>
            {admin && others.length === 0
              ? t('Everybody on this instance is an admin or a member. Invite someone under People first.')
              : t('A role says what a person may see and do in this project.')}
          </EmptyState>
        )}
        {members.length > 0 && (
          <Table caption={t('Members')} columns={[t('Person'), t('Role'), t('Meaning'), ...(mayManage ? [null] : [])]}>
            {members.map(({ person, role }) => (
              <tr key={person.id}>
                <td>
                  <strong>{person.name}</strong>
                  <br />
                  <span className={styles.muted}>{person.email}</span>
                </td>
                <td className={styles.roleCell}>
                  {mayManage ? (
                    <Select
                      label={t('Role of {name}', { name: person.name })}
                      hideLabel
                      value={role}
                      onChange={(next) => void give(person.id, next)}
                      options={roleOptions()}
                    />
                  ) : (
                    roleName(role)
                  )}
                </td>
                <td className={styles.wrap}>{roleMeaning(role)}</td>
                {mayManage && (
                  <td className={styles.end}>
                    <Button small onPress={() => setRemoving(person)}>
                      {t('Remove')}
                    </Button>
                  </td>
                )}
              </tr>
            ))}
          </Table>
        )}
      </Section>
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
            reload();
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
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const add = async () => {
    if (!person) return;
    setBusy(true);
    try {
      await call(routes.setMember, { params: { project: props.project, person }, body: { role } });
      props.onAdded();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={t('Add member')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void add()}>
            {t('Add')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
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
    </Dialog>
  );
}
