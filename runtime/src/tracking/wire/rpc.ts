/** Decides how one call of MLflow's protocol is declared, and how its fields are read, from a body or from a query. */
import type { Action } from '@drawloom/shared/api/access.ts';
import * as z from 'zod';
import type { Admitted } from './gate.ts';
import { invalidValue } from './mistake.ts';

export interface WireCall<F> extends Admitted {
  fields: F;
}

export interface Rpc {
  /** As `METHOD path`, the path below `/mlflow/`; several where the protocol has several. */
  places: readonly string[];
  /** The digit in the path that clients use for it. */
  version: '2.0' | '3.0';
  /** What the caller must be allowed to do in the project. */
  action: Action;
  fields: z.ZodObject;
  /** Kept in the audit, as the one that changes more than a run's own record. */
  audited: boolean;
  /** What is answered as JSON, or an answer in parts where it may be long. */
  work: (call: WireCall<never>) => Promise<object>;
}

export const rpc = <F extends z.ZodObject>(
  places: string | readonly string[],
  {
    action,
    fields,
    version = '2.0',
    audited = false,
    work,
  }: {
    action: Action;
    fields: F;
    version?: Rpc['version'];
    audited?: boolean;
    work: (call: WireCall<z.output<F>>) => Promise<object>;
  },
): Rpc => ({
  places: typeof places === 'string' ? [places] : places,
  version,
  action,
  fields,
  audited,
  work: work as Rpc['work'],
});

/** The fields of a call; those in its path go before others of that name. What is not declared is passed over: newer clients send more. */
export function readFields(schema: z.ZodObject, raw: unknown, inPath: Record<string, string> = {}): never {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw))
    throw invalidValue('The body must be a JSON object.');
  // A client that has no value for a field may say so.
  const given = Object.fromEntries(Object.entries({ ...raw, ...inPath }).filter(([, value]) => value !== null));
  const read = schema.safeParse(given);
  if (read.success) return read.data as never;
  const issue = read.error.issues[0]!;
  const [name, ...inside] = issue.path;
  const value = name === undefined ? undefined : (given as Record<string, unknown>)[String(name)];
  if (value === undefined) throw invalidValue(`Missing value for required parameter '${String(name)}'.`);
  const shown = JSON.stringify(value).slice(0, 200);
  throw invalidValue(
    `Invalid value ${shown} for parameter '${String(name)}' supplied${inside.length ? ` (at ${inside.map(String).join('.')})` : ''}: ${issue.message}.`,
  );
}

/** A query as fields: a name that a schema takes several of is a list. */
export function queryFields(schema: z.ZodObject, query: URLSearchParams): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of new Set(query.keys())) {
    const all = query.getAll(name);
    if (all.some((value) => value.includes('\0'))) throw invalidValue(`The parameter '${name}' holds a NUL character.`);
    fields[name] = takesList(schema.shape[name]) ? all : all.at(-1);
  }
  return fields;
}

const takesList = (schema: unknown): boolean => {
  let inner = schema as z.ZodType | undefined;
  while (inner instanceof z.ZodOptional || inner instanceof z.ZodDefault) inner = inner.unwrap() as z.ZodType;
  return inner instanceof z.ZodArray;
};

/** Text; a client may send a number where a number looks like one. */
export const text = z.union([z.string(), z.number().transform(String)]);
/** A whole number of eight bytes, as a number or as text, which is how protobuf writes it. */
export const integer = z
  .union([
    z.number(),
    z
      .string()
      .regex(/^-?\d{1,19}$/)
      .transform(Number),
  ])
  .refine((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 63, 'it must be a whole number of eight bytes');
const words: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
};
export const double = z.union([
  z.number(),
  z
    .string()
    .refine(
      (value) => Object.hasOwn(words, value) || (value.trim() !== '' && !Number.isNaN(Number(value))),
      'it must be a number',
    )
    .transform((value) => words[value] ?? Number(value)),
]);
/** In a query, Python's client writes it with a capital. */
export const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', 'True', 'False']).transform((value) => value.toLowerCase() === 'true'),
]);
export const pair = z.object({ key: text, value: text.default('') });
