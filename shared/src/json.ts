/** Decides what JSON the house accepts and how it is written down so that equal values have equal text. */
import * as z from 'zod';
import type { Problem } from './problem.ts';

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export const Json: z.ZodType<Json> = z.json();

/** What a document may cost to read. Measured in UTF-16 units, levels and values, before anything is built from it. */
export interface JsonLimits {
  maxLength: number;
  maxDepth: number;
  maxValues: number;
}

/**
 * The canonical text of a value: keys sorted by code unit, no white space, numbers as ECMAScript writes them.
 * Equal meaning gives equal bytes, which is what hashes are taken of.
 * throws  TypeError for a number that JSON cannot hold (NaN, infinities) and for undefined inside an array
 */
export function canonical(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${value} has no place in JSON`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`).join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no place in JSON`);
}

/** The same order as `canonical`, indented for people and for line-by-line differences; ends with a line break. */
export const pretty = (value: unknown): string => `${JSON.stringify(JSON.parse(canonical(value)), null, 2)}\n`;

const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);

type Expected =
  | 'a value'
  | 'a value or ]'
  | 'a key'
  | 'a key or }'
  | 'a colon'
  | 'a comma or the end of this level'
  | 'nothing more';
const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids bare control characters in text, and so does this
  /\s*(?:([{}[\]:,])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null))/y;

/**
 * Reads JSON from somebody else. One pass over its tokens refuses what `JSON.parse` would swallow or choke on: nesting that
 * overflows the stack later, keys given twice (the last would silently win), keys that reach the prototype.
 * Answers a value, or the one problem that stopped it with line and column, the same in every engine.
 */
export function parseJson(text: string, limits: JsonLimits): { value: Json } | { problem: Problem } {
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  const wrong = examine(source, limits);
  if (!wrong) return { value: JSON.parse(source) as Json };
  const message = `${wrong.message} (${place(source, wrong.index)}).`;
  return { problem: { code: wrong.code, message, at: '', severity: 'error' } };
}

interface Wrong {
  code: string;
  message: string;
  index: number;
}

/** The first thing wrong with a text, or null when it is JSON within the limits. */
function examine(source: string, limits: JsonLimits): Wrong | null {
  if (source.length > limits.maxLength)
    return {
      code: 'json_too_long',
      message: `The text has ${source.length} characters, and ${limits.maxLength} are allowed`,
      index: 0,
    };
  const levels: (Set<string> | null)[] = []; // per level the keys seen, null in an array
  let expected: Expected = 'a value';
  let values = 0;
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const found = token.exec(source);
    const start = found ? at + found[0].length - found[0].trimStart().length : skipSpace(source, at);
    if (!found && expected === 'nothing more' && start === source.length) return null;
    const malformed: Wrong = {
      code: 'json_malformed',
      message: `The text is not JSON: expected ${expected}, found ${start < source.length ? JSON.stringify(source.slice(start, start + 20)) : 'its end'}`,
      index: start,
    };
    if (!found) return malformed;
    at = token.lastIndex;
    const [, mark, string] = found;
    const isValue = mark === '{' || mark === '[' || (mark === undefined && !(string && expected.startsWith('a key')));
    if (isValue) {
      if (!expected.startsWith('a value')) return malformed;
      if (++values > limits.maxValues)
        return { code: 'json_too_many', message: `The text holds more than ${limits.maxValues} values`, index: start };
    }
    if (mark === '{' || mark === '[') {
      levels.push(mark === '{' ? new Set() : null);
      expected = mark === '{' ? 'a key or }' : 'a value or ]';
      if (levels.length > limits.maxDepth)
        return {
          code: 'json_too_deep',
          message: `The text is nested more than ${limits.maxDepth} levels deep`,
          index: start,
        };
    } else if (mark === ':') {
      if (expected !== 'a colon') return malformed;
      expected = 'a value';
    } else if (mark === ',') {
      if (expected !== 'a comma or the end of this level') return malformed;
      expected = levels.at(-1) ? 'a key' : 'a value';
    } else if (string !== undefined && !isValue) {
      const repeated = checkKey(JSON.parse(string) as string, levels.at(-1)!);
      if (repeated) return { ...repeated, index: start };
      expected = 'a colon';
    } else {
      if (mark && !(endsHere(expected, mark) && (levels.pop() === null) === (mark === ']'))) return malformed;
      expected = levels.length > 0 ? 'a comma or the end of this level' : 'nothing more';
    }
  }
}

const endsHere = (expected: Expected, mark: string) =>
  expected === 'a comma or the end of this level' || expected === (mark === ']' ? 'a value or ]' : 'a key or }');

function checkKey(name: string, seen: Set<string>): { code: string; message: string } | null {
  if (forbiddenKeys.has(name)) return { code: 'json_key', message: `The key "${name}" is not allowed` };
  if (seen.has(name))
    return { code: 'json_duplicate_key', message: `The key "${name}" is given twice in one object; keep one` };
  seen.add(name);
  return null;
}

function skipSpace(source: string, from: number): number {
  let index = from;
  while (index < source.length && source.charCodeAt(index) <= 0x20) index++;
  return index;
}

function place(text: string, index: number): string {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  return `line ${line}, column ${index - before.lastIndexOf('\n')}`;
}

/** A JSON pointer (RFC 6901) from its parts. */
export const pointer = (...parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** What stands at the place that a JSON pointer names; undefined where nothing does. */
export function valueAt(value: Json, at: string): Json | undefined {
  let here: Json | undefined = value;
  for (const part of at.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(here)) here = /^(0|[1-9]\d*)$/.test(key) ? here[Number(key)] : undefined;
    else if (typeof here === 'object' && here !== null) here = Object.hasOwn(here, key) ? here[key] : undefined;
    else return undefined;
  }
  return here;
}
