/** Decides what models, aliases and stages may be called, and how long what is said of them may be; the figures are MLflow's. */
import type { Stage } from '../db/tables/models.ts';
import { ModelProblem } from './problem.ts';

const invalid = (message: string) => new ModelProblem('invalid', message);

export function checkedModelName(name: string, parameter = 'name'): string {
  if (name.trim() === '') throw invalid(`Missing value for required parameter '${parameter}'.`);
  if (/[/:\\]|\p{Cc}/u.test(name) || /^\.+$/.test(name))
    throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`);
  if (name.length > 256) throw invalid(`Invalid model name: it has ${name.length} characters; at most 256 are kept.`);
  return name;
}

export function checkedAlias(alias: string): string {
  if (alias === '') throw invalid('Registered model alias name cannot be empty.');
  if (!/^[\w-]{1,255}$/.test(alias))
    throw invalid(
      `Invalid alias name: '${alias.slice(0, 300)}'. Names may only contain alphanumerics, underscores (_), and dashes (-), 255 of them at most.`,
    );
  if (/^latest$/i.test(alias)) throw invalid("'latest' alias name (case insensitive) is reserved.");
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`);
  return alias;
}

export function checkedVersion(version: string): number {
  if (!/^\d{1,9}$/.test(version))
    throw invalid(`Parameter 'version' must be an integer, got '${version.slice(0, 100)}'.`);
  return Number(version);
}

export const stages: readonly Stage[] = ['None', 'Staging', 'Production', 'Archived'];

/** In whatever case it was written. */
export function checkedStage(stage: string): Stage {
  const found = stages.find((one) => one.toLowerCase() === stage.toLowerCase());
  if (!found)
    throw invalid(`Invalid Model Version stage: ${stage.slice(0, 100)}. Value must be one of ${stages.join(', ')}.`);
  return found;
}

export function checkedTag({ key, value }: { key: string; value: string }): { key: string; value: string } {
  if (key === '') throw invalid('Tag name cannot be None or empty.');
  if (key.length > 250) throw invalid(`A tag's name has at most 250 characters; this one has ${key.length}.`);
  if (value.length > 100_000)
    throw invalid(`A tag's value has at most 100000 characters; '${key}' has ${value.length}.`);
  return { key, value };
}

export function checkedDescription(description: string): string {
  if (description.length > 100_000)
    throw invalid(`A description has at most 100000 characters; this one has ${description.length}.`);
  return description;
}
