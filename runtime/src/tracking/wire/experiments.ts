/** MLflow's calls about experiments. */
import * as z from 'zod';
import {
  createExperiment,
  deleteExperiment,
  type Experiment,
  experimentNamed,
  experimentNumbered,
  numberOf,
  renameExperiment,
  restoreExperiment,
  setExperimentTag,
} from '../experiments.ts';
import { searchExperiments } from '../search/experiments.ts';
import { checkedKey, checkedLength } from './limits.ts';
import { integer, pair, type Rpc, rpc, text } from './rpc.ts';

const numbered = { experiment_id: text };
export const View = z.enum(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL']).default('ACTIVE_ONLY');

const wired = (experiment: Experiment) => {
  const number = numberOf(experiment);
  return {
    experiment_id: number,
    name: experiment.name,
    artifact_location: `mlflow-artifacts:/${number}`,
    lifecycle_stage: experiment.deletedAt ? 'deleted' : 'active',
    creation_time: experiment.createdAt.getTime(),
    last_update_time: experiment.updatedAt.getTime(),
    tags: Object.entries(experiment.tags).map(([key, value]) => ({ key, value })),
  };
};

const checkedName = (name: string) => checkedLength('name', name, 500);

export const experimentRpcs: Rpc[] = [
  rpc('POST experiments/create', {
    audited: true,
    action: 'run.execute',
    fields: z.object({ name: text.refine((name) => name !== '', 'it is empty'), tags: z.array(pair).default([]) }),
    work: async ({ house, project, fields: { name, tags } }) => {
      for (const { key, value } of tags) checkedExperimentTag(key, value);
      const made = await createExperiment(house.db, { projectId: project.id, name: checkedName(name), tags });
      return { experiment_id: numberOf(made) };
    },
  }),
  rpc('GET experiments/get', {
    action: 'project.view',
    fields: z.object(numbered),
    work: async ({ house, project, fields }) => ({
      experiment: wired(await experimentNumbered(house.db, project.id, fields.experiment_id)),
    }),
  }),
  rpc('GET experiments/get-by-name', {
    action: 'project.view',
    fields: z.object({ experiment_name: text }),
    work: async ({ house, project, fields }) => ({
      experiment: wired(await experimentNamed(house.db, project.id, fields.experiment_name)),
    }),
  }),
  rpc(['POST experiments/search', 'GET experiments/search'], {
    action: 'project.view',
    fields: z.object({
      max_results: integer
        .pipe(z.number().min(1, 'it must be at least 1').max(50_000, 'it must be at most 50000'))
        .default(1000),
      page_token: text.optional(),
      filter: text.default(''),
      order_by: z.array(text).default([]),
      view_type: View,
    }),
    work: async ({ house, project, fields }) => {
      const { found, next } = await searchExperiments(house.db, house.sql, project.id, {
        filter: fields.filter,
        orderBy: fields.order_by,
        view: fields.view_type,
        limit: fields.max_results,
        after: fields.page_token || undefined,
      });
      return { experiments: found.map(wired), ...(next && { next_page_token: next }) };
    },
  }),
  rpc('POST experiments/delete', {
    audited: true,
    action: 'artifact.delete',
    fields: z.object(numbered),
    work: async ({ house, project, fields }) => {
      await deleteExperiment(house.db, await experimentNumbered(house.db, project.id, fields.experiment_id));
      return {};
    },
  }),
  rpc('POST experiments/restore', {
    audited: true,
    action: 'run.execute',
    fields: z.object(numbered),
    work: async ({ house, project, fields }) => {
      await restoreExperiment(house.db, await experimentNumbered(house.db, project.id, fields.experiment_id));
      return {};
    },
  }),
  rpc('POST experiments/update', {
    audited: true,
    action: 'run.execute',
    fields: z.object({ ...numbered, new_name: text.refine((name) => name !== '', 'it is empty') }),
    work: async ({ house, project, fields }) => {
      const experiment = await experimentNumbered(house.db, project.id, fields.experiment_id);
      await renameExperiment(house.db, experiment, checkedName(fields.new_name));
      return {};
    },
  }),
  rpc('POST experiments/set-experiment-tag', {
    action: 'run.execute',
    fields: z.object({ ...numbered, key: text, value: text }),
    work: async ({ house, project, fields }) => {
      const { id } = await experimentNumbered(house.db, project.id, fields.experiment_id);
      checkedExperimentTag(fields.key, fields.value);
      await setExperimentTag(house.db, id, fields.key, fields.value);
      return {};
    },
  }),
];

function checkedExperimentTag(key: string, value: string): void {
  checkedKey('tag', key);
  checkedLength('tag value', value, 20_000);
}
