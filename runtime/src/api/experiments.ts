/** The routes about experiments: what is in the memory of every run, as the editor asks for it. */

import type { Experiment, TrackedRun } from '@drawloom/shared/api/experiments.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { asc, eq } from 'drizzle-orm';
import { experiments } from '../db/tables/tracking.ts';
import { modelsOfRun } from '../models/ofRun.ts';
import { defaultExperiment, experimentsWith, numberOf } from '../tracking/experiments.ts';
import { sampledHistory } from '../tracking/history.ts';
import { namesIn } from '../tracking/namesIn.ts';
import { catchUp } from '../tracking/pipelines.ts';
import { deleteTags, loadRuns, logToRun, nodesOf, noRun, runNamed, setDeleted } from '../tracking/runs.ts';
import { searchRuns } from '../tracking/search/runs.ts';
import { checkedKey } from '../tracking/wire/limits.ts';
import type { House } from './house.ts';
import { notThere } from './refusal.ts';
import { inOurForm } from './trackedProblem.ts';
import { type Handler, handle } from './wire.ts';

export const experimentHandlers: Handler[] = [
  handle(routes.listExperiments, async ({ house, project }) => {
    await defaultExperiment(house.db, project.id);
    const rows = await house.db
      .select()
      .from(experiments)
      .where(eq(experiments.projectId, project.id))
      .orderBy(asc(experiments.name));
    return {
      experiments: rows.map(
        (row): Experiment => ({
          id: String(row.id),
          number: numberOf(row),
          name: row.name,
          pipeline: row.pipelineId,
          createdAt: row.createdAt.toISOString(),
          deletedAt: row.deletedAt?.toISOString() ?? null,
        }),
      ),
    };
  }),

  handle(routes.getExperimentNames, async ({ house, project, params }) => {
    const [id] = await idsIn(house, project.id, [params.experiment]);
    if (id === undefined) throw notThere();
    return namesIn(house.sql, id);
  }),

  handle(routes.searchTrackedRuns, async ({ house, project, body }) =>
    inOurForm(async () => {
      const ids = await idsIn(house, project.id, body.experiments);
      await catchUp(house.sql, ids);
      const found = await searchRuns(house.sql, {
        experiments: ids,
        filter: body.filter,
        orderBy: body.orderBy,
        view: body.view === 'active' ? 'ACTIVE_ONLY' : 'DELETED_ONLY',
        limit: body.limit,
        after: body.after,
      });
      return { runs: await shown(house, found.ids), next: found.next ?? null };
    }),
  ),

  handle(routes.getTrackedRun, async ({ house, project, params }) =>
    inOurForm(async () => {
      const [run] = await shown(house, [await runNamed(house.sql, project.id, params.run)]);
      if (!run) throw noRun(params.run);
      return run;
    }),
  ),

  handle(routes.getRunModels, async ({ house, project, params }) =>
    inOurForm(async () => modelsOfRun(house.sql, await runNamed(house.sql, project.id, params.run))),
  ),

  handle(routes.getCurves, async ({ house, project, body }) =>
    inOurForm(async () => {
      const curves = [];
      for (const run of body.runs) {
        const id = await runNamed(house.sql, project.id, run);
        const points = await sampledHistory(house.sql, id, body.key, { most: body.points });
        curves.push({
          run,
          points: points.map(({ step, timestamp, value }) => ({
            step,
            at: timestamp,
            value: Number.isNaN(value) ? ('NaN' as const) : value,
          })),
        });
      }
      return { curves };
    }),
  ),

  handle(routes.tagTrackedRuns, async ({ house, project, body, note }) =>
    inOurForm(async () => {
      const tags = Object.entries(body.set).map(([key, value]) => ({ key: checkedKey('tag', key), value }));
      for (const uuid of body.runs) {
        if (tags.length > 0) await logToRun(house.sql, { projectId: project.id, uuid, tags });
        if (body.remove.length > 0)
          await deleteTags(house.sql, await runNamed(house.sql, project.id, uuid), body.remove);
      }
      note({ runs: body.runs.length, set: Object.keys(body.set), removed: body.remove });
      return undefined;
    }),
  ),

  handle(routes.deleteTrackedRuns, async ({ house, project, body, note }) => {
    note({ runs: body.runs });
    return inOurForm(() => setAside(house, project.id, body.runs, true));
  }),
  handle(routes.restoreTrackedRuns, async ({ house, project, body, note }) => {
    note({ runs: body.runs });
    return inOurForm(() => setAside(house, project.id, body.runs, false));
  }),
];

async function setAside(
  house: House,
  projectId: string,
  runs: readonly string[],
  deleted: boolean,
): Promise<undefined> {
  for (const uuid of runs) await setDeleted(house.sql, await runNamed(house.sql, projectId, uuid), deleted);
  return undefined;
}

/** Of those named, the ones that the project has. */
export async function idsIn(house: House, projectId: string, named: readonly string[]): Promise<number[]> {
  const ids = named.filter((one) => /^[1-9]\d{0,14}$/.test(one)).map(Number);
  return (await experimentsWith(house.db, projectId, ids)).map(({ id }) => id);
}

async function shown(house: House, ids: readonly number[]): Promise<TrackedRun[]> {
  const runs = await loadRuns(house.sql, ids);
  const nodes = await nodesOf(house.sql, runs);
  return runs.map((run) => ({
    id: run.uuid,
    experiment: String(run.experiment),
    name: run.name,
    user: run.userId,
    status: run.status,
    startMs: run.startMs,
    endMs: run.endMs,
    deleted: run.deleted,
    metrics: recordOf(run.metrics),
    parameters: recordOf(run.parameters),
    tags: recordOf(run.tags),
    dataSets: run.inputs.map(({ name, digest, source, tags }) => ({
      name,
      digest,
      source: source.slice(0, 2000),
      context: tags['mlflow.data.context'] ?? null,
    })),
    did: run.did && { run: run.did.run, node: nodes.get(run.id) ?? null },
  }));
}

const recordOf = <V>(pairs: readonly { key: string; value: V }[]): Record<string, V> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, value]));
