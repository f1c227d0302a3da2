/** Keeps a run whatever the policy of its project says, or leaves it to the policy again. */
import type { RunSummary } from '@drawloom/shared/api/runs.ts';
import { useState } from 'react';
import { call, routes } from '../../api/call.ts';
import { useSending } from '../../api/useSending.ts';
import { carryOut } from '../../app/carryOut.ts';
import { Button } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { toast } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';

export function PinButton({ run }: { run: RunSummary }) {
  const [pinned, setPinned] = useState(run.pin !== null);
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const params = { run: run.id };
  const form = useSending(async () => {
    await call(routes.pinRun, { params, body: { note } });
    setAsking(false);
    setPinned(true);
    toast(t('It is kept until it is unpinned.'), 'success');
  });
  const unpin = async () => {
    if (!(await carryOut(call(routes.unpinRun, { params })))) return;
    setPinned(false);
    toast(t('It goes when the policy of the project says so.'), 'success');
  };
  if (pinned)
    return (
      <Button icon="pin" onPress={() => void unpin()}>
        {t('Unpin')}
      </Button>
    );
  return (
    <>
      <Button icon="pin" onPress={() => setAsking(true)}>
        {t('Pin')}
      </Button>
      {asking && (
        <FormDialog
          title={t('Keep run {n}?', { n: run.id })}
          onClose={() => setAsking(false)}
          form={form}
          action={t('Pin')}
        >
          <p>
            {t(
              'It stays with its outputs and its logs, and with the runs whose work it took over, until it is unpinned.',
            )}
          </p>
          <TextField
            label={t('Why')}
            hint={t('For whoever wonders later; may stay empty.')}
            value={note}
            onChange={setNote}
            autoFocus
          />
        </FormDialog>
      )}
    </>
  );
}
