/** Secrets of the project by name. A value goes in and is never shown again. */
import { routes } from '@drawloom/shared/api/index.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Confirm } from '../../ui/overlays.tsx';
import { Ago } from '../../ui/Time.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';
import { ListSection } from './parts.tsx';

const secretName = /^[A-Z][A-Z0-9_]{0,62}$/;

export function Secrets({ project }: { project: string }) {
  const mayWrite = useMay(project, 'secret.write');
  const called = useCall(routes.listSecrets, { params: { project } });
  /** A name to set anew, or an empty one for a new secret. */
  const [setting, setSetting] = useState<string | null>(null);
  const [removing, setRemoving] = useState<string | null>(null);
  const remove = (secret: string) =>
    carryOut(call(routes.removeSecret, { params: { project, secret } })).then(called.reload);
  return (
    <>
      <ListSection
        title={t('Secrets')}
        about={t('Passwords and keys that nodes need. Names are shown here; values are kept sealed and never shown.')}
        called={called}
        rows={called.data?.secrets}
        keyOf={({ name }) => name}
        add={
          mayWrite && (
            <Button tone="primary" icon="plus" onPress={() => setSetting('')} data-testid="new-secret">
              {t('New secret')}
            </Button>
          )
        }
        empty={{
          icon: 'lock',
          title: t('No secrets are kept'),
          text: mayWrite
            ? t('Keep what a node must not have written in its code: a password, a key.')
            : t('Your role may look at their names, not set them.'),
        }}
        columns={[
          { head: t('Name'), cell: ({ name }) => <code>{name}</code> },
          { head: t('Version'), kind: 'number', cell: ({ version }) => version },
          {
            head: t('Set'),
            cell: ({ updatedAt, updatedBy }) => (
              <>
                <Ago at={updatedAt} /> {t('by {who}', { who: updatedBy })}
              </>
            ),
          },
          mayWrite && {
            head: null,
            cell: ({ name }) => (
              <>
                <Button small onPress={() => setSetting(name)} aria-label={t('Set anew: {name}', { name })}>
                  {t('Set anew')}
                </Button>
                <Button small tone="quiet" onPress={() => setRemoving(name)} aria-label={t('Remove {name}', { name })}>
                  {t('Remove')}
                </Button>
              </>
            ),
          },
        ]}
      />
      {setting !== null && (
        <SetSecret
          project={project}
          name={setting}
          onClose={() => setSetting(null)}
          onSet={() => {
            setSetting(null);
            called.reload();
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
    </>
  );
}

function SetSecret(props: { project: string; name: string; onClose: () => void; onSet: () => void }) {
  const [name, setName] = useState(props.name);
  const [value, setValue] = useState('');
  const form = useSending(
    async () => {
      await call(routes.setSecret, { params: { project: props.project, secret: name }, body: { value } });
      props.onSet();
    },
    secretName.test(name) && value !== '',
  );
  const { asked } = form;
  return (
    <FormDialog
      title={props.name ? t('Set {name} anew', { name: props.name }) : t('New secret')}
      onClose={props.onClose}
      form={form}
      action={t('Keep')}
    >
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
    </FormDialog>
  );
}
