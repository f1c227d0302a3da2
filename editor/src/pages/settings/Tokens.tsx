/** One's own API tokens: which there are, a new one whose text is shown once, and the end of one. */
import type { Action } from '@drawloom/shared/api/access.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Token } from '@drawloom/shared/api/people.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useSession } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { FormDialog, HandedOver } from '../../ui/FormDialog.tsx';
import { Checkbox, Select } from '../../ui/fields.tsx';
import { formatDay } from '../../ui/format.ts';
import { Confirm } from '../../ui/overlays.tsx';
import { Ago } from '../../ui/Time.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { actionMeaning, inOrder } from './access.ts';
import { ListSection } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function Tokens({ project }: { project: string }) {
  const called = useCall(routes.listTokens, {});
  const projects = useSession(({ session }) => session?.projects);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = (token: Token) =>
    carryOut(call(routes.revokeToken, { params: { token: token.id } })).then(called.reload);
  const nameOf = (id: string | null) =>
    id === null ? t('Every project') : (projects?.find((one) => one.id === id)?.name ?? id);
  return (
    <>
      <ListSection
        title={t('API tokens')}
        about={t('A token lets a program do in a project what you may do there, or less.')}
        called={called}
        rows={called.data?.tokens}
        keyOf={({ id }) => id}
        add={
          <Button tone="primary" icon="plus" onPress={() => setMaking(true)} data-testid="new-token">
            {t('New token')}
          </Button>
        }
        empty={{
          icon: 'key',
          title: t('You have no tokens'),
          text: t('Make one for a script, a build, or the command line.'),
        }}
        columns={[
          {
            head: t('Name'),
            cell: ({ name, hint }) => (
              <>
                <strong>{name}</strong>
                <br />
                <code className={styles.muted}>{hint}…</code>
              </>
            ),
          },
          { head: t('Project'), cell: ({ project: id }) => nameOf(id) },
          {
            head: t('May'),
            kind: 'wrap',
            cell: ({ actions }) => inOrder(actions).map(actionMeaning).join(', '),
          },
          {
            head: t('Last used'),
            cell: ({ lastUsedAt }) => (lastUsedAt ? <Ago at={lastUsedAt} /> : t('Never')),
          },
          { head: t('Expires'), cell: ({ expiresAt }) => formatDay(expiresAt) },
          {
            head: null,
            cell: (token) => (
              <Button small onPress={() => setRevoking(token)} aria-label={t('Revoke {name}', { name: token.name })}>
                {t('Revoke')}
              </Button>
            ),
          },
        ]}
      />
      {making && <NewToken project={project} onClose={() => setMaking(false)} onMade={called.reload} />}
      {revoking && (
        <Confirm
          title={t('Revoke “{name}”?', { name: revoking.name })}
          action={t('Revoke')}
          danger
          onConfirm={() => void revoke(revoking)}
          onClose={() => setRevoking(null)}
        >
          {t('Programs that use it are refused from now on. This cannot be taken back.')}
        </Confirm>
      )}
    </>
  );
}

function NewToken(props: { project: string; onClose: () => void; onMade: () => void }) {
  const projects = useSession(({ session }) => session?.projects) ?? [];
  const [name, setName] = useState('');
  const [project, setProject] = useState(props.project);
  // No token administers the instance, not even an admin's.
  const offered = inOrder(projects.find((one) => one.id === project)?.actions ?? []).filter(
    (action) => action !== 'instance.admin',
  );
  const [left, setLeft] = useState<readonly Action[]>([]);
  const [days, setDays] = useState('90');
  const [text, setText] = useState<string | null>(null);
  const actions = offered.filter((action) => !left.includes(action));
  const form = useSending(
    async () => {
      const made = await call(routes.createToken, {
        body: { name: name.trim(), project, actions, days: Number(days) },
      });
      setText(made.text);
      props.onMade();
    },
    name.trim() !== '' && actions.length > 0,
  );
  const { asked } = form;
  if (text !== null)
    return (
      <HandedOver
        title={t('Token “{name}”', { name: name.trim() })}
        onClose={props.onClose}
        label={t('Token')}
        text={text}
        warning={t('Copy it now: it is not shown again.')}
      />
    );
  return (
    <FormDialog
      title={t('New token')}
      onClose={props.onClose}
      form={form}
      action={t('Make token')}
      data-testid="make-token"
    >
      <TextField
        label={t('Name')}
        autoFocus
        isRequired
        maxLength={100}
        value={name}
        onChange={setName}
        placeholder={t('Nightly build')}
        mistake={asked && !name.trim() ? t('Give it a name that tells what uses it.') : null}
      />
      <Select
        label={t('Project')}
        value={project}
        onChange={setProject}
        options={projects.map((one) => ({ id: one.id, text: one.name }))}
      />
      <Select
        label={t('Good for')}
        value={days}
        onChange={setDays}
        options={['7', '30', '90', '365'].map((n) => ({
          id: n,
          text: t('{n, plural, one {# day} other {# days}}', { n: Number(n) }),
        }))}
      />
      <fieldset className={styles.choices}>
        <legend>{t('It may')}</legend>
        {offered.map((action) => (
          <Checkbox
            key={action}
            isSelected={!left.includes(action)}
            onChange={(on) => setLeft((before) => (on ? before.filter((one) => one !== action) : [...before, action]))}
          >
            {actionMeaning(action)}
          </Checkbox>
        ))}
        {asked && actions.length === 0 && <p className={styles.wrong}>{t('Let it do at least one thing.')}</p>}
      </fieldset>
    </FormDialog>
  );
}
