/** Shows the signing key of a webhook once, when it was made; makes another one. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Trigger } from '@drawloom/shared/api/triggers.ts';
import { useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { Button } from '../../ui/Button.tsx';
import { CopyText, ShownOnce } from '../../ui/CopyText.tsx';
import { Select, TextField } from '../../ui/fields.tsx';
import { ProblemNotice } from '../../ui/notices.tsx';
import { Dialog } from '../../ui/overlays.tsx';
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
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const change = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { signingKey } = await call(routes.changeSigningKey, {
        params: { trigger: trigger.id },
        body: { oldKeyHours: Number(hours), ...(own.trim() && { signingKey: own.trim() }) },
      });
      props.onChanged();
      if (signingKey === null) props.onClose();
      setMade(signingKey);
    } catch (error) {
      setProblem(problemOf(error));
    } finally {
      setBusy(false);
    }
  };
  if (made !== null)
    return (
      <Dialog
        title={t('Signing key')}
        onClose={props.onClose}
        dismissable={false}
        actions={
          <Button tone="primary" onPress={props.onClose}>
            {t('Done')}
          </Button>
        }
      >
        <p>{t('The sender needs both: where its messages go, and what it signs them with.')}</p>
        <h3 className={styles.heading}>{t('Address')}</h3>
        <CopyText label={t('Address')} text={trigger.webhook?.address ?? ''} />
        <h3 className={styles.heading}>{t('Signing key')}</h3>
        <ShownOnce
          label={t('Signing key')}
          text={made}
          warning={t('Whoever has it can start this pipeline. Copy it now: it is not shown again.')}
        />
      </Dialog>
    );
  return (
    <Dialog
      title={t('Another signing key')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void change()} data-testid="change-key">
            {t('Change the key')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
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
    </Dialog>
  );
}
