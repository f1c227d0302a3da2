/** Decides from how a process ended, and from what it said before, why its attempt ended. One closed list of reasons, each explained. */
import { spellBytes, spellMs } from '@drawloom/shared/run/amounts.ts';
import type { KnownOfEnd } from '@drawloom/shared/run/failure/evidence.ts';
import type { AttemptReason } from '@drawloom/shared/run/status.ts';
import * as z from 'zod';
import type { AttemptFailure } from './executor.ts';
import type { SlotExit } from './sandbox/slot.ts';

/** How an attempt says that it failed. It comes from the sandbox, so its texts are cut to size. */
export const FailureMessage = z.object({
  reason: z.enum(['user_error', 'bad_output', 'bad_input', 'oom', 'disk_full', 'infra']).catch('user_error'),
  error: z.object({
    type: z
      .string()
      .transform((text) => text.slice(0, 200))
      .catch('Error'),
    message: z
      .string()
      .transform((text) => text.slice(0, 20_000))
      .catch(''),
    traceback: z
      .string()
      .transform((text) => text.slice(0, 60_000))
      .nullish(),
    line: z.int().min(1).nullish().catch(null),
    column: z.int().min(1).nullish().catch(null),
  }),
});
export type FailureMessage = z.infer<typeof FailureMessage>;

export interface Said {
  done: boolean;
  failed: FailureMessage | undefined;
}

export interface Limits {
  timeoutMs: number;
  memoryBytes: number;
  diskBytes: number;
  pids: number;
}

/** An attempt whose log is lost did not do well: what it said is part of what is on record. */
export const logLost: { reason: AttemptReason; error: AttemptFailure } = {
  reason: 'disk_full',
  error: {
    message: 'The log could not be kept: there is no room left on the server. Free some space, then run again.',
  },
};

/** Undefined: it did well, and its outputs decide the rest. */
export function endingOf(
  exit: SlotExit,
  said: Said,
  limits: Limits,
): { reason: AttemptReason; error: AttemptFailure } | undefined {
  const because = (reason: AttemptReason, message: string, known?: KnownOfEnd) => ({
    reason,
    error: { message, ...(known && { known }) },
  });
  switch (exit.killedFor) {
    case undefined:
      break;
    case 'cancelled':
      return because('cancelled', 'It was cancelled.');
    case 'lost':
    case 'drain':
      return because('cancelled', 'Its worker gave it back.');
    case 'timeout':
      return because(
        'timeout',
        `It ran longer than its limit of ${spellMs(limits.timeoutMs)} and was ended. Raise the limit, or make it do less.`,
        { timeoutMs: limits.timeoutMs },
      );
    case 'disk':
      return because(
        'disk_full',
        `It wrote more than its limit of ${spellBytes(limits.diskBytes)} and was ended. Raise the limit, or write less.`,
        { diskBytes: limits.diskBytes },
      );
    case 'storage':
      return logLost;
    case 'observer':
      return because(
        'infra',
        'Its log or its metrics could not be recorded, so it was ended. The server’s own log says why.',
      );
    case 'protocol':
      return because(
        'bad_output',
        'It sent one message of many megabytes. Return large results as tables or files, and keep metrics small.',
      );
    default:
      return because('infra', 'The process that runs attempts ended under it. It is started again by itself.');
  }
  if (said.done) return undefined;
  if (exit.oom || said.failed?.reason === 'oom')
    return {
      reason: 'oom',
      error: {
        ...failureOf(said.failed),
        type: 'MemoryError',
        message: `It needed more memory than its limit of ${spellBytes(limits.memoryBytes)}. Raise the limit, or work on less at once.`,
        known: { memoryBytes: limits.memoryBytes },
      },
    };
  if (said.failed)
    return isOutOfRoom(said.failed)
      ? outOfRoom(said.failed)
      : { reason: said.failed.reason, error: failureOf(said.failed) };
  const threads = exit.pidsRefused ? ` It wanted more than the ${limits.pids} processes and threads it may have.` : '';
  if (exit.signal)
    return because('killed', `Its process was ended by ${exit.signal}${signalNames[exit.signal] ?? ''}.${threads}`);
  if (exit.exitCode === 0)
    return because(
      'bad_output',
      `Its process ended by itself before its function returned. Return the result instead of leaving the process.${threads}`,
    );
  return because(
    'user_error',
    `Its process ended with exit code ${exit.exitCode} before its function returned.${threads} The log shows what it said last.`,
  );
}

/** Whatever the language: the kernel's own words for a disk that is full. */
const isOutOfRoom = ({ error }: FailureMessage): boolean =>
  /\b(ENOSPC|EDQUOT)\b|No space left on device|Disk quota exceeded/.test(error.message);

function outOfRoom(failed: FailureMessage): { reason: AttemptReason; error: AttemptFailure } {
  const error = failureOf(failed);
  const message = `There was no room left where it writes. Free some space on the server, or write less. (${error.message})`;
  return { reason: 'disk_full', error: { ...error, message } };
}

function failureOf(failed: FailureMessage | undefined): AttemptFailure {
  if (!failed) return { message: '' };
  const { type, message, traceback, line, column } = failed.error;
  return { type, message, ...(traceback && { traceback }), ...(line && { line }), ...(column && { column }) };
}

const signalNames: Record<string, string> = {
  SIGSEGV: ', a fault in compiled code: usually of a library it uses',
  SIGBUS: ', a fault in compiled code: usually of a library it uses',
  SIGILL: ', an instruction that this processor does not know',
  SIGFPE: ', a division by zero in compiled code',
  SIGABRT: ': compiled code gave up',
  SIGSYS: ': it made a system call that is not allowed',
  SIGXFSZ: ': a file grew beyond the disk limit',
};
