/** Asks when a pipeline is to start by itself and with which parameters; shows the coming times before anything is kept. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Schedule } from '@drawloom/shared/api/schedules.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import type { PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { useEffect, useState } from 'react';
import { call, type ProblemError, problemOf } from '../../api/call.ts';
import { useCall } from '../../api/useCall.ts';
import { ParameterValue } from '../../inspector/ParameterEditor.tsx';
import { Button } from '../../ui/Button.tsx';
import { ComboBox, Select, Switch, TextField } from '../../ui/fields.tsx';
import { Loading, ProblemNotice } from '../../ui/notices.tsx';
import { Dialog } from '../../ui/overlays.tsx';
import { t } from '../../words/index.ts';
import { cronSentence } from './cronSentence.ts';
import { NextTimes, ownTimeZone } from './NextTimes.tsx';
import styles from './SchedulesPage.module.css';

type Values = Record<string, Json>;
const examples = () => [
  { cron: '0 * * * *', text: t('Hourly') },
  { cron: '0 6 * * *', text: t('Daily') },
  { cron: '0 6 * * 1-5', text: t('Weekdays') },
  { cron: '0 6 * * 1', text: t('Weekly') },
  { cron: '0 6 1 * *', text: t('Monthly') },
];

export function ScheduleDialog(props: {
  project: string;
  /** The schedule to change; without it a new one is made. */
  schedule?: Schedule | undefined;
  /** Chosen beforehand, for a new one. */
  pipeline?: string | undefined;
  onClose: () => void;
  onSaved: (schedule: Schedule) => void;
}) {
  const { project, schedule } = props;
  const [pipeline, setPipeline] = useState<string | null>(schedule?.pipeline.id ?? props.pipeline ?? null);
  const [cron, setCron] = useState(schedule?.cron ?? '0 6 * * *');
  const [timeZone, setTimeZone] = useState(schedule?.timeZone ?? ownTimeZone());
  const [values, setValues] = useState<Values>(schedule?.parameters ?? {});
  const [enabled, setEnabled] = useState(schedule?.enabled ?? true);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<ProblemError | null>(null);
  const pipelines = useCall(routes.listPipelines, { params: { project }, query: {} });
  const chosen = useCall(routes.getPipeline, pipeline ? { params: { pipeline } } : null);
  const preview = usePreview(project, cron, timeZone);

  const parameters = chosen.data?.document.parameters ?? {};
  const mistakes = mistakesIn(parameters, values);
  const wrongCron = preview.problem && !preview.problem.at.endsWith('timeZone') ? preview.problem.message : null;
  const wrongZone = preview.problem?.at.endsWith('timeZone') ? preview.problem.message : null;

  const save = async () => {
    setAsked(true);
    if (!pipeline || !chosen.data || mistakes.size > 0 || preview.problem || !cron.trim()) return;
    setBusy(true);
    setProblem(null);
    const body = { cron: cron.trim(), timeZone, enabled, parameters: values };
    try {
      props.onSaved(
        schedule
          ? await call(routes.changeSchedule, { params: { schedule: schedule.id }, body })
          : await call(routes.createSchedule, { params: { pipeline }, body }),
      );
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };
  return (
    <Dialog
      title={schedule ? t('Schedule of “{name}”', { name: schedule.pipeline.name }) : t('New schedule')}
      onClose={props.onClose}
      actions={
        <>
          <Button onPress={props.onClose}>{t('Cancel')}</Button>
          <Button tone="primary" isPending={busy} onPress={() => void save()} data-testid="save-schedule">
            {schedule ? t('Save') : t('Add schedule')}
          </Button>
        </>
      }
    >
      {problem && <ProblemNotice problem={problem} />}
      {!schedule && (
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
          data-testid="schedule-pipeline"
        />
      )}
      <TextField
        label={t('When')}
        mono
        value={cron}
        onChange={setCron}
        maxLength={200}
        isRequired
        mistake={asked && !cron.trim() ? t('Say when: minute, hour, day of month, month, day of week.') : wrongCron}
        hint={cronSentence(cron) ?? t('Minute, hour, day of month, month, day of week.')}
        data-testid="schedule-cron"
      />
      <div className={styles.examples}>
        {examples().map((one) => (
          <Button key={one.cron} small onPress={() => setCron(one.cron)}>
            {one.text}
          </Button>
        ))}
      </div>
      <ComboBox
        label={t('Time zone')}
        value={timeZone}
        onChange={setTimeZone}
        options={zones(timeZone)}
        mistake={wrongZone}
      />
      <section className={styles.preview} aria-label={t('Next five times')}>
        <h3>{t('Next five times')}</h3>
        <div aria-live="polite">
          {preview.next ? (
            <NextTimes times={preview.next} timeZone={timeZone} />
          ) : (
            preview.problem && <p className={styles.muted}>{t('Shown once the schedule can be read.')}</p>
          )}
        </div>
      </section>
      {pipeline && chosen.loading && !chosen.data && <Loading />}
      {chosen.problem && <ProblemNotice problem={chosen.problem} onRetry={chosen.reload} />}
      {Object.keys(parameters).length > 0 && <h3 className={styles.heading}>{t('Parameters')}</h3>}
      {Object.entries(parameters).map(([name, parameter]) => (
        <ParameterValue
          key={`${pipeline} ${name}`}
          parameter={parameter}
          label={parameter.title ?? name}
          {...(parameter.description ? { hint: parameter.description } : {})}
          isRequired={parameter.default === undefined}
          value={values[name] ?? parameter.default}
          mistake={asked || values[name] !== undefined ? (mistakes.get(name) ?? null) : null}
          onChange={(value) =>
            setValues((before) => {
              const { [name]: _, ...rest } = before;
              return value === undefined || value === parameter.default ? rest : { ...rest, [name]: value };
            })
          }
        />
      ))}
      <Switch isSelected={enabled} onChange={setEnabled}>
        {t('Enabled')}
      </Switch>
    </Dialog>
  );
}

/** What is wrong with the values, by the parameter's name. */
function mistakesIn(parameters: Record<string, PipelineParameter>, values: Values): Map<string, string> {
  const bound = bindPipeline(parameters, values);
  return new Map(
    'problems' in bound ? bound.problems.map((one) => [one.at.split('/')[2] ?? '', one.message] as const) : [],
  );
}

function zones(now: string): { id: string; text: string }[] {
  const names = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), now]);
  return [...names].map((id) => ({ id, text: id.replaceAll('_', ' ') }));
}

/** The coming times as the server counts them, asked once the typing rests. */
function usePreview(project: string, cron: string, timeZone: string) {
  const [settled, setSettled] = useState({ cron, timeZone });
  useEffect(() => {
    const timer = setTimeout(() => setSettled({ cron, timeZone }), 250);
    return () => clearTimeout(timer);
  }, [cron, timeZone]);
  const asked = settled.cron.trim() ? { params: { project }, body: { ...settled, cron: settled.cron.trim() } } : null;
  const { data, problem } = useCall(routes.previewSchedule, asked);
  return { next: problem ? undefined : data?.next, problem };
}
