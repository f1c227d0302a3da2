/** Asks for the parameters of runs that start by themselves: a value, a part of the time that a run was due at, or of the message. */
import { canonical, type Json } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import type { PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { BodyValue, isFromBody } from '@drawloom/shared/trigger/message.ts';
import { isNominal, type NominalPart, NominalValue, withNominal } from '@drawloom/shared/trigger/nominal.ts';
import { ParameterValue } from '../../inspector/ParameterEditor.tsx';
import { Select, TextField } from '../../ui/fields.tsx';
import { t } from '../../words/index.ts';
import styles from './TriggersPage.module.css';

export type Values = Record<string, Json>;
export interface Sample {
  at: string;
  timeZone: string;
}

export function ParameterFields(props: {
  parameters: Readonly<Record<string, PipelineParameter>>;
  values: Values;
  onChange: (change: (before: Values) => Values) => void;
  /** A nominal time, to show what comes of it. */
  sample: Sample | null;
  /** There is something to take values from, and no times: a message, what is new, or what a sensor wants. */
  messages?: 'message' | 'data' | 'sensor' | undefined;
  /** Tells of values that are missing, too. */
  asked: boolean;
}) {
  const { parameters, values, sample } = props;
  const mistakes = mistakesIn(parameters, values, sample, props.messages === 'sensor');
  const set = (name: string, value: Json | undefined) =>
    props.onChange((before) => {
      const { [name]: _, ...rest } = before;
      return value === undefined || value === parameters[name]?.default ? rest : { ...rest, [name]: value };
    });
  return (
    <>
      {inOrder(parameters).map(([name, parameter]) => {
        const value = values[name];
        const label = parameter.title ?? name;
        const mistake = props.asked || value !== undefined ? (mistakes.get(name) ?? null) : null;
        const sources = props.messages ? messageSources(value) : sourcesFor(parameter, value);
        const taken = isFromBody(value) ? message : isNominal(value) ? canonical(value) : fixed;
        return (
          <div key={name} className={styles.parameter}>
            {sources.length > 1 && (
              <Select
                label={t('{name} is taken from', { name: label })}
                value={taken}
                options={sources.map(({ id, text }) => ({ id, text }))}
                onChange={(id) =>
                  set(
                    name,
                    id === fixed
                      ? undefined
                      : id === message
                        ? { $body: placeFor(props.messages, name) }
                        : (JSON.parse(id) as Json),
                  )
                }
                {...(isNominal(value) ? { mistake, hint: sampleText(value, sample) } : {})}
              />
            )}
            {taken === message && (
              <TextField
                label={t('Place of {name} in the message', { name: label })}
                mono
                value={placeOf(value)}
                onChange={(place) => set(name, { $body: place })}
                maxLength={500}
                mistake={mistake}
                hint={
                  props.messages === 'sensor'
                    ? t('/key is the key of the run, /parameters/day is “day” among its parameters.')
                    : parameter.default === undefined
                      ? props.messages === 'data'
                        ? t('/changed/sha256, /changed/run, or /inputs/0/name of the first input.')
                        : t('/data/day is "day" in "data". A message without it is refused.')
                      : t('/data/day is "day" in "data". Without it the default is taken.')
                }
              />
            )}
            {taken === fixed && (
              <ParameterValue
                parameter={parameter}
                label={label}
                {...(parameter.description ? { hint: parameter.description } : {})}
                isRequired={parameter.default === undefined && props.messages !== 'sensor'}
                value={value ?? parameter.default}
                mistake={mistake}
                onChange={(next) => set(name, next)}
              />
            )}
          </div>
        );
      })}
    </>
  );
}

/** What is wrong with the values, by the parameter's name. */
export function mistakesIn(
  parameters: Readonly<Record<string, PipelineParameter>>,
  values: Values,
  sample: Sample | null,
  /** What is not given here may come with each run, as a sensor gives it. */
  mayCome: boolean,
): Map<string, string> {
  const filled = withNominal(values, Date.parse(sample?.at ?? '2024-01-31T12:00:00Z'), sample?.timeZone ?? 'UTC');
  const bound = bindPipeline(parameters, filled);
  const mistakes = new Map<string, string>();
  for (const one of 'problems' in bound ? bound.problems : []) {
    const name = one.at.split('/')[2] ?? '';
    if (mayCome && one.code === 'parameter_missing') continue;
    // What a message will hold is not known yet; where it is to be looked for is.
    const place = isFromBody(values[name]) ? BodyValue.safeParse(values[name]) : null;
    if (!place) mistakes.set(name, one.message);
    else if (!place.success) mistakes.set(name, place.error.issues[0]!.message);
  }
  return mistakes;
}

function placeFor(messages: 'message' | 'data' | 'sensor' | undefined, name: string): string {
  if (messages === 'data') return '/changed/sha256';
  return messages === 'sensor' ? `/parameters/${name}` : `/data/${name}`;
}

const fixed = 'fixed';
const message = 'message';
interface Source {
  id: string;
  text: string;
}

/** Where a parameter's value may come from; the one it comes from now is among them. */
function sourcesFor(parameter: PipelineParameter, value: Json | undefined): Source[] {
  const parts = parameter.choices ? [] : partsFor(parameter.type);
  const sources = [
    { id: fixed, text: t('A fixed value') },
    ...parts.map((part) => ({ id: canonical(part.value), text: part.text })),
  ];
  if (isNominal(value) && !sources.some(({ id }) => id === canonical(value)))
    sources.push({ id: canonical(value), text: canonical(value) });
  return sources;
}

function messageSources(value: Json | undefined): Source[] {
  const sources = [
    { id: fixed, text: t('A fixed value') },
    { id: message, text: t('A place in the message') },
  ];
  if (isNominal(value)) sources.push({ id: canonical(value), text: valueText(value!) });
  return sources;
}

const placeOf = (value: Json | undefined): string => String((value as { $body?: unknown }).$body ?? '');

function partsFor(type: PipelineParameter['type']): { value: NominalValue; text: string }[] {
  const part = ($nominal: NominalPart, text: string, shift: { months?: number; days?: number } = {}) => ({
    value: { $nominal, ...shift },
    text,
  });
  const days = [
    part('date', t('The day it is due')),
    part('date', t('The day before it is due'), { days: -1 }),
    part('weekStart', t('The Monday of its week')),
    part('monthStart', t('The first day of its month')),
    part('monthEnd', t('The last day of its month')),
    part('monthStart', t('The first day of the month before'), { months: -1 }),
    part('monthEnd', t('The last day of the month before'), { months: -1 }),
  ];
  switch (type) {
    case 'date':
      return days;
    case 'datetime':
      return [part('time', t('The time it is due'))];
    case 'string':
      return [
        part('time', t('The time it is due')),
        part('yearMonth', t('The month it is due, as 2026-01')),
        part('yearMonth', t('The month before, as 2026-01'), { months: -1 }),
        ...days,
      ];
    case 'integer':
    case 'number':
      return [
        part('year', t('The year it is due')),
        part('month', t('The month it is due, 1 to 12')),
        part('day', t('The day of the month it is due')),
        part('year', t('The year of the month before'), { months: -1 }),
        part('month', t('The month before, 1 to 12'), { months: -1 }),
      ];
    default:
      return [];
  }
}

/** A value as a card shows it: a part of the nominal time in words where there are some. */
export function valueText(value: Json): string {
  if (isFromBody(value)) return t('{place} of the message', { place: placeOf(value) || '/' });
  if (!isNominal(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const all = (['string', 'integer'] as const).flatMap((type) => partsFor(type));
  return all.find((part) => canonical(part.value) === canonical(value))?.text ?? canonical(value);
}

function sampleText(value: Json | undefined, sample: Sample | null): string {
  if (!sample || !NominalValue.safeParse(value).success) return '';
  const { it } = withNominal({ it: value! }, Date.parse(sample.at), sample.timeZone);
  return t('The next time: {value}', { value: String(it) });
}
