/**
 * Decides what counts as evidence of how an attempt ended: what was measured and told, as data, each with its sentence. Nothing here
 * is guessed; where a fact is not on record it is not among the evidence.
 */
import * as z from 'zod';
import { spellBytes, spellMs } from '../amounts.ts';

/** What whoever carried an attempt out knows of its end, beside its error. It is kept with the error, and code cannot put it there. */
export const KnownOfEnd = z.object({
  /** The limit that was hit. */
  memoryBytes: z.int().optional(),
  timeoutMs: z.int().optional(),
  diskBytes: z.int().optional(),
  secret: z.string().optional(),
  input: z.object({ port: z.string(), sha256: z.string(), condition: z.enum(['missing', 'damaged']) }).optional(),
  lastBeatAt: z.string().nullish(),
});
export type KnownOfEnd = z.infer<typeof KnownOfEnd>;

/** Each with its sentence. */
const text = z.string();
export const Evidence = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('exit_code'), exitCode: z.int(), text }),
    z.object({ kind: z.literal('signal'), signal: z.string(), text }),
    z.object({
      kind: z.literal('memory'),
      peakBytes: z.int().nullable(),
      limitBytes: z.int().nullable().meta({ description: 'What it may use, where that is on record.' }),
      text,
    }),
    z.object({ kind: z.literal('time'), tookMs: z.number().nullable(), limitMs: z.int(), text }),
    z.object({ kind: z.literal('start'), limitMs: z.int(), text }),
    z.object({ kind: z.literal('run_time'), limitMs: z.int(), text }),
    z.object({ kind: z.literal('disk'), limitBytes: z.int(), text }),
    z.object({ kind: z.literal('heartbeat'), at: z.string().nullable(), losses: z.int(), text }),
    z.object({ kind: z.literal('line'), line: z.int(), column: z.int().nullable(), text }),
    z.object({ kind: z.literal('module'), module: z.string(), text }),
    z.object({
      kind: z.literal('column'),
      column: z.string(),
      known: z.array(z.string()).meta({ description: 'The columns that arrived, the first twenty.' }),
      text,
    }),
    z.object({
      kind: z.literal('input'),
      port: z.string(),
      sha256: z.string(),
      condition: z.enum(['missing', 'damaged']),
      text,
    }),
    z.object({ kind: z.literal('secret'), name: z.string(), text }),
    z.object({ kind: z.literal('items'), total: z.int(), failed: z.int(), first: z.int().nullable(), text }),
    z.object({ kind: z.literal('child'), run: z.int(), text }),
    z.object({ kind: z.literal('cause'), node: z.string(), name: z.string(), text }),
  ])
  .meta({ id: 'Evidence' });
export type Evidence = z.infer<typeof Evidence>;
type Untold<T> = T extends unknown ? Omit<T, 'text'> : never;
export type Fact = Untold<Evidence>;

export function spellFact(one: Fact): string {
  switch (one.kind) {
    case 'exit_code':
      return `Exit code ${one.exitCode}`;
    case 'signal':
      return `Ended by the signal ${one.signal}`;
    case 'memory':
      return one.peakBytes === null
        ? `Memory limit ${spellBytes(one.limitBytes ?? 0)}`
        : `Held ${spellBytes(one.peakBytes)} at most${one.limitBytes === null ? '' : `, of ${spellBytes(one.limitBytes)}`}`;
    case 'time':
      return one.tookMs === null
        ? `Time limit ${spellMs(one.limitMs)}`
        : `Took ${spellMs(one.tookMs)}, of ${spellMs(one.limitMs)}`;
    case 'start':
      return `May wait ${spellMs(one.limitMs)} for its start`;
    case 'run_time':
      return `The run may take ${spellMs(one.limitMs)}`;
    case 'disk':
      return `May write ${spellBytes(one.limitBytes)}`;
    case 'heartbeat':
      return `${one.at === null ? 'Nothing is known of its worker' : `Last sign of life of its worker at ${one.at.slice(11, 19)} UTC`}${one.losses > 1 ? `; lost ${one.losses} times` : ''}`;
    case 'line':
      return `Line ${one.line} of its code`;
    case 'module':
      return `No module “${one.module}”`;
    case 'column':
      return `No column “${one.column}” among ${one.known.length === 0 ? 'what arrived' : one.known.join(', ')}`;
    case 'input':
      return `The input “${one.port}” is ${one.condition}`;
    case 'secret':
      return `The secret ${one.name} is not set`;
    case 'items':
      return `${one.failed} of ${one.total} items failed${one.first === null ? '' : `, item ${one.first} first`}`;
    case 'child':
      return `Run ${one.run}, which it started`;
    case 'cause':
      return `“${one.name}” did not succeed`;
  }
}
