/** Secrets of the project by name. A value goes in and is never shown again. */
import { routes } from '@drawloom/shared/api/index.ts';
import { useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { Button } from '../../ui/Button.tsx';
import { EmptyState, Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Confirm, Dialog, toast } from '../../ui/overlays.tsx';
import { Ago } from '../../ui/Time.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { Section, Table } from './parts.tsx';
import styles from './SettingsPage.module.css';

const secretName = /^[A-Z][A-Z0-9_]{0,62}$/;

export function Secrets({ project }: { project: string }) {
  const mayWrite = useMay(project, 'secret.write');
  const { data, problem, loading, reload } = useCall(routes.listSecrets, { params: { project } });
  /** A name to set anew, or an empty one for a new secret. */
  const [setting, setSetting] = useState<string | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const remove = async (secret: string) => {
    try {
      await call(routes.removeSecret, { params: { project, secret } });
      reload();
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const add = mayWrite && (
    <Button tone="primary" icon="plus" onPress={() => setSetting('')} data-testid="new-secret">
      {t('New secret')}
    </Button>
  );
  return (
    <Section
      title={t('Secrets')}
      about={t('Passwords and keys that nodes need. Names are shown here; values are kept sealed and never shown.')}
      actions={data && data.secrets.length > 0 && add}
    >
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !data && <Loading />}
      {data?.secrets.length === 0 && (
        <EmptyState icon="lock" title={t('No secrets are kept')} actions={add}>
          {mayWrite
            ? t('Keep what a node must not have written in its code: a password, a key.')
            : t('Your role may look at their names, not set them.')}
        </EmptyState>
      )}
      {data && data.secrets.length > 0 && (
        <Table caption={t('Secrets')} columns={[t('Name'), t('Version'), t('Set'), ...(mayWrite ? [null] : [])]}>
          {data.secrets.map((secret) => (
            <tr key={secret.name}>
              <td>
                <code>{secret.name}</code>
              </td>
              <td className="tabular">{secret.version}</td>
              <td>
                <Ago at={secret.updatedAt} /> {t('by {who}', { who: secret.updatedBy })}
              </td>
              {mayWrite && (
                <td className={styles.end}>
                  <Button small onPress={() => setSetting(secret.name)}>
                    {t('Set anew')}
                  </Button>{' '}
                  <Button small tone="quiet" onPress={() => setRemoving(secret.name)}>
                    {t('Remove')}
                  </Button>
                </td>
              )}
            </tr>
          ))}
        </Table>
      )}
      {setting !== null && (
        <SetSecret
          project={project}
          name={setting}
          onClose={() => setSetting(null)}
          onSet={() => {
            setSetting(null);
            reload();
          }}
        />
      )}
      {removing && (
        <Confirm
          title={t('Remove {name}?', { name: removing })}
          action={t('Remove')}
          danger
          onConfirm={() => void remove(removing)}
          onClose={() => setRemoving(null)}
        >
          {t('Nodes that ask for it fail from now on. The value cannot be brought back.')}
        </Confirm>
      )}
    </Section>
  );
}

function SetSecret(props: { project: string; name: string; onClose: () => void; onSet: () => void }) {
  const [name, setName] = useState(props.name);
  const [value, setValue] = useState('');
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const save = async () => {
    setAsked(true);
    if (!secretName.test(name) || !value) return;
    setBusy(true);
    setProblem(null);
    try {
      await call(routes.setSecret, { params: { project: props.project, secret: name }, body: { value } });
      props.onSet();
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={props.name ? t('Set {name} anew', { name: props.name }) : t('New secret')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void save()}>
            {t('Keep')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
      {!props.name && (
        <TextField
          label={t('Name')}
          mono
          autoFocus
          isRequired
          value={name}
          onChange={(text) => setName(text.toUpperCase().replaceAll(/[\s-]/g, '_'))}
          maxLength={63}
          placeholder="WAREHOUSE_PASSWORD"
          hint={t('Capital letters, digits and _.')}
          mistake={
            asked && !secretName.test(name) ? t('A name starts with a letter: capital letters, digits and _.') : null
          }
        />
      )}
      <TextField
        label={t('Value')}
        type="password"
        autoComplete="off"
        isRequired
        {...(props.name ? { autoFocus: true } : {})}
        value={value}
        onChange={setValue}
        mistake={asked && !value ? t('Give the value to keep.') : null}
      />
    </Dialog>
  );
}
