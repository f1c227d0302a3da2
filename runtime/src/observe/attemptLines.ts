/** Decides what the worker's own log says of attempts: one line each at its end, with the ids that lead to its run and its trace. */
import type { Logger } from 'pino';
import type { AttemptOutcome, Executor, Work } from '../execute/executor.ts';
import { attemptSpanOf, traceIdOf } from './trace.ts';

export function loggingAttempts(executor: Executor, log: Logger): Executor {
  return {
    async execute(work, context) {
      const began = performance.now();
      const line = (reason: string) => ({
        ...idsOf(work),
        reason,
        ms: Math.round(performance.now() - began),
      });
      try {
        const outcome = await executor.execute(work, context);
        log[levelOf(outcome.reason)](line(outcome.reason), 'attempt');
        return outcome;
      } catch (error) {
        log.error({ ...line('infra'), error: String(error) }, 'attempt');
        throw error;
      }
    },
  };
}

const levelOf = (reason: AttemptOutcome['reason']) =>
  reason === 'ok' ? 'debug' : reason === 'infra' ? 'warn' : 'info';

const idsOf = (work: Work) => ({
  run: work.run,
  node: work.nodeId,
  mapIndex: work.mapIndex,
  attempt: work.attempt,
  fence: work.fence,
  // Named as collectors look for them.
  trace_id: traceIdOf(work),
  span_id: attemptSpanOf(work),
});
