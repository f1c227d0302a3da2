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

/**
 * Reads JSON from somebody else. One pass over the text refuses what `JSON.parse` would swallow or choke on: nesting that
 * overflows the stack later, keys given twice (the last would silently win), keys that reach the prototype.
 * Answers a value, or the one problem that stopped it with line and column.
 */
export function parseJson(text: string, limits: JsonLimits): { value: Json } | { problem: Problem } {
  const fail = (code: string, message: string, index: number) => ({
    problem: { code, message: `${message} (${place(text, index)}).`, at: '', severity: 'error' as const },
  });
  const source = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (source.length > limits.maxLength)
    return fail('json_too_long', `The text has ${source.length} characters, and ${limits.maxLength} are allowed`, 0);
  const keys: (Set<string> | null)[] = [];
  let values = 0;
  for (let index = 0; index < source.length; index++) {
    const char = source.charCodeAt(index);
    if (char === 0x7b || char === 0x5b) {
      keys.push(char === 0x7b ? new Set() : null);
      if (keys.length > limits.maxDepth)
        return fail('json_too_deep', `The text is nested more than ${limits.maxDepth} levels deep`, index);
    } else if (char === 0x7d || char === 0x5d) keys.pop();
    else if (char === 0x2c || char === 0x3a) {
      if (++values > limits.maxValues)
        return fail('json_too_many', `The text holds more than ${limits.maxValues} values`, index);
    } else if (char === 0x22) {
      const start = index;
      for (index++; index < source.length && source.charCodeAt(index) !== 0x22; index++)
        if (source.charCodeAt(index) === 0x5c) index++;
      const names = keys.at(-1);
      if (names && followedByColon(source, index + 1)) {
        const name = keyOf(source.slice(start, index + 1));
        if (forbiddenKeys.has(name)) return fail('json_key', `The key "${name}" is not allowed`, start);
        if (names.has(name))
          return fail('json_duplicate_key', `The key "${name}" is given twice in one object; keep one`, start);
        names.add(name);
      }
    }
  }
  try {
    return { value: JSON.parse(source) as Json };
  } catch (error) {
    const index = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? source.length);
    return fail('json_malformed', `The text is not JSON: ${(error as Error).message.split(' in JSON')[0]}`, index);
  }
}

function followedByColon(source: string, from: number): boolean {
  let index = from;
  while (index < source.length && source.charCodeAt(index) <= 0x20) index++;
  return source.charCodeAt(index) === 0x3a;
}

function keyOf(literal: string): string {
  try {
    return JSON.parse(literal) as string;
  } catch {
    return literal;
  }
}

function place(text: string, index: number): string {
  const before = text.slice(0, index);
  const line = before.split('\n').length;
  return `line ${line}, column ${index - before.lastIndexOf('\n')}`;
}

/** A JSON pointer (RFC 6901) from its parts. */
export const pointer = (...parts: readonly (string | number)[]): string =>
  parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
