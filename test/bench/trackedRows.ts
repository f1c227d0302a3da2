/** Decides what a full memory looks like: many runs with numbers, parameters and tags, and one number with a long history; made by a seed. */
import type { Sql } from '../../runtime/src/db/connection.ts';

/**
 * Runs of two experiments, three quarters of them in the first: ten numbers of which `loss` is anywhere, `epochs` often the same and
 * `rare` with a few, ten parameters of few and of many values, and three tags. Returns the two.
 */
export async function fillTracked(sql: Sql, project: string, count: number): Promise<[number, number]> {
  const made = await sql<{ id: string }[]>`
    insert into drawloom.experiment (project_id, name) select ${project}, 'full ' || n from generate_series(1, 2) n returning id`;
  const [first, second] = made.map(({ id }) => Number(id)) as [number, number];
  await sql.begin(async (tx) => {
    await tx`select setseed(0.5)`;
    await tx`
      insert into drawloom.tracked_run (uuid, experiment_id, name, user_id, status, start_ms, end_ms)
      select md5(n::text), case when n % 4 = 0 then ${second}::bigint else ${first}::bigint end, 'run ' || n, 'person ' || n % 50,
        case when n % 100 = 0 then 'FAILED' else 'FINISHED' end, 1700000000000 + n * 1000, 1700000000000 + n * 1000 + 60000
      from generate_series(1, ${count}::int) n`;
    const of = tx`from drawloom.tracked_run r cross join generate_series(0, 9) k where r.experiment_id in (${first}, ${second})`;
    await tx`
      insert into drawloom.tracked_latest (tracked_id, key, experiment_id, start_ms, step, at_ms, value)
      select r.id, case k when 0 then 'loss' when 1 then 'epochs' else 'metric_' || k end, r.experiment_id, r.start_ms, 10, r.end_ms,
        case k when 1 then 10 * (1 + r.id % 3) else random() end ${of} order by r.id, k`;
    await tx`
      insert into drawloom.tracked_latest (tracked_id, key, experiment_id, start_ms, step, at_ms, value)
      select r.id, 'rare', r.experiment_id, r.start_ms, 10, r.end_ms, random() from drawloom.tracked_run r
      where r.id % 1000 = 7 and r.experiment_id in (${first}, ${second})`;
    await tx`
      insert into drawloom.tracked_parameter (tracked_id, key, experiment_id, start_ms, value)
      select r.id, case k when 0 then 'model' when 1 then 'seed' else 'param_' || k end, r.experiment_id, r.start_ms,
        case k when 0 then (array['tree', 'forest', 'linear', 'boost', 'net'])[1 + r.id % 5] when 1 then r.id::text
          else floor(random() * 10 ^ (k / 2))::text end ${of} order by r.id, k`;
    await tx`
      insert into drawloom.tracked_tag (tracked_id, key, experiment_id, start_ms, value)
      select r.id, t.key, r.experiment_id, r.start_ms, t.value from drawloom.tracked_run r
      cross join lateral (values ('mlflow.runName', r.name), ('team', (array['blue', 'red'])[1 + r.id % 2]), ('commit', md5((r.id / 20)::text))) t (key, value)
      where r.experiment_id in (${first}, ${second}) order by r.id`;
  });
  await sql`vacuum (analyze) drawloom.tracked_run, drawloom.tracked_latest, drawloom.tracked_parameter, drawloom.tracked_tag`;
  return [first, second];
}

/** So many points of one number of the newest run in an experiment. Returns the run's id outside. */
export async function fillHistory(sql: Sql, experiment: number, key: string, points: number): Promise<string> {
  const [run] = await sql<{ uuid: string }[]>`
    with newest as (select id, uuid from drawloom.tracked_run where experiment_id = ${experiment} order by start_ms desc limit 1),
    told as (
      insert into drawloom.tracked_metric (tracked_id, key, step, at_ms, value)
      select newest.id, ${key}, n, 1700000000000 + n, 1.0 / (n + 1) from newest, generate_series(0, ${points - 1}::int) n)
    select uuid from newest`;
  await sql`vacuum (analyze) drawloom.tracked_metric`;
  return run!.uuid;
}
