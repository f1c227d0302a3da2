/** Asks when a schedule falls due: by a cron expression, every so often, or on days of the calendar. */
import {
  CalendarClock,
  type Clock,
  CronClock,
  type DayRule,
  IntervalClock,
  Weekday,
} from '@drawloom/shared/trigger/when.ts';
import { useState } from 'react';
import type { ProblemError } from '../../api/call.ts';
import { Button, Segmented } from '../../ui/Button.tsx';
import { Checkbox, ComboBox, NumberField, Select, TextField } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import { clockSentence, monthName, nthWord, weekdayName } from './clockSentence.ts';
import { cronSentence } from './cronSentence.ts';
import styles from './TriggersPage.module.css';

interface Fields<C extends Clock> {
  clock: C;
  onChange: (clock: C) => void;
  /** What the server says of it, by the place in the clock. */
  mistakeAt: (place: string) => string | null;
}

export function ClockFields(props: { clock: Clock; onChange: (clock: Clock) => void; problem: ProblemError | null }) {
  const { clock, onChange, problem } = props;
  const mistakeAt = (place: string) => {
    const told = problem?.problems?.length ? problem.problems : problem ? [problem] : [];
    return told.find(({ at }) => at.startsWith(`/on/${place}`))?.message ?? null;
  };
  const { timeZone, except, jitterSeconds, catchUpSeconds } = clock;
  const kept = { timeZone, except, jitterSeconds, catchUpSeconds };
  const fields = { onChange, mistakeAt };
  return (
    <>
      <Segmented
        label={t('Kind of schedule')}
        value={clock.kind}
        onChange={(kind) => onChange({ ...fresh(kind), ...kept } as Clock)}
        options={[
          { id: 'cron', text: t('Cron') },
          { id: 'interval', text: t('Interval') },
          { id: 'calendar', text: t('Calendar') },
        ]}
      />
      {clock.kind === 'cron' && <CronFields clock={clock} {...fields} />}
      {clock.kind === 'interval' && <IntervalFields clock={clock} {...fields} />}
      {clock.kind === 'calendar' && <CalendarFields clock={clock} {...fields} />}
      <ComboBox
        label={t('Time zone')}
        value={timeZone}
        onChange={(zone) => onChange({ ...clock, timeZone: zone })}
        options={zones(timeZone)}
        mistake={mistakeAt('timeZone')}
      />
    </>
  );
}

function fresh(kind: Clock['kind']): Clock {
  if (kind === 'cron') return CronClock.parse({ kind, cron: '0 6 * * *' });
  if (kind === 'interval') return IntervalClock.parse({ kind, everySeconds: 3600 });
  return CalendarClock.parse({ kind, at: ['06:00'], days: { workday: 1 } });
}

const examples = () => [
  { cron: '0 * * * *', text: t('Hourly') },
  { cron: '0 6 * * *', text: t('Daily') },
  { cron: '0 6 * * 1-5', text: t('Weekdays') },
  { cron: '0 6 * * 1', text: t('Weekly') },
  { cron: '0 6 1 * *', text: t('Monthly') },
];

function CronFields({ clock, onChange, mistakeAt }: Fields<CronClock>) {
  const { cron } = clock;
  return (
    <>
      <TextField
        label={t('When')}
        mono
        value={cron}
        onChange={(text) => onChange({ ...clock, cron: text })}
        maxLength={200}
        isRequired
        mistake={cron.trim() ? mistakeAt('cron') : t('Say when: minute, hour, day of month, month, day of week.')}
        hint={cronSentence(cron) ?? t('Minute, hour, day of month, month, day of week.')}
        data-testid="trigger-cron"
      />
      <div className={styles.examples}>
        {examples().map((one) => (
          <Button key={one.cron} small onPress={() => onChange({ ...clock, cron: one.cron })}>
            {one.text}
          </Button>
        ))}
      </div>
    </>
  );
}

const units = () => [
  { id: '1', text: t('seconds') },
  { id: '60', text: t('minutes') },
  { id: '3600', text: t('hours') },
  { id: '86400', text: t('days') },
];

function IntervalFields({ clock, onChange, mistakeAt }: Fields<IntervalClock>) {
  const { everySeconds, anchor } = clock;
  const unit = [86_400, 3600, 60, 1].find((seconds) => everySeconds % seconds === 0) ?? 1;
  return (
    <>
      <div className={styles.pair}>
        <NumberField
          label={t('Every')}
          whole
          value={everySeconds / unit}
          minimum={1}
          onChange={(n) => onChange({ ...clock, everySeconds: (n ?? 0) * unit })}
          mistake={mistakeAt('everySeconds')}
          isRequired
        />
        <Select
          label={t('Unit')}
          value={String(unit)}
          options={units()}
          onChange={(id) => onChange({ ...clock, everySeconds: (everySeconds / unit) * Number(id) })}
        />
      </div>
      <TextField
        label={t('Counted from')}
        mono
        value={anchor}
        onChange={(text) => onChange({ ...clock, anchor: text })}
        mistake={mistakeAt('anchor')}
        hint={t('An instant at which it falls due, such as 2026-01-31T06:00:00Z.')}
      />
    </>
  );
}

const rules: Record<string, DayRule> = {
  every: { every: 'day' },
  weekdays: { weekdays: ['mon'] },
  monthDays: { monthDays: [1] },
  weekday: { nth: 1, weekday: 'mon' },
  workday: { workday: 1 },
};
const ruleOf = (days: DayRule): string => Object.keys(rules).find((name) => name in days)!;

function CalendarFields({ clock, onChange, mistakeAt }: Fields<CalendarClock>) {
  const { at, days, months } = clock;
  const setDays = (rule: DayRule) => onChange({ ...clock, days: rule });
  return (
    <>
      <Select
        label={t('Days')}
        value={ruleOf(days)}
        onChange={(name) => setDays(rules[name]!)}
        options={[
          { id: 'every', text: t('Every day') },
          { id: 'weekdays', text: t('Days of the week') },
          { id: 'monthDays', text: t('Days of the month') },
          { id: 'weekday', text: t('The nth weekday of the month') },
          { id: 'workday', text: t('The nth working day of the month') },
        ]}
        mistake={mistakeAt('days')}
        hint={clockSentence(clock) ?? ''}
      />
      {'weekdays' in days && (
        <Ticks
          label={t('Days of the week')}
          options={Weekday.options.map((day) => ({ id: day, text: weekdayName(day) }))}
          chosen={days.weekdays}
          onChange={(weekdays) => weekdays.length > 0 && setDays({ weekdays })}
        />
      )}
      {'monthDays' in days && (
        <ListField
          label={t('Days of the month')}
          items={days.monthDays.map(String)}
          onChange={(items) => setDays({ monthDays: items.map(Number) })}
          hint={t('Separated by commas; −1 is the last day.')}
          mistake={mistakeAt('days')}
        />
      )}
      {'weekday' in days && (
        <div className={styles.pair}>
          <NthSelect among={[1, 2, 3, 4, 5, -1]} value={days.nth} onChange={(nth) => setDays({ ...days, nth })} />
          <Select
            label={t('Day of the week')}
            value={days.weekday}
            options={Weekday.options.map((day) => ({ id: day, text: weekdayName(day) }))}
            onChange={(day) => setDays({ ...days, weekday: day as Weekday })}
          />
        </div>
      )}
      {'workday' in days && (
        <NthSelect
          among={[1, 2, 3, 4, 5, 10, -2, -1]}
          value={days.workday}
          onChange={(workday) => setDays({ workday })}
        />
      )}
      <ListField
        label={t('At')}
        items={at}
        onChange={(items) => onChange({ ...clock, at: items })}
        hint={t('Times of day, separated by commas: 06:00, 18:30.')}
        mistake={mistakeAt('at')}
      />
      <Select
        label={t('Months')}
        value={months ? 'some' : 'all'}
        options={[
          { id: 'all', text: t('Every month') },
          { id: 'some', text: t('Certain months') },
        ]}
        onChange={(id) => {
          const { months: _, ...rest } = clock;
          onChange(id === 'some' ? { ...rest, months: [1, 4, 7, 10] } : rest);
        }}
      />
      {months && (
        <Ticks
          label={t('Months')}
          options={Array.from({ length: 12 }, (_, index) => ({ id: index + 1, text: monthName(index + 1) }))}
          chosen={months}
          onChange={(some) => some.length > 0 && onChange({ ...clock, months: some })}
        />
      )}
    </>
  );
}

function NthSelect(props: { among: readonly number[]; value: number; onChange: (nth: number) => void }) {
  const all = [...new Set([...props.among, props.value])];
  return (
    <Select
      label={t('Which')}
      value={String(props.value)}
      options={all.map((nth) => ({ id: String(nth), text: nthWord(nth) }))}
      onChange={(id) => props.onChange(Number(id))}
    />
  );
}

function Ticks<Id extends string | number>(props: {
  label: string;
  options: readonly { id: Id; text: string }[];
  chosen: readonly Id[];
  onChange: (chosen: Id[]) => void;
}) {
  return (
    <fieldset className={styles.ticks}>
      <legend>{props.label}</legend>
      {props.options.map(({ id, text }) => (
        <Checkbox
          key={id}
          isSelected={props.chosen.includes(id)}
          onChange={(on) =>
            props.onChange(
              props.options.map((one) => one.id).filter((one) => (one === id ? on : props.chosen.includes(one))),
            )
          }
        >
          {text}
        </Checkbox>
      ))}
    </fieldset>
  );
}

/** Several short texts in one line. */
export function ListField(props: {
  label: string;
  items: readonly string[];
  onChange: (items: string[]) => void;
  hint: string;
  mistake: string | null;
}) {
  const [text, setText] = useState(props.items.join(', '));
  return (
    <TextField
      label={props.label}
      mono
      value={text}
      onChange={(typed) => {
        setText(typed);
        props.onChange(
          typed
            .split(',')
            .map((item) => item.trim())
            .filter((item) => item !== ''),
        );
      }}
      hint={props.hint}
      mistake={props.mistake}
    />
  );
}

function zones(now: string): { id: string; text: string }[] {
  const names = new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), now]);
  return [...names].map((id) => ({ id, text: id.replaceAll('_', ' ') }));
}
