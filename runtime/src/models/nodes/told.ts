/** Decides what becomes of what is wrong with a model: it is for whoever drew the node. All else is ours. */
import type { AttemptOutcome } from '../../execute/executor.ts';
import { WireMistake } from '../../tracking/wire/mistake.ts';
import { ModelProblem } from '../problem.ts';

export async function told(work: () => Promise<AttemptOutcome>): Promise<AttemptOutcome> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ModelProblem) && !(error instanceof WireMistake)) throw error;
    return { reason: 'bad_input', outputs: [], error: { message: error.message } };
  }
}
