/**
 * Decides what a dict beside an annotation may say of a form field: known words, each with a value of its kind. Code of a stranger is
 * read before anybody accepts it, on the server and in browsers: so no regular expression, no reference, no schema of its own.
 * `drawloom._signature` says the same in Python.
 */
import type { Json } from '../../json.ts';
import type { Schema } from './types.ts';

const isText = (value: Json): boolean => typeof value === 'string' && value.length <= 2000;
const isNumber = (value: Json): boolean => typeof value === 'number';
const isCount = (value: Json): boolean => Number.isSafeInteger(value) && (value as number) >= 0;
/** What a step is a fraction of must still be countable in it. */
const isStep = (value: Json): boolean => typeof value === 'number' && value >= 1e-9 && value <= 1e15;
const isSwitch = (value: Json): boolean => typeof value === 'boolean';
const isChoice = (value: Json): boolean =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.length <= 1000 &&
  value.every((one) => one === null || typeof one !== 'object');
const formats = new Set<Json>(['date', 'date-time', 'time', 'duration', 'email', 'uri', 'uuid']);

const words: Record<string, (value: Json) => boolean> = {
  title: isText,
  description: isText,
  widget: isText,
  of: isText,
  language: isText,
  group: isText,
  advanced: isSwitch,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: isStep,
  minLength: isCount,
  maxLength: isCount,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: isSwitch,
  enum: isChoice,
  examples: isChoice,
  format: (value) => formats.has(value),
};

/** What else the dict holds is passed over. */
export const hintsIn = (note: { [key: string]: Json }): Schema =>
  Object.fromEntries(Object.entries(note).filter(([word, value]) => Object.hasOwn(words, word) && words[word]!(value)));
