/** Decides which values fit a parameter of a pipeline, or a field of a form that is written like one. */
import * as z from 'zod';
import type { PipelineParameter } from './document.ts';

/** What is wrong with a value for a pipeline parameter, as the end of a sentence; null when it fits. */
export function checkParameterValue(parameter: PipelineParameter, value: unknown): string | null {
  const is: Record<PipelineParameter['type'], (v: unknown) => boolean> = {
    string: (v) => typeof v === 'string',
    number: (v) => typeof v === 'number' && Number.isFinite(v),
    integer: (v) => Number.isInteger(v),
    boolean: (v) => typeof v === 'boolean',
    date: (v) => z.iso.date().safeParse(v).success,
    datetime: (v) => z.iso.datetime({ offset: true, local: true }).safeParse(v).success,
  };
  if (!is[parameter.type](value)) return `must be of type ${parameter.type}`;
  if (typeof value === 'number' && parameter.minimum !== undefined && value < parameter.minimum)
    return `must be ${parameter.minimum} or more`;
  if (typeof value === 'number' && parameter.maximum !== undefined && value > parameter.maximum)
    return `must be ${parameter.maximum} or less`;
  if (parameter.choices && !parameter.choices.includes(value as never))
    return `must be one of ${parameter.choices.join(', ')}`;
  return null;
}
