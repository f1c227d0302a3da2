/** Keeps a run whatever the policy of its project says, or leaves it to the policy again. */
import type { RunSummary } from '@drawloom/shared/api/runs.ts';
import { useState } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { Button } from '../../ui/Button.tsx';
import { Dialog, toast } from '../../ui/overlays.tsx';
import { TextField } from '../../ui/textFields.tsx';
import { t } from '../../words/index.ts';

export function PinButton({ run }: { run: RunSummary }) {
  const [pinned, setPinned] = useState(run.pin !== null);
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const act = async (doing: Promise<unknown>, now: boolean) => {
    try {
      await doing;
      setPinned(now);
      toast(
        now ? t('It is kept until it is unpinned.') : t('It goes when the policy of the project says so.'),
        'success',
      );
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  const params = { run: run.id };
  if (pinned)
    return (
      <Button icon="pin" onPress={() => void act(call(routes.unpinRun, { params }), false)}>
        {t('Unpin')}
      </Button>
    );
  const pin = () => {
    setAsking(false);
    void act(call(routes.pinRun, { params, body: { note } }), true);
  };
  return (
    <>
      <Button icon="pin" onPress={() => setAsking(true)}>
        {t('Pin')}
      </Button>
      {asking && (
        <Dialog
          title={t('Keep run {n}?', { n: run.id })}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onPress={() => setAsking(false)}>{t('Cancel')}</Button>
              <Button tone="primary" onPress={pin}>
                {t('Pin')}
              </Button>
            </>
          }
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
        </Dialog>
      )}
    </>
  );
}
