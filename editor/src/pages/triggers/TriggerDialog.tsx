/** Asks what is to set a pipeline off and how it then starts; shows the coming times before anything is kept. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Overlap, Trigger } from '@drawloom/shared/api/triggers.ts';
import { isFromBody } from '@drawloom/shared/trigger/message.ts';
import { isNominal } from '@drawloom/shared/trigger/nominal.ts';
import { isClock, type NewData } from '@drawloom/shared/trigger/occasion.ts';
import type { Sensor } from '@drawloom/shared/trigger/sensor.ts';
import { type Clock, CronClock } from '@drawloom/shared/trigger/when.ts';
import { useEffect, useState } from 'react';
import { call, type ProblemError } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { Segmented } from '../../ui/Button.tsx';
import { CopyText } from '../../ui/CopyText.tsx';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Checkbox, NumberField, Select, Switch, TextField } from '../../ui/fields.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { t } from '../../words/index.ts';
import { ClockFields, ListField } from './ClockFields.tsx';
import { DataFields, newData } from './DataFields.tsx';
import { NextTimes, ownTimeZone } from './NextTimes.tsx';
import { mistakesIn, ParameterFields, type Values } from './ParameterFields.tsx';
import { newSensor, SensorFields } from './SensorFields.tsx';
import styles from './TriggersPage.module.css';

export function TriggerDialog(props: {
  project: string;
  /** The trigger to change; without it a new one is made. */
  trigger?: Trigger | undefined;
  /** Chosen beforehand, for a new one. */
  pipeline?: string | undefined;
  onClose: () => void;
  /** With the signing key that was made, which is shown once. */
  onSaved: (trigger: Trigger, signingKey: string | null) => void;
}) {
  const { project, trigger } = props;
  const [pipeline, setPipeline] = useState<string | null>(trigger?.pipeline.id ?? props.pipeline ?? null);
  const [name, setName] = useState(trigger?.name ?? '');
  const [kind, setKind] = useState<'schedule' | 'webhook' | 'data' | 'sensor'>(
    trigger && !isClock(trigger.on) ? trigger.on.kind : 'schedule',
  );
  const webhook = kind === 'webhook';
  const messages = kind !== 'schedule';
  const [sensor, setSensor] = useState<Sensor>(trigger?.on.kind === 'sensor' ? trigger.on : newSensor);
  const [data, setData] = useState<NewData>(trigger?.on.kind === 'data' ? trigger.on : newData);
  const [clock, setClock] = useState<Clock>(
    trigger && isClock(trigger.on)
      ? trigger.on
      : CronClock.parse({ kind: 'cron', cron: '0 6 * * *', timeZone: ownTimeZone() }),
  );
  const [signingKey, setSigningKey] = useState('');
  const [rules, setRules] = useState<Rules>({
    overlap: trigger?.overlap ?? 'skip',
    version: trigger?.version ?? null,
    pauseOnFailure: trigger?.pauseOnFailure ?? false,
  });
  const [values, setValues] = useState<Values>(trigger?.parameters ?? {});
  const [enabled, setEnabled] = useState(trigger?.enabled ?? true);
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const chosen = useCall(routes.getPipeline, pipeline ? { params: { pipeline } } : null);
  const preview = usePreview(project, messages ? null : clock);

  const parameters = chosen.data?.document.parameters ?? {};
  const sample = preview.next?.[0] ? { at: preview.next[0], timeZone: clock.timeZone } : null;
  const form = useSending(
    async () => {
      const on = { data, sensor, webhook: { kind: 'webhook' } as const, schedule: clock }[kind];
      const body = { name: name.trim(), on, enabled, parameters: values, ...rules };
      if (trigger) props.onSaved(await call(routes.changeTrigger, { params: { trigger: trigger.id }, body }), null);
      else {
        const key = webhook && signingKey.trim() ? { signingKey: signingKey.trim() } : {};
        const made = await call(routes.createTrigger, { params: { pipeline: pipeline! }, body: { ...body, ...key } });
        props.onSaved(made, made.signingKey);
      }
    },
    // What is wrong with the times, the server says: the preview may still speak of what stood here a moment ago.
    pipeline !== null &&
      chosen.data !== undefined &&
      mistakesIn(parameters, values, sample, kind === 'sensor').size === 0,
  );
  const { asked } = form;
  return (
    <FormDialog
      title={trigger ? t('Trigger of “{name}”', { name: trigger.pipeline.name }) : t('New trigger')}
      onClose={props.onClose}
      wide
      form={form}
      action={trigger ? t('Save') : t('Add trigger')}
      data-testid="save-trigger"
    >
      {!trigger && (
        <Select
          label={t('Pipeline')}
          value={pipeline}
          onChange={(id) => {
            setPipeline(id);
            setValues({});
          }}
          options={(pipelines.data?.pipelines ?? []).map((one) => ({ id: one.id, text: one.name }))}
          placeholder={t('Choose a pipeline…')}
          mistake={asked && !pipeline ? t('Choose the pipeline to start.') : (pipelines.problem?.message ?? null)}
          isRequired
          data-testid="trigger-pipeline"
        />
      )}
      <TextField
        label={t('Name')}
        value={name}
        onChange={setName}
        maxLength={200}
        placeholder={t('Monthly retraining')}
      />
      {!trigger && (
        <Segmented
          label={t('What sets it off')}
          value={kind}
          onChange={(id) => {
            setKind(id);
            setValues(fixedOnly);
          }}
          options={[
            { id: 'schedule', text: t('Schedule'), icon: 'clock' },
            { id: 'webhook', text: t('Webhook'), icon: 'link' },
            { id: 'data', text: t('New data'), icon: 'table' },
            { id: 'sensor', text: t('Sensor'), icon: 'search' },
          ]}
        />
      )}
      {kind === 'sensor' ? (
        <SensorFields on={sensor} onChange={setSensor} problem={form.problem} />
      ) : webhook ? (
        <WebhookFields trigger={trigger} signingKey={signingKey} onChange={setSigningKey} />
      ) : kind === 'data' ? (
        <DataFields project={project} on={data} onChange={setData} problem={form.problem} />
      ) : (
        <>
          <ClockFields clock={clock} onChange={setClock} problem={preview.problem} />
          <section className={styles.preview} aria-label={t('Next five times')}>
            <h3>{t('Next five times')}</h3>
            <div aria-live="polite">
              {preview.next ? (
                <NextTimes times={preview.next} timeZone={clock.timeZone} />
              ) : (
                preview.problem && <p className={styles.muted}>{t('Shown once the schedule can be read.')}</p>
              )}
            </div>
          </section>
        </>
      )}
      {pipeline && chosen.loading && !chosen.data && <Loading />}
      {chosen.problem && <ProblemNotice problem={chosen.problem} onRetry={chosen.reload} />}
      {Object.keys(parameters).length > 0 && <h3 className={styles.heading}>{t('Parameters')}</h3>}
      <ParameterFields
        key={`${pipeline} ${kind}`}
        messages={kind === 'schedule' ? undefined : webhook ? 'message' : kind}
        parameters={parameters}
        values={values}
        onChange={setValues}
        sample={sample}
        asked={asked}
      />
      <h3 className={styles.heading}>{t('How it starts')}</h3>
      <RuleFields rules={rules} onChange={setRules} pipeline={pipeline} />
      {!messages && <LatenessFields clock={clock} onChange={setClock} problem={preview.problem} />}
      <Switch isSelected={enabled} onChange={setEnabled}>
        {t('Enabled')}
      </Switch>
    </FormDialog>
  );
}

/** What is taken from a time means nothing to a message, and the other way round. */
const fixedOnly = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => !isNominal(value) && !isFromBody(value)));

function WebhookFields(props: {
  trigger: Trigger | undefined;
  signingKey: string;
  onChange: (signingKey: string) => void;
}) {
  const { trigger } = props;
  if (trigger?.webhook)
    return (
      <>
        <p className={styles.muted}>{t('A program sets it off with a signed message, JSON, to this address:')}</p>
        <CopyText label={t('Address')} text={trigger.webhook.address} />
      </>
    );
  return (
    <>
      <p className={styles.muted}>
        {t('Another program sets it off with a signed message. It gets an address and a key, which are shown next.')}
      </p>
      <TextField
        label={t('Signing key')}
        type="password"
        autoComplete="off"
        mono
        value={props.signingKey}
        onChange={props.onChange}
        hint={t('whsec_… of the sender, where it has made one. Leave it empty, and one is made and shown once.')}
      />
    </>
  );
}

interface Rules {
  overlap: Overlap;
  version: number | null;
  pauseOnFailure: boolean;
}

function RuleFields(props: { rules: Rules; onChange: (rules: Rules) => void; pipeline: string | null }) {
  const { rules, onChange } = props;
  const versions = useCall(routes.listVersions, props.pipeline ? { params: { pipeline: props.pipeline } } : null);
  return (
    <>
      <Select
        label={t('When the run before is not over')}
        value={rules.overlap}
        onChange={(id) => onChange({ ...rules, overlap: id as Overlap })}
        options={overlaps()}
      />
      <Select
        label={t('Version')}
        value={rules.version === null ? 'latest' : String(rules.version)}
        onChange={(id) => onChange({ ...rules, version: id === 'latest' ? null : Number(id) })}
        options={[
          { id: 'latest', text: t('The drawing as it is saved then') },
          ...(versions.data?.versions ?? []).map((one) => ({
            id: String(one.number),
            text: t('Always version {n}', { n: one.number }),
            hint: one.message,
          })),
        ]}
      />
      <Checkbox isSelected={rules.pauseOnFailure} onChange={(pauseOnFailure) => onChange({ ...rules, pauseOnFailure })}>
        {t('Switch it off when a run fails')}
      </Checkbox>
    </>
  );
}

export const overlaps = (): { id: Overlap; text: string; hint: string }[] => [
  { id: 'skip', text: t('Skip'), hint: t('This time is passed over') },
  { id: 'buffer-one', text: t('Buffer one'), hint: t('One waits, further ones are passed over') },
  { id: 'buffer-all', text: t('Buffer all'), hint: t('All wait, and start one after another') },
  { id: 'cancel', text: t('Cancel'), hint: t('The running one is ended, then this one starts') },
  { id: 'terminate', text: t('Terminate'), hint: t('The running one is ended, and this one starts at once') },
  { id: 'allow', text: t('Allow'), hint: t('They run side by side') },
];

function LatenessFields(props: { clock: Clock; onChange: (clock: Clock) => void; problem: ProblemError | null }) {
  const { clock, onChange } = props;
  const { except, jitterSeconds, catchUpSeconds } = clock;
  const mistakeAt = (place: string) => (props.problem?.at.startsWith(`/on/${place}`) ? props.problem.message : null);
  return (
    <>
      <div className={styles.pair}>
        <NumberField
          label={t('Jitter')}
          whole
          unit="s"
          minimum={0}
          value={jitterSeconds}
          onChange={(n) => onChange({ ...clock, jitterSeconds: n ?? 0 })}
          mistake={mistakeAt('jitterSeconds')}
          hint={t('Each start waits up to this long.')}
        />
        <NumberField
          label={t('Catch-up window')}
          whole
          unit="s"
          value={catchUpSeconds}
          onChange={(n) => onChange({ ...clock, catchUpSeconds: n })}
          mistake={mistakeAt('catchUpSeconds')}
          hint={t('Missed times so old are made up; empty: only the last one.')}
        />
      </div>
      {except.every((one) => typeof one === 'string') && (
        <ListField
          label={t('Not on')}
          items={except.filter((one) => typeof one === 'string')}
          onChange={(items) => onChange({ ...clock, except: items })}
          hint={t('Days, separated by commas: 12-25 of every year, 2026-12-24 once.')}
          mistake={mistakeAt('except')}
        />
      )}
    </>
  );
}

/** The coming times as the server counts them, asked once the typing rests; null asks nothing. */
function usePreview(project: string, on: Clock | null) {
  const [settled, setSettled] = useState(on);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(on), 250);
    return () => clearTimeout(timer);
  }, [on]);
  const { data, problem } = useCall(
    routes.previewTrigger,
    settled ? { params: { project }, body: { on: settled } } : null,
  );
  return { next: problem ? undefined : data?.next, problem };
}
