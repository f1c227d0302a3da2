/** Everything that is known of one run, beside the table: numbers, parameters, tags, its note and the data it read. */
import { routes } from '@drawloom/shared/api/index.ts';
import { useEffect, useState } from 'react';
import { call, problemOf } from '../../api/call.ts';
import { useMay } from '../../api/session.ts';
import { useCall } from '../../api/useCall.ts';
import { places } from '../../app/places.ts';
import { Button, IconButton, LinkButton } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { TextField } from '../../ui/fields.tsx';
import { formatInstant, formatNumber } from '../../ui/format.ts';
import { NamedValues } from '../../ui/NamedValues.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { toast } from '../../ui/overlays.tsx';
import { StatusMark } from '../../ui/StatusMark.tsx';
import { Elapsed } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { type TagChange, TagEditor } from '../models/TagEditor.tsx';
import styles from './Experiments.module.css';
import { RunModels } from './RunModels.tsx';
import { statusOf } from './statusOf.ts';

const noteKey = 'mlflow.note.content';

export function RunPanel(props: {
  project: string;
  run: string;
  turn: number;
  onClose: () => void;
  onChanged: () => void;
}) {
  const { project } = props;
  const { data: run, problem, reload } = useCall(routes.getTrackedRun, { params: { project, run: props.run } });
  const mayEdit = useMay(project, 'run.execute');
  const [note, setNote] = useState('');
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again whenever the list was
  useEffect(reload, [props.turn, reload]);
  const kept = run?.tags[noteKey] ?? '';
  useEffect(() => setNote(kept), [kept]);
  const tell = async (change: TagChange) => {
    await call(routes.tagTrackedRuns, { params: { project }, body: { runs: [props.run], ...change } });
    reload();
    props.onChanged();
  };
  const saveNote = () =>
    tell(note ? { set: { [noteKey]: note } } : { remove: [noteKey] }).catch((error) =>
      toast(problemOf(error).message, 'failed'),
    );
  if (!run)
    return (
      <aside className={styles.side}>
        {problem ? <ProblemNotice problem={problem} onRetry={reload} /> : <Loading />}
      </aside>
    );
  return (
    <aside className={styles.side} aria-label={t('Run {name}', { name: run.name })}>
      <div className={styles.sideHead}>
        <h2>{run.name}</h2>
        <IconButton icon="close" label={t('Close')} small onPress={props.onClose} />
      </div>
      <p>
        <StatusMark status={statusOf(run.status)} /> · {formatInstant(new Date(run.startMs).toISOString())} ·{' '}
        <Elapsed
          from={new Date(run.startMs).toISOString()}
          to={run.endMs === null ? null : new Date(run.endMs).toISOString()}
        />{' '}
        · {run.user}
      </p>
      <CopyText label={t('Run id')} text={run.id} small />
      {run.did && (
        <p>
          <LinkButton small icon="runs" href={places.run(project, run.did.run, run.did.node ?? undefined)}>
            {t('Open the run of the pipeline')}
          </LinkButton>
        </p>
      )}
      <Facts
        title={t('Metrics')}
        of={Object.entries(run.metrics).map(([key, value]) => [
          key,
          typeof value === 'number' ? formatNumber(value) : value,
        ])}
        none={t('It told no numbers yet.')}
      />
      <Facts title={t('Parameters')} of={Object.entries(run.parameters)} none={t('It has no parameters.')} />
      <RunModels project={project} run={run.id} turn={props.turn} />
      <section className={styles.section}>
        <h3>{t('Tags')}</h3>
        <TagEditor tags={run.tags} mayEdit={mayEdit} onChange={tell} />
      </section>
      <section className={styles.section}>
        {mayEdit ? (
          <>
            <TextField label={t('Note')} value={note} onChange={setNote} lines={4} maxLength={8000} />
            {note !== kept && (
              <Button small tone="primary" onPress={() => void saveNote()}>
                {t('Save the note')}
              </Button>
            )}
          </>
        ) : (
          kept && (
            <>
              <h3>{t('Note')}</h3>
              <p>{kept}</p>
            </>
          )
        )}
      </section>
      {run.dataSets.length > 0 && (
        <Facts
          title={t('Data sets')}
          of={run.dataSets.map(({ name, digest, context }) => [context ? `${name} (${context})` : name, digest])}
          none=""
        />
      )}
    </aside>
  );
}

function Facts({ title, of, none }: { title: string; of: readonly (readonly [string, string])[]; none: string }) {
  return (
    <section className={styles.section}>
      <h3>{title}</h3>
      {of.length === 0 ? (
        <p>{none}</p>
      ) : (
        <NamedValues caption={title} rows={of.map(([key, value]) => ({ key, value }))} />
      )}
    </section>
  );
}
