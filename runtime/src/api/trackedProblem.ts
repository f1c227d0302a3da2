/** Decides how what MLflow's protocol has its own words for is told on our own routes: as everything else is. */
import { WireMistake } from '../tracking/wire/mistake.ts';
import { notThere, Refusal } from './refusal.ts';

/** `code` is what a wrong value is told under. */
export async function inOurForm<T>(work: () => Promise<T>, code = 'invalid_search'): Promise<T> {
  try {
    return await work();
  } catch (mistake) {
    if (!(mistake instanceof WireMistake)) throw mistake;
    if (mistake.code === 'RESOURCE_DOES_NOT_EXIST') throw notThere();
    if (mistake.code === 'INVALID_PARAMETER_VALUE') throw new Refusal(422, code, mistake.message);
    throw mistake;
  }
}
