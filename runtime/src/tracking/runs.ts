/** Decides what a tracked run is: how it begins, what it takes in, how it ends, and everything that is known of it at once. */
import { randomUUID } from 'node:crypto';
import type { Sql } from '../db/connection.ts';
import type { TrackedStatus } from '../db/tables/tracking.ts';
import { catchUpRun, isOfPipeline } from './pipelines.ts';
import { tellOfExperiment } from './told.ts';
import { invalidValue, notThere, WireMistake } from './wire/mistake.ts';

export interface Metric {
  key: string;
  value: number;
  /** In ms since 1970. */
  timestamp: number;
  step: number;
}
export interface Pair {
  key: string;
  value: string;
}

export interface TrackedRun {
  id: number;
  uuid: string;
  experiment: number;
  isDefault: boolean;
  name: string;
  userId: string;
  status: TrackedStatus;
  startMs: number;
  endMs: number | null;
  deleted: boolean;
  /** For what a pipeline did: the run, and for one of its node runs which. */
  did: { run: number; node: number | null; mapIndex: number | null } | null;
  metrics: (Omit<Metric, 'value'> & { value: number | 'NaN' })[];
  parameters: Pair[];
  tags: Pair[];
  inputs: {
    tags: Record<string, string>;
    name: string;
    digest: string;
    sourceType: string;
    source: string;
    schema: string | null;
    profile: string | null;
  }[];
  /** Models that it took in and gave out. */
  models: { uuid: string; direction: 'in' | 'out'; step: number }[];
}

/** The largest double: what an infinite number is kept as, since neither JSON nor a chart has it. */
const largest = Number.MAX_VALUE;
export const finite = (value: number): number | 'NaN' =>
  Number.isNaN(value) ? 'NaN' : Math.max(-largest, Math.min(largest, value));

export async function createRun(
  sql: Sql,
  {
    experiment,
    name,
    userId,
    startMs,
    tags,
  }: { experiment: number; name: string; userId: string; startMs: number; tags: readonly Pair[] },
): Promise<string> {
  const uuid = randomUUID().replaceAll('-', '');
  await sql`
    with made as (
      insert into drawloom.tracked_run (uuid, experiment_id, name, user_id, status, start_ms)
      values (${uuid}, ${experiment}, ${name}, ${userId}, 'RUNNING', ${startMs})
      returning id, experiment_id, start_ms)
    insert into drawloom.tracked_tag (tracked_id, experiment_id, start_ms, key, value)
    select distinct on (t.item ->> 'key') made.id, made.experiment_id, made.start_ms, t.item ->> 'key', t.item ->> 'value'
    from made, jsonb_array_elements(${JSON.stringify(tags)}::text::jsonb) with ordinality as t (item, place)
    order by t.item ->> 'key', t.place desc`;
  return uuid;
}

/** Columns of facts as the database tells them; it says null where there are none. */
type Columns = readonly (readonly unknown[] | null)[];

/** Everything about runs, in the order of the ids. Facts come as columns, which are half of the work of rows with names. */
export async function loadRuns(sql: Sql, ids: readonly number[]): Promise<TrackedRun[]> {
  if (ids.length === 0) return [];
  const pairs = (table: string) => sql`(select json_build_array(array_agg(x.key), array_agg(x.value))
    from (select key, value from drawloom.${sql(table)} where tracked_id = r.id order by key) x)`;
  const rows = await sql<{ run: string }[]>`
    select json_build_object('run', json_build_object('id', r.id, 'uuid', r.uuid, 'experiment', r.experiment_id, 'isDefault', e.is_default,
      'name', r.name, 'userId', r.user_id, 'status', r.status, 'startMs', r.start_ms, 'endMs', r.end_ms, 'deleted', r.deleted_at is not null,
      'did', case when r.run_id is not null then json_build_object('run', r.run_id, 'node', r.node, 'mapIndex', r.map_index) end),
      'metrics', (select json_build_array(array_agg(x.key), array_agg(x.value), array_agg(x.at_ms), array_agg(x.step))
        from (select key, value, at_ms, step from drawloom.tracked_latest where tracked_id = r.id order by key) x),
      'parameters', ${pairs('tracked_parameter')}, 'tags', ${pairs('tracked_tag')},
      'inputs', (select json_agg(json_build_object('tags', i.tags, 'name', d.name, 'digest', d.digest, 'sourceType', d.source_type,
        'source', d.source, 'schema', d.schema, 'profile', d.profile) order by i.position)
        from drawloom.tracked_input i join drawloom.dataset d on d.id = i.dataset_id where i.tracked_id = r.id),
      'models', (select json_agg(json_build_object('uuid', m.uuid, 'direction', x.direction, 'step', x.step) order by x.step, m.id)
        from drawloom.tracked_model x join drawloom.logged_model m on m.id = x.model_id where x.tracked_id = r.id))::text as run
    from unnest(${`{${ids.join(',')}}`}::text::bigint[]) with ordinality as wanted (id, place)
    join drawloom.tracked_run r on r.id = wanted.id join drawloom.experiment e on e.id = r.experiment_id
    order by wanted.place`;
  return rows.map(({ run: text }) => {
    const { run, metrics, parameters, tags, inputs, models } = JSON.parse(text) as {
      run: Omit<TrackedRun, 'metrics' | 'parameters' | 'tags' | 'inputs' | 'models'>;
      metrics: Columns;
      parameters: Columns;
      tags: Columns;
      inputs: TrackedRun['inputs'] | null;
      models: TrackedRun['models'] | null;
    };
    return {
      ...run,
      metrics: named<TrackedRun['metrics'][number]>(['key', 'value', 'timestamp', 'step'], metrics),
      parameters: named<Pair>(['key', 'value'], parameters),
      tags: named<Pair>(['key', 'value'], tags),
      inputs: inputs ?? [],
      models: models ?? [],
    };
  });
}

const named = <T>(names: readonly string[], columns: Columns): T[] =>
  (columns[0] ?? []).map((_, row) => Object.fromEntries(names.map((name, at) => [name, columns[at]![row]])) as T);

/** The id in the database of a run in this project. */
export async function runNamed(sql: Sql, projectId: string, uuid: string): Promise<number> {
  await catchUpRun(sql, projectId, uuid);
  const [found] = await sql<{ id: string }[]>`
    select r.id from drawloom.tracked_run r join drawloom.experiment e on e.id = r.experiment_id
    where r.uuid = ${uuid} and e.project_id = ${projectId}`;
  if (!found) throw noRun(uuid);
  return Number(found.id);
}

/** Whose files are meant by the name of a run, which lies in the experiment of that number when one is given. */
export async function ownerOfRun(
  sql: Sql,
  projectId: string,
  uuid: string,
  experiment?: string,
): Promise<{ id: number; experiment: string; deleted: boolean }> {
  await catchUpRun(sql, projectId, uuid);
  const [found] = await sql<{ id: string; number: string; deleted: boolean }[]>`
    select r.id, case when e.is_default then '0' else e.id::text end as number, r.deleted_at is not null as deleted
    from drawloom.tracked_run r join drawloom.experiment e on e.id = r.experiment_id
    where r.uuid = ${uuid} and e.project_id = ${projectId}`;
  if (!found || (experiment !== undefined && experiment !== found.number)) throw noRun(uuid);
  return { id: Number(found.id), experiment: found.number, deleted: found.deleted };
}

export const noRun = (uuid: string) => notThere(`Run with id=${uuid} not found.`);

/** Takes in numbers, parameters and tags, all or nothing. Refuses a parameter that has another value already. */
export async function logToRun(
  sql: Sql,
  {
    projectId,
    uuid,
    metrics = [],
    parameters = [],
    tags = [],
  }: {
    projectId: string;
    uuid: string;
    metrics?: readonly Metric[];
    parameters?: readonly Pair[];
    tags?: readonly Pair[];
  },
): Promise<void> {
  await catchUpRun(sql, projectId, uuid);
  const json = (items: readonly object[]) => (items.length === 0 ? null : JSON.stringify(items));
  const told = metrics.map(({ key, value, timestamp, step }) => ({
    key,
    step,
    at: timestamp,
    value: String(finite(value)),
  }));
  try {
    const [answer] = await sql<{ known: boolean; experiment: string; deleted: boolean | null }[]>`
      select known, experiment, deleted from drawloom.log_tracked(${projectId}, ${uuid}, ${json(told)}::text::jsonb,
        ${json(parameters)}::text::jsonb, ${json(tags)}::text::jsonb)`;
    if (!answer!.known) throw noRun(uuid);
    if (answer!.deleted) throw deletedRun(uuid);
    tellOfExperiment(sql, projectId, answer!.experiment);
  } catch (error) {
    const { code, message, detail } = error as { code?: string; message: string; detail?: string };
    if (code !== 'DL001') throw error;
    const now = parameters.find(({ key }) => key === message)?.value;
    throw invalidValue(
      `Changing param values is not allowed. The parameter '${message}' of run ${uuid} is '${detail}' already; '${now}' was refused. Use another name, or another run.`,
    );
  }
}

const deletedRun = (uuid: string) =>
  new WireMistake('INVALID_PARAMETER_VALUE', `The run ${uuid} is deleted. Restore it before you change it.`);

/** Keeps what an older client tells of a model in the run that logged it: a list in a tag, where these look for it. */
export async function recordModelOfRun(sql: Sql, id: number, model: unknown): Promise<void> {
  await sql`
    insert into drawloom.tracked_tag as t (tracked_id, experiment_id, start_ms, key, value)
    select r.id, r.experiment_id, r.start_ms, 'mlflow.log-model.history', jsonb_build_array(${JSON.stringify(model)}::text::jsonb)::text
    from drawloom.tracked_run r where r.id = ${id}
    on conflict (tracked_id, key) do update
      set value = (t.value::jsonb || jsonb_build_array(${JSON.stringify(model)}::text::jsonb))::text`;
}

/** What a pipeline does has its state and its end from there, whatever a client says that resumes it; its name may change. */
export async function updateRun(
  sql: Sql,
  { id, uuid }: { id: number; uuid: string },
  { status, endMs, name }: { status: TrackedStatus | undefined; endMs: number | undefined; name: string | undefined },
): Promise<void> {
  const [state, end] = isOfPipeline(uuid) ? [null, null] : [status ?? null, endMs ?? null];
  await sql`
    with changed as (
      update drawloom.tracked_run set status = coalesce(${state}, status), end_ms = coalesce(${end}, end_ms),
        name = coalesce(${name || null}, name)
      where id = ${id} returning id, experiment_id, start_ms, name)
    insert into drawloom.tracked_tag (tracked_id, experiment_id, start_ms, key, value)
    select id, experiment_id, start_ms, 'mlflow.runName', name from changed where ${Boolean(name)}
    on conflict (tracked_id, key) do update set value = excluded.value`;
}

export async function setDeleted(sql: Sql, id: number, deleted: boolean): Promise<void> {
  await sql`update drawloom.tracked_run set deleted_at = ${deleted ? sql`coalesce(deleted_at, now())` : null} where id = ${id}`;
}

export async function deleteTags(sql: Sql, id: number, keys: readonly string[]): Promise<void> {
  await sql`delete from drawloom.tracked_tag where tracked_id = ${id}
    and key in (select jsonb_array_elements_text(${JSON.stringify(keys)}::text::jsonb))`;
}

/** The nodes that runs of pipelines are of, by the runs' ids here. */
export async function nodesOf(sql: Sql, runs: readonly TrackedRun[]): Promise<Map<number, string>> {
  const ofNodes = runs.filter(({ did }) => did?.node !== null && did !== null).map(({ id }) => id);
  if (ofNodes.length === 0) return new Map();
  const rows = await sql<{ id: string; node: string }[]>`
    select t.id, p.node_id as node from drawloom.tracked_run t join drawloom.run r on r.id = t.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = t.node
    where t.id = any(${`{${ofNodes.join(',')}}`}::text::bigint[])`;
  return new Map(rows.map(({ id, node }) => [Number(id), node]));
}

/** Whether there was such a tag. */
export async function deleteTag(sql: Sql, id: number, key: string): Promise<boolean> {
  const { count } = await sql`delete from drawloom.tracked_tag where tracked_id = ${id} and key = ${key}`;
  return count > 0;
}

export async function logInputs(
  sql: Sql,
  id: number,
  inputs: readonly {
    name: string;
    digest: string;
    sourceType: string;
    source: string;
    schema: string | null;
    profile: string | null;
    tags: Record<string, string>;
  }[],
): Promise<void> {
  await sql`
    with given as (
      select distinct on (i.name, i.digest) i.* from jsonb_to_recordset(${JSON.stringify(inputs)}::text::jsonb)
        as i (name text, digest text, "sourceType" text, source text, schema text, profile text, tags jsonb) order by i.name, i.digest),
    run as (select id, experiment_id from drawloom.tracked_run where id = ${id}),
    made as (
      insert into drawloom.dataset as d (experiment_id, name, digest, source_type, source, schema, profile)
      select run.experiment_id, g.name, g.digest, g."sourceType", g.source, g.schema, g.profile from run, given g
      on conflict (experiment_id, name, digest) do update set source = d.source returning id, name, digest)
    insert into drawloom.tracked_input (tracked_id, dataset_id, tags)
    select run.id, made.id, coalesce(g.tags, '{}') from run, made join given g using (name, digest)
    on conflict do nothing`;
}
