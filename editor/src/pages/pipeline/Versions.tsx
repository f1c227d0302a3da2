/** Frozen versions of the pipeline, and the history of edits since it was opened. */
import { useParams } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { call, problemOf, routes } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { places } from '../../app/places.ts';
import { useDrawing, useDrawingObject } from '../../document/DrawingContext.tsx';
import { Button, LinkButton } from '../../ui/Button.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { TextField } from '../../ui/fields.tsx';
import { formatClock } from '../../ui/format.ts';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { Tabs } from '../../ui/Tabs.tsx';
import { Ago } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import styles from './PipelinePage.module.css';

export function Versions({ turn, onFreeze }: { turn: number; onFreeze: () => void }) {
  const [tab, setTab] = useState<'versions' | 'edits'>('versions');
  return (
    <Tabs
      label={t('History')}
      selected={tab}
      onSelect={setTab}
      tabs={[
        { id: 'versions', text: t('Versions'), content: <VersionList turn={turn} onFreeze={onFreeze} /> },
        { id: 'edits', text: t('Edits'), content: <Edits /> },
      ]}
    />
  );
}

function VersionList({ turn, onFreeze }: { turn: number; onFreeze: () => void }) {
  const { project } = useParams({ from: '/p/$project' });
  const drawing = useDrawingObject();
  const readOnly = useDrawing((state) => state.readOnly);
  const { data, problem, loading, reload } = useCall(routes.listVersions, { params: { pipeline: drawing.id } });
  useEffect(() => {
    if (turn > 0) reload();
  }, [turn, reload]);
  const restore = async (version: number) => {
    try {
      await drawing.flush();
      drawing.replaceBy(await call(routes.restoreVersion, { params: { pipeline: drawing.id, version } }));
      toast(
        t('Version {n} is the drawing again. What it replaced can be had back by undo or from the versions.', {
          n: version,
        }),
        'success',
      );
    } catch (error) {
      toast(problemOf(error).message, 'failed');
    }
  };
  return (
    <div className={styles.list}>
      {!readOnly && (
        <div style={{ padding: '4px 10px 8px' }}>
          <Button small icon="plus" onPress={onFreeze}>
            {t('Save a version')}
          </Button>
        </div>
      )}
      {problem && <ProblemNotice problem={problem} onRetry={reload} />}
      {loading && !data && <Loading />}
      {data?.versions.length === 0 && (
        <p className={styles.muted} style={{ padding: '0 10px' }}>
          {t('No version yet. A version is a frozen copy with a message; every run freezes one by itself.')}
        </p>
      )}
      {data?.versions.map((version) => (
        <div key={version.number} className={styles.version}>
          <div className={styles.versionHead}>
            <b>{t('Version {n}', { n: version.number })}</b>
            <span className={styles.muted}>
              <Ago at={version.createdAt} />
            </span>
            <LinkButton
              small
              tone="quiet"
              icon="compare"
              href={places.versions(project, drawing.id, version.number)}
              aria-label={t('Compare version {n} with the drawing', { n: version.number })}
            >
              {t('Compare')}
            </LinkButton>
            {!readOnly && (
              <Button small tone="quiet" icon="restore" onPress={() => void restore(version.number)}>
                {t('Restore')}
              </Button>
            )}
          </div>
          {version.message && <div>{version.message}</div>}
          <div className={styles.muted}>
            {version.author} · {t('{n, plural, =0 {no runs} one {# run} other {# runs}}', { n: version.runCount })}
          </div>
        </div>
      ))}
    </div>
  );
}

/** Every edit, the newest first, those that were undone before those that stand; the last entry is the drawing before all of them. */
function Edits() {
  const drawing = useDrawingObject();
  const past = useDrawing((state) => state.history.past);
  const future = useDrawing((state) => state.history.future);
  const goTo = (steps: number) => {
    for (let n = 0; n < Math.abs(steps); n++) steps < 0 ? drawing.undo() : drawing.redo();
  };
  const all = [...past, ...future];
  if (all.length === 0)
    return (
      <div className={styles.list}>
        <p className={styles.muted} style={{ padding: '6px 10px' }}>
          {t('What you change is listed here; a click goes back to it.')}
        </p>
      </div>
    );
  return (
    <ol className={styles.list} aria-label={t('Edits')}>
      {[...all, null].map((_, below) => {
        const number = all.length - below; // the state after so many edits
        const entry = all[number - 1];
        return (
          <li key={number}>
            <button
              type="button"
              className={styles.history}
              data-future={number > past.length ? '' : undefined}
              aria-current={number === past.length ? 'step' : undefined}
              onClick={() => goTo(number - past.length)}
            >
              <span>{entry?.name ?? t('As it was opened')}</span>
              {entry && <time className={styles.historyTime}>{formatClock(new Date(entry.at).toISOString())}</time>}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** Freezes the drawing under a message. */
export function FreezeDialog({ onClose, onFrozen }: { onClose: () => void; onFrozen: () => void }) {
  const drawing = useDrawingObject();
  const [message, setMessage] = useState('');
  const form = useSending(async () => {
    await drawing.flush();
    const version = await call(routes.createVersion, { params: { pipeline: drawing.id }, body: { message } });
    toast(t('Saved as version {n}.', { n: version.number }), 'success');
    onFrozen();
    onClose();
  });
  return (
    <FormDialog title={t('Save a version')} onClose={onClose} form={form} action={t('Save version')}>
      <TextField
        label={t('Message')}
        autoFocus
        lines={3}
        value={message}
        onChange={setMessage}
        placeholder={t('What changed, and why')}
        maxLength={2000}
      />
    </FormDialog>
  );
}
