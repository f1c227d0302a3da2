/** Asks for which times a pipeline is to be run afterwards, and says how many runs that makes before any is started. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Backfill, RunSet } from '@drawloom/shared/api/runSets.ts';
import type { Trigger } from '@drawloom/shared/api/triggers.ts';
import { isClock } from '@drawloom/shared/trigger/occasion.ts';
import { type Clock, CronClock } from '@drawloom/shared/trigger/when.ts';
import { useEffect, useState } from 'react';
import { call } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { useSending } from '../../api/useSending.ts';
import { FormDialog } from '../../ui/FormDialog.tsx';
import { Checkbox, NumberField, Select, TextField } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import { ClockFields } from '../triggers/ClockFields.tsx';
import { occasionSentence } from '../triggers/clockSentence.ts';
import { inZone, ownTimeZone } from '../triggers/NextTimes.tsx';
import { ParameterFields, type Values, valueText } from '../triggers/ParameterFields.tsx';
import styles from './RunSets.module.css';

const own = 'own';

export function BackfillDialog(props: {
  project: string;
  /** Whose times are made up for; without it one is chosen, or times of its own are given. */
  trigger?: Trigger | undefined;
  onClose: () => void;
  onStarted: (set: RunSet) => void;
}) {
  const { project } = props;
  const list = useCall(routes.listTriggers, { params: { project }, query: {} });
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const [source, setSource] = useState(props.trigger?.id ?? own);
  const trigger = props.trigger ?? list.data?.triggers.find(({ id }) => id === source);
  const [chosen, setChosen] = useState<string | null>(null);
  const [on, setOn] = useState<Clock>(CronClock.parse({ kind: 'cron', cron: '0 6 1 * *', timeZone: ownTimeZone() }));
  const [values, setValues] = useState<Values>({});
  const [range, setRange] = useState({ from: '', until: '' });
  const [concurrency, setConcurrency] = useState(3);
  const [order, setOrder] = useState<'oldest-first' | 'newest-first'>('oldest-first');
  const [reuse, setReuse] = useState(true);
  const [name, setName] = useState('');
  const [key] = useState(() => crypto.randomUUID());
  const pipeline = trigger?.pipeline.id ?? chosen;
  const drawing = useCall(routes.getPipeline, pipeline && !trigger ? { params: { pipeline } } : null);
  const body: Backfill = {
    name: name.trim(),
    ...range,
    concurrency,
    order,
    reuse,
    ...(trigger ? { trigger: trigger.id } : { on, parameters: values }),
  };
  const preview = usePreview(range.from && range.until ? pipeline : null, body);
  const clock = trigger && isClock(trigger.on) ? trigger.on : on;
  const zone = clock.timeZone;
  const format = inZone(zone, 'year');

  const form = useSending(
    async () =>
      props.onStarted(
        await call(routes.createBackfill, { params: { pipeline: pipeline! }, body: { ...body, idempotencyKey: key } }),
      ),
    Boolean(pipeline && range.from && range.until),
  );
  return (
    <FormDialog
      title={t('Backfill')}
      wide
      onClose={props.onClose}
      form={{ ...form, problem: form.problem ?? preview.problem }}
      action={
        preview.data ? t('{n, plural, one {Start # run} other {Start # runs}}', { n: preview.data.count }) : t('Start')
      }
      isDisabled={!preview.data}
      data-testid="start-backfill"
    >
      {!props.trigger && (
        <Select
          label={t('Times of')}
          value={source}
          onChange={setSource}
          options={[
            ...(list.data?.triggers ?? [])
              .filter((one) => isClock(one.on))
              .map((one) => ({
                id: one.id,
                text: one.name ? `${one.pipeline.name}: ${one.name}` : one.pipeline.name,
                hint: occasionSentence(one.on),
              })),
            { id: own, text: t('Other times…') },
          ]}
        />
      )}
      {trigger && (
        <p className={styles.muted}>
          {occasionSentence(clock)} · {zone.replaceAll('_', ' ')}
        </p>
      )}
      {!trigger && (
        <>
          <Select
            label={t('Pipeline')}
            value={chosen}
            onChange={(id) => {
              setChosen(id);
              setValues({});
            }}
            options={(pipelines.data?.pipelines ?? []).map((one) => ({ id: one.id, text: one.name }))}
            placeholder={t('Choose a pipeline…')}
            isRequired
          />
          <ClockFields clock={on} onChange={setOn} problem={preview.problem} />
          <ParameterFields
            key={pipeline}
            parameters={drawing.data?.document.parameters ?? {}}
            values={values}
            onChange={setValues}
            sample={preview.data ? { at: preview.data.first, timeZone: zone } : null}
            asked={false}
          />
        </>
      )}
      <div className={styles.pair}>
        <TextField
          label={t('From')}
          type="date"
          value={range.from}
          onChange={(from) => setRange({ ...range, from })}
          isRequired
        />
        <TextField
          label={t('To the end of')}
          type="date"
          value={range.until}
          onChange={(until) => setRange({ ...range, until })}
          isRequired
        />
        <NumberField
          label={t('Runs at a time')}
          whole
          minimum={1}
          maximum={1000}
          value={concurrency}
          onChange={(n) => setConcurrency(n ?? 1)}
        />
        <Select
          label={t('Order')}
          value={order}
          onChange={(id) => setOrder(id as typeof order)}
          options={[
            { id: 'oldest-first', text: t('Oldest first') },
            { id: 'newest-first', text: t('Newest first') },
          ]}
        />
      </div>
      <TextField label={t('Name')} value={name} onChange={setName} maxLength={200} placeholder={t('The year 2013')} />
      <Checkbox isSelected={reuse} onChange={setReuse}>
        {t('Take over work that was done before')}
      </Checkbox>
      <div aria-live="polite" className={styles.forecast}>
        {preview.data && (
          <>
            <p>
              {t('{n, plural, one {One run} other {# runs}}: {first} to {last}', {
                n: preview.data.count,
                first: format(preview.data.first),
                last: format(preview.data.last),
              })}
            </p>
            {Object.keys(preview.data.parameters).length > 0 && (
              <p className={styles.muted}>
                {t('The first with')}{' '}
                <code>
                  {Object.entries(preview.data.parameters)
                    .map(([key, value]) => `${key}=${valueText(value)}`)
                    .join('  ')}
                </code>
              </p>
            )}
          </>
        )}
      </div>
    </FormDialog>
  );
}

/** What would be run, asked once the typing rests; null asks nothing. */
function usePreview(pipeline: string | null, body: Backfill) {
  const text = JSON.stringify(body);
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 250);
    return () => clearTimeout(timer);
  }, [text]);
  const asked = JSON.parse(settled) as Backfill;
  const whole = pipeline && asked.from && asked.until;
  const { data, problem } = useCall(routes.previewBackfill, whole ? { params: { pipeline }, body: asked } : null);
  return { data: problem || !whole ? undefined : data, problem: whole ? problem : null };
}
