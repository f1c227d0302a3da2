/** Decides which models a node's client reaches: those that it logs in this attempt, as models of its own run. */
import type { Rpc } from '../wire/rpc.ts';
import { callOf, checkExperiment, type Fields, type Inside, type InsideParts, type On } from './call.ts';
import type { FencedWrites } from './fence.ts';

interface Shown {
  info: { model_id: string };
}

export function onModels(on: On, parts: InsideParts, fenced: FencedWrites, rpc: Rpc, name: string): void {
  const [method] = rpc.places[0]!.split(' ');
  if (name === 'logged-models') on(rpc, (inside, { work }, fields) => made(parts, fenced, inside, work, fields));
  else if (name === 'logged-models/search') on(rpc, (inside, { work }, fields) => found(parts, inside, work, fields));
  else if (method === 'GET')
    on(rpc, (inside, { work }, fields) => {
      inside.scope.checkModel(String(fields.model_id));
      return work(callOf(parts, inside, parts.sql, fields));
    });
  else if (!(method === 'DELETE' && name === 'logged-models/:model_id'))
    on(rpc, (inside, { work }, fields) => {
      inside.scope.checkModel(String(fields.model_id));
      return fenced.write(inside.work, (sql) => work(callOf(parts, inside, sql, fields)));
    });
}

/** Of its own run unless it is of one inside of it, in the experiment of its pipeline. */
async function made(
  parts: InsideParts,
  fenced: FencedWrites,
  inside: Inside,
  work: Rpc['work'],
  fields: Fields,
): Promise<object> {
  const { scope } = inside;
  scope.mayLogModel();
  const { experiment } = await scope.home();
  checkExperiment(fields.experiment_id, experiment);
  const run = String(fields.source_run_id || scope.own);
  scope.checkRun(run);
  const ours = { ...fields, experiment_id: experiment, source_run_id: run };
  const answer = (await fenced.write(inside.work, (sql) => work(callOf(parts, inside, sql, ours)))) as { model: Shown };
  scope.loggedModel(answer.model.info.model_id);
  return answer;
}

/** A search finds its own alone: clients ask before they load what a run logged. */
async function found(parts: InsideParts, inside: Inside, work: Rpc['work'], fields: Fields): Promise<object> {
  const { experiment } = await inside.scope.home();
  const ours = { ...fields, experiment_ids: [experiment] };
  const answer = (await work(callOf(parts, inside, parts.sql, ours))) as { models: Shown[] };
  return { ...answer, models: answer.models.filter(({ info }) => inside.scope.hasModel(info.model_id)) };
}
