/** Decides how a version of a model is registered, whoever asks for it: a program by MLflow's calls, a person, a node. */
import type { Sql } from '../db/connection.ts';
import { checkedDescription, checkedTag } from '../models/names.ts';
import type { ModelVersion, Pair } from '../models/registered.ts';
import { createVersion } from '../models/versions.ts';
import { readSource } from './sources.ts';

export interface Registration {
  /** `runs:/…`, `models:/…` or `mlflow-artifacts:/…` of the same project. */
  source: string;
  /** The tracked run and the logged model that it is stated to be of; empty when nothing is stated. */
  run?: string;
  loggedModel?: string;
  runLink?: string;
  description: string;
  tags: readonly Pair[];
  /** Name of whoever registers it. */
  by: string;
}

/** `model` is the registered model's id in the database. */
export async function registerVersion(
  sql: Sql,
  project: string,
  model: number,
  { source, run = '', loggedModel = '', runLink = '', description, tags, by }: Registration,
): Promise<ModelVersion> {
  const checked = tags.map(checkedTag);
  const isPrompt = checked.findLast(({ key }) => key === 'mlflow.prompt.is_prompt')?.value.toLowerCase() === 'true';
  const { text, ...from } = await readSource(sql, project, { source, run, model: loggedModel, isPrompt });
  return createVersion(sql, model, {
    ...from,
    source: text,
    tags: checked,
    runLink: checkedDescription(runLink),
    description: checkedDescription(description),
    by,
  });
}
