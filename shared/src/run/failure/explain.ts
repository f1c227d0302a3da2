/**
 * Decides what is said of whatever did not succeed: why in a sentence, what shows it, and what to do now. The one place for it: the
 * API answers it, and the command line and the page of a run show what it answers.
 */
import * as z from 'zod';
import { AttemptReason } from '../status.ts';
import { Evidence, type Fact, type KnownOfEnd, spellFact } from './evidence.ts';
import { missingColumn, missingModule, nearest, packageOf } from './missing.ts';
import { NextStep, type Step, spellStep } from './steps.ts';

export const Failure = z
  .object({
    reason: AttemptReason,
    summary: z.string().meta({ description: 'Why, in a sentence that holds for every failure of this reason.' }),
    evidence: z.array(Evidence),
    steps: z
      .array(NextStep)
      .meta({ description: 'What to do now, the likeliest first; each of a closed list of kinds.' }),
  })
  .meta({ id: 'Failure' });
export type Failure = z.infer<typeof Failure>;

/** What is on record of an attempt that ended, or of a node run that never had one. */
export interface Ended {
  reason: AttemptReason;
  error: { type: string; message: string; line: number | null; column: number | null } | null;
  known: KnownOfEnd | null;
  exitCode: number | null;
  signal: string | null;
  wallMs: number | null;
  peakMemoryBytes: number | null;
  /** The limits that its node has; the attempt itself may know the one that was hit, also where that is the house's own. */
  limits: { memoryBytes: number | null; queueTimeoutMs: number | null };
  losses: number;
  /** Columns of the tables that arrived. */
  columns: readonly string[];
  child: number | null;
  items: { total: number; failed: number; first: number | null } | null;
  cause: { node: string; name: string } | null;
  /** The limit of its run, where that is what ended it. */
  runTimeoutMs: number | null;
}

export const summaries: Readonly<Record<AttemptReason, string>> = {
  ok: 'It did well.',
  user_error: 'Its code raised an error.',
  bad_output: 'It gave something else than it declares.',
  bad_input: 'What arrived, or what is set, cannot be used.',
  timeout: 'It did not end within its time limit.',
  queue_timeout: 'It could have begun, and did not within its limit.',
  oom: 'It needed more memory than it may use.',
  disk_full: 'There was no room left for what it wrote.',
  killed: 'Something outside of Drawloom, or a fault in compiled code, ended its process.',
  lost: 'Its worker went away.',
  infra: 'It could not be started or recorded; the fault is not in the node.',
  cancelled: 'It was stopped.',
  child_failed: 'The run that it started failed, or was stopped.',
  items_failed: 'Too many of the items that it goes through failed.',
  rejected: 'Somebody who was asked to approve said no.',
  expired: 'Nobody approved in time.',
  upstream_failed: 'Something before it failed.',
  not_taken: 'It was not meant to run.',
  parked: 'It waits for something that needs no worker.',
};

/** Null for what is no failure. */
export function explain(end: Ended): Failure | null {
  if (end.reason === 'ok' || end.reason === 'parked' || end.reason === 'not_taken') return null;
  const evidence = evidenceOf(end);
  return {
    reason: end.reason,
    summary:
      end.runTimeoutMs === null ? summaries[end.reason] : 'It was stopped, because its run reached its time limit.',
    evidence: evidence.map((one) => ({ ...one, text: spellFact(one) })),
    steps: stepsOf(end, evidence).map((step) => ({ ...step, text: spellStep(step) })),
  };
}

function evidenceOf(end: Ended): Fact[] {
  const { reason, error, known } = end;
  const found: Fact[] = [];
  if (end.cause) found.push({ kind: 'cause', ...end.cause });
  if (end.runTimeoutMs !== null) found.push({ kind: 'run_time', limitMs: end.runTimeoutMs });
  if (known?.timeoutMs !== undefined) found.push({ kind: 'time', tookMs: end.wallMs, limitMs: known.timeoutMs });
  if (reason === 'queue_timeout' && end.limits.queueTimeoutMs !== null)
    found.push({ kind: 'start', limitMs: end.limits.queueTimeoutMs });
  if (known?.diskBytes !== undefined) found.push({ kind: 'disk', limitBytes: known.diskBytes });
  if (known?.secret !== undefined) found.push({ kind: 'secret', name: known.secret });
  if (known?.input !== undefined) found.push({ kind: 'input', ...known.input });
  if (reason === 'lost') found.push({ kind: 'heartbeat', at: known?.lastBeatAt ?? null, losses: end.losses });
  if (reason === 'items_failed' && end.items) found.push({ kind: 'items', ...end.items });
  if (reason === 'child_failed' && end.child !== null) found.push({ kind: 'child', run: end.child });
  if (error) {
    const module = missingModule(error);
    if (module !== null) found.push({ kind: 'module', module });
    const column = missingColumn(error, end.columns);
    if (column !== null) found.push({ kind: 'column', column, known: end.columns.slice(0, 20) });
    if (error.line !== null) found.push({ kind: 'line', line: error.line, column: error.column });
  }
  const limitBytes = known?.memoryBytes ?? end.limits.memoryBytes;
  if (end.peakMemoryBytes !== null || reason === 'oom')
    if (end.peakMemoryBytes !== null || limitBytes !== null)
      found.push({ kind: 'memory', peakBytes: end.peakMemoryBytes, limitBytes });
  if (end.signal !== null) found.push({ kind: 'signal', signal: end.signal });
  else if (end.exitCode !== null && end.exitCode !== 0) found.push({ kind: 'exit_code', exitCode: end.exitCode });
  return found;
}

/** What documents may say at most; a limit there is not worth raising. */
const most = { memoryBytes: 2 ** 44, diskBytes: 2 ** 44, timeoutMs: 7 * 86_400_000, runTimeoutMs: 30 * 86_400_000 };

function stepsOf(end: Ended, evidence: readonly Fact[]): Step[] {
  const seen = <K extends Fact['kind']>(kind: K) =>
    evidence.find((one): one is Extract<Fact, { kind: K }> => one.kind === kind);
  const line = seen('line');
  const code: Step[] = line ? [{ kind: 'open_code', line: line.line }] : [];
  const log: Step[] = end.exitCode !== null || end.signal !== null ? [{ kind: 'open_log' }] : [];
  const again: Step[] = [{ kind: 'rerun_failed' }];
  switch (end.reason) {
    case 'user_error': {
      const module = seen('module')?.module;
      const column = seen('column');
      const meant = column && nearest(column.column, end.columns);
      return [
        ...(module === undefined ? [] : [{ kind: 'install_package' as const, package: packageOf(module), module }]),
        ...(column && meant ? [{ kind: 'rename_column' as const, from: column.column, to: meant }] : []),
        ...code,
        ...log,
      ];
    }
    case 'bad_output':
      return [...code, ...log];
    case 'bad_input': {
      const secret = seen('secret');
      return secret ? [{ kind: 'set_secret', name: secret.name }, ...again] : seen('input') ? again : code;
    }
    case 'oom': {
      const memory = seen('memory');
      const held = Math.max(memory?.limitBytes ?? 0, memory?.peakBytes ?? 0);
      return held > 0 && held < most.memoryBytes
        ? [{ kind: 'raise_memory', memoryBytes: Math.min(most.memoryBytes, doubled(held, 2 ** 20)) }, ...code]
        : code;
    }
    case 'timeout': {
      const limit = seen('time')?.limitMs;
      return limit !== undefined && limit < most.timeoutMs
        ? [{ kind: 'raise_time_limit', timeoutMs: Math.min(most.timeoutMs, doubled(limit, 1)) }, ...log]
        : log;
    }
    case 'queue_timeout': {
      const limit = seen('start')?.limitMs;
      return [
        { kind: 'add_worker' },
        ...(limit !== undefined && limit < most.timeoutMs
          ? [{ kind: 'raise_start_limit' as const, queueTimeoutMs: Math.min(most.timeoutMs, doubled(limit, 1)) }]
          : []),
        ...again,
      ];
    }
    case 'disk_full': {
      const limit = seen('disk')?.limitBytes;
      return limit === undefined
        ? [{ kind: 'free_space' }, ...again]
        : limit < most.diskBytes
          ? [{ kind: 'raise_disk_limit', diskBytes: Math.min(most.diskBytes, doubled(limit, 2 ** 20)) }]
          : [];
    }
    case 'killed':
      return [...log, { kind: 'look_at_worker' }, ...again];
    case 'rejected':
    case 'expired':
      return again;
    case 'lost':
    case 'infra':
      return [...again, { kind: 'look_at_worker' }];
    case 'cancelled':
      return end.runTimeoutMs !== null && end.runTimeoutMs < most.runTimeoutMs
        ? [{ kind: 'raise_run_limit', timeoutMs: Math.min(most.runTimeoutMs, doubled(end.runTimeoutMs, 1)) }, ...again]
        : again;
    case 'child_failed': {
      const child = seen('child');
      return child ? [{ kind: 'open_run', run: child.run }] : again;
    }
    case 'items_failed': {
      const first = seen('items')?.first;
      return first ? [{ kind: 'open_item', mapIndex: first }, ...again] : again;
    }
    case 'upstream_failed':
      return end.cause ? [{ kind: 'open_node', ...end.cause }] : [];
    default:
      return [];
  }
}

/** Twice as much, in whole units. */
const doubled = (amount: number, unit: number): number => Math.ceil((2 * amount) / unit) * unit;
