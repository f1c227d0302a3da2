/** Decides what can be suggested after a failure: a closed list, each with what a program needs to do it, and its sentence. */
import * as z from 'zod';
import { spellBytes, spellMs } from '../amounts.ts';

const text = z.string();
export const NextStep = z
  .discriminatedUnion('kind', [
    z.object({ kind: z.literal('raise_memory'), memoryBytes: z.int(), text }),
    z.object({ kind: z.literal('raise_time_limit'), timeoutMs: z.int(), text }),
    z.object({ kind: z.literal('raise_disk_limit'), diskBytes: z.int(), text }),
    z.object({ kind: z.literal('raise_start_limit'), queueTimeoutMs: z.int(), text }),
    z.object({ kind: z.literal('raise_run_limit'), timeoutMs: z.int(), text }),
    z.object({ kind: z.literal('open_code'), line: z.int(), text }),
    z.object({ kind: z.literal('open_log'), text }),
    z.object({ kind: z.literal('install_package'), package: z.string(), module: z.string(), text }),
    z.object({ kind: z.literal('rename_column'), from: z.string(), to: z.string(), text }),
    z.object({ kind: z.literal('set_secret'), name: z.string(), text }),
    z.object({ kind: z.literal('free_space'), text }),
    z.object({ kind: z.literal('add_worker'), text }),
    z.object({ kind: z.literal('look_at_worker'), text }),
    z.object({ kind: z.literal('open_node'), node: z.string(), name: z.string(), text }),
    z.object({ kind: z.literal('open_run'), run: z.int(), text }),
    z.object({ kind: z.literal('open_item'), mapIndex: z.int(), text }),
    z.object({ kind: z.literal('rerun_failed'), text }),
  ])
  .meta({ id: 'NextStep' });
export type NextStep = z.infer<typeof NextStep>;
type Untold<T> = T extends unknown ? Omit<T, 'text'> : never;
export type Step = Untold<NextStep>;

export function spellStep(step: Step): string {
  switch (step.kind) {
    case 'raise_memory':
      return `Raise its memory limit to ${spellBytes(step.memoryBytes)}, or let it work on less at once.`;
    case 'raise_time_limit':
      return `Raise its time limit to ${spellMs(step.timeoutMs)}, or let it do less.`;
    case 'raise_disk_limit':
      return `Raise its disk limit to ${spellBytes(step.diskBytes)}, or let it write less.`;
    case 'raise_start_limit':
      return `Let it wait ${spellMs(step.queueTimeoutMs)} for its start.`;
    case 'raise_run_limit':
      return `Give the run ${spellMs(step.timeoutMs)}, or less to do.`;
    case 'open_code':
      return `Look at line ${step.line} of its code.`;
    case 'open_log':
      return 'Look at the end of its log.';
    case 'install_package':
      return `Do without “${step.module}”, or have the package ${step.package} added to the node’s environment by whoever runs this server.`;
    case 'rename_column':
      return `Write “${step.to}” in place of “${step.from}”, if that is what is meant.`;
    case 'set_secret':
      return `Set the secret ${step.name} under Settings, Secrets.`;
    case 'free_space':
      return 'Free some space on the server.';
    case 'add_worker':
      return 'Add a worker, or slots to the pool that it waits for.';
    case 'look_at_worker':
      return 'Look at the worker’s own log.';
    case 'open_node':
      return `Look at “${step.name}”.`;
    case 'open_run':
      return `Look at run ${step.run}.`;
    case 'open_item':
      return `Look at item ${step.mapIndex}.`;
    case 'rerun_failed':
      return 'Run again what failed and what follows it.';
  }
}
