/** Decides how long names and values may be, and what a name may be made of; the figures are MLflow's. */
import { invalidValue } from './mistake.ts';

export const limits = {
  key: 250,
  parameterValue: 6000,
  tagValue: 8000,
  metricsPerBatch: 1000,
  parametersPerBatch: 100,
  tagsPerBatch: 100,
  itemsPerBatch: 1000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
} as const;

export function checkedLength(what: string, value: string, most: number): string {
  if (value.length > most)
    throw invalidValue(
      `The ${what} has ${value.length} characters; at most ${most} are kept. It begins with '${value.slice(0, 60)}'.`,
    );
  return value;
}

const keyCharacters = /^[/\w.\- :]+$/;

/** Of a metric, parameter or tag: it may become part of a path, so it must be a plain relative one. */
export function checkedKey(what: 'metric' | 'parameter' | 'tag', key: string): string {
  checkedLength(`${what}'s name`, key, limits.key);
  if (!keyCharacters.test(key))
    throw invalidValue(
      `Invalid ${what} name: '${key}'. Names may hold letters, digits, underscores (_), dashes (-), periods (.), spaces, colons (:) and slashes (/).`,
    );
  const parts = key.split('/');
  if (key.startsWith('/') || parts.some((part) => part === '' || part === '.' || part === '..'))
    throw invalidValue(
      `Invalid ${what} name: '${key}'. It must be a plain relative path: no '..', no '.', nothing empty between slashes.`,
    );
  return key;
}

export function checkedCount(what: string, count: number, most: number): void {
  if (count > most) throw invalidValue(`A batch holds at most ${most} ${what}; this one has ${count}. Send several.`);
}
