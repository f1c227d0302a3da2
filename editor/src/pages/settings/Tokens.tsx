/** One's own API tokens: which there are, a new one whose text is shown once, and the end of one. */
import type { Action } from '@drawloom/shared/api/access.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Token } from '@drawloom/shared/api/people.ts';
import { useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useSession } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { ShownOnce } from '../../ui/CopyText.tsx';
import { Checkbox, Select } from '../../ui/fields.tsx';
import { formatDay } from '../../ui/format.ts';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Dialog, toast } from '../../ui/overlays.tsx';
import { Ago } from '../../ui/Time.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { actionMeaning, inOrder } from './access.ts';
import { Section, Table } from './parts.tsx';
import styles from './SettingsPage.module.css';

export function Tokens({ project }: { project: string }) {
  const { data, problem, loading, reload } = useCall(routes.listTokens, {});
  const projects = useSession(({ session }) => session?.projects);
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Token | null>(null);
  const revoke = async (token: Token) => {
    try {
      await call(routes.revokeToken, { params: { token: token.id } });
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const add = (
    <Button tone="primary" icon="plus" onPress={() => setMaking(true)} data-testid="new-token">
      {t('New token')}
    </Button>
  );
  const nameOf = (id: string | null) =>
    id === null ? t('Every project') : (projects?.find((one) => one.id === id)?.name ?? id);
  return (
    <Section
      title={t('API tokens')}
      about={t('A token lets a program do in a project what you may do there, or less.')}
      actions={data && data.tokens.length > 0 && add}
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !data && <Loading />}
      {data?.tokens.length === 0 && (
        <EmptyState icon="key" title={t('You have no tokens')} actions={add}>
          {t('Make one for a script, a build, or the command line.')}
        </EmptyState>
      )}
      {data && data.tokens.length > 0 && (
        <Table
          caption={t('API tokens')}
          columns={[t('Name'), t('Project'), t('May'), t('Last used'), t('Expires'), null]}
        >
          {data.tokens.map((token) => (
            <tr key={token.id}>
              <td>
                <strong>{token.name}</strong>
                <br />
                <code className={styles.muted}>{token.hint}…</code>
              </td>
              <td>{nameOf(token.project)}</td>
              <td className={styles.wrap}>{inOrder(token.actions).map(actionMeaning).join(', ')}</td>
              <td>{token.lastUsedAt ? <Ago at={token.lastUsedAt} /> : t('Never')}</td>
              <td>{formatDay(token.expiresAt)}</td>
              <td className={styles.end}>
                <Button small onPress={() => setRevoking(token)}>
                  {t('Revoke')}
                </Button>
              </td>
            </tr>
          ))}
        </Table>
      )}
      {making && <NewToken project={project} onClose={() => setMaking(false)} onMade={reload} />}
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
    </Section>
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
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const [text, setText] = useState<string | null>(null);
  const actions = offered.filter((action) => !left.includes(action));
  const make = async () => {
    setAsked(true);
    if (!name.trim() || actions.length === 0) return;
    setBusy(true);
    setProblem(null);
    try {
      const made = await call(routes.createToken, {
        body: { name: name.trim(), project, actions, days: Number(days) },
      });
      setText(made.text);
      props.onMade();
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  if (text !== null)
    return (
      <Dialog
        title={t('Token “{name}”', { name: name.trim() })}
        onClose={props.onClose}
        dismissable={false}
        actions={
          <Button tone="primary" onPress={props.onClose}>
            {t('Done')}
          </Button>
        }
      >
        <ShownOnce label={t('Token')} text={text} warning={t('Copy it now: it is not shown again.')} />
      </Dialog>
    );
  return (
    <Dialog
      title={t('New token')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void make()} data-testid="make-token">
            {t('Make token')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
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
    </Dialog>
  );
}
