/** Shows the signing key of a webhook once, when it was made; makes another one. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Trigger } from '@drawloom/shared/api/triggers.ts';
import { useState } from 'react';
import { call } from '../../api/call.ts';
import { useSending } from '../../api/useSending.ts';
import { CopyText } from '../../ui/CopyText.tsx';
import { FormDialog, HandedOver } from '../../ui/FormDialog.tsx';
import { Select, TextField } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import styles from './TriggersPage.module.css';

export function SigningKeyDialog(props: {
  trigger: Trigger;
  /** The key that was just made; without it, another one is asked for. */
  made: string | null;
  onClose: () => void;
  onChanged: () => void;
}) {
  const { trigger } = props;
  const [made, setMade] = useState(props.made);
  const [own, setOwn] = useState('');
  const [hours, setHours] = useState('24');
  const form = useSending(async () => {
    const { signingKey } = await call(routes.changeSigningKey, {
      params: { trigger: trigger.id },
      body: { oldKeyHours: Number(hours), ...(own.trim() && { signingKey: own.trim() }) },
    });
    props.onChanged();
    if (signingKey === null) props.onClose();
    setMade(signingKey);
  });
  if (made !== null)
    return (
      <HandedOver
        title={t('Signing key')}
        onClose={props.onClose}
        label={t('Signing key')}
        text={made}
        warning={t('Whoever has it can start this pipeline. Copy it now: it is not shown again.')}
      >
        <p>{t('The sender needs both: where its messages go, and what it signs them with.')}</p>
        <h3 className={styles.heading}>{t('Address')}</h3>
        <CopyText label={t('Address')} text={trigger.webhook?.address ?? ''} />
        <h3 className={styles.heading}>{t('Signing key')}</h3>
      </HandedOver>
    );
  return (
    <FormDialog
      title={t('Another signing key')}
      onClose={props.onClose}
      form={form}
      action={t('Change the key')}
      data-testid="change-key"
    >
      <Select
        label={t('The key before is taken')}
        value={hours}
        onChange={setHours}
        options={[
          { id: '1', text: t('For another hour') },
          { id: '24', text: t('For another day'), hint: t('Time to give the new one to the sender') },
          { id: '168', text: t('For another week') },
          { id: '0', text: t('Not any more'), hint: t('When somebody else has it') },
        ]}
      />
      <TextField
        label={t('Signing key')}
        type="password"
        autoComplete="off"
        mono
        value={own}
        onChange={setOwn}
        hint={t('whsec_… of the sender, where it has made one. Leave it empty, and one is made and shown once.')}
      />
    </FormDialog>
  );
}
