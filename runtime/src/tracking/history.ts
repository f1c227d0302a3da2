/**
 * Decides how the numbers of one name are read: page by page in the order in which they were meant, or as few points as a chart can show.
 * What a node of a pipeline logged stands where its attempt wrote it, under the fence; what came from outside stands beside its run.
 */
import type { Sql } from '../db/connection.ts';
import type { Metric } from './runs.ts';
import type { Fragment } from './search/question.ts';

/** Where the points of one name are kept, as what makes a question for `step`, `at_ms` and `value`; a question by itself would be asked when awaited. */
async function pointsOf(sql: Sql, id: number, key: string): Promise<() => Fragment> {
  const [at] = await sql<{ run: string | null; node: number; map_index: number; attempt: number; name: string }[]>`
    select run, node, map_index, attempt, name from drawloom.metric_source(${id}, ${key})`;
  if (!at || at.run === null)
    return () => sql`select step, at_ms, value from drawloom.tracked_metric where tracked_id = ${id} and key = ${key}`;
  return () => sql`select step, (extract(epoch from at) * 1000)::bigint as at_ms, value from drawloom.metric
    where run_id = ${at.run} and node = ${at.node} and map_index = ${at.map_index} and attempt = ${at.attempt} and key = ${at.name}`;
}

interface Row {
  step: string;
  at_ms: string;
  value: number;
}
const metricOf =
  (key: string) =>
  ({ step, at_ms, value }: Row): Metric => ({
    key,
    step: Number(step),
    timestamp: Number(at_ms),
    value: Number(value),
  });

/** The numbers of one name, in the order in which they were meant. */
export async function metricHistory(
  sql: Sql,
  id: number,
  key: string,
  { limit, after }: { limit: number; after: [number, number, number] | undefined },
): Promise<Metric[]> {
  const points = await pointsOf(sql, id, key);
  const rows = await sql<Row[]>`
    select step, at_ms, value from (${points()}) p
    ${after ? sql`where step >= ${after[0]} and (step, at_ms, value) > (${after[0]}, ${after[1]}, ${String(after[2])}::text::float8)` : sql``}
    order by step, at_ms, value limit ${limit}`;
  return rows.map(metricOf(key));
}

export interface Stretch {
  from?: number | undefined;
  to?: number | undefined;
  /** How many points there may be. */
  most: number;
}

/**
 * At most so many points, evenly spread over the steps, the first and the last among them. A million are not read for that: each point
 * is looked up by its place. Where all stand at one step, they are spread over the time.
 */
export async function sampledHistory(
  sql: Sql,
  id: number,
  key: string,
  { from, to, most }: Stretch,
): Promise<Metric[]> {
  const points = await pointsOf(sql, id, key);
  const within = sql`step >= ${from ?? -(2 ** 53)} and step <= ${to ?? 2 ** 53}`;
  const all = await sql<Row[]>`
    select step, at_ms, value from (${points()}) p where ${within} order by step, at_ms, value limit ${most + 1}`;
  if (all.length <= most) return all.map(metricOf(key));
  const [ends] = await sql<{ first: string; last: string }[]>`
    select (select min(step) from (${points()}) p where ${within}) as first, (select max(step) from (${points()}) p where ${within}) as last`;
  const { first, last } = ends!;
  const [axis, where] = first === last ? [sql`at_ms`, sql`step = ${first}`] : [sql`step`, sql`${within}`];
  const [least, greatest] =
    first === last
      ? await sql<{ first: string; last: string }[]>`
          select (select min(at_ms) from (${points()}) p where step = ${first}) as first,
            (select max(at_ms) from (${points()}) p where step = ${first}) as last`.then(([row]) => [
          row!.first,
          row!.last,
        ])
      : [first, last];
  const rows = await sql<Row[]>`
    select distinct p.step, p.at_ms, p.value
    from generate_series(0, ${most - 1}::int) g (place)
    cross join lateral (
      select step, at_ms, value from (${points()}) q
      where ${where} and ${axis} >= ${least!}::bigint + ((${greatest!}::bigint - ${least!}::bigint)::numeric * g.place / ${Math.max(1, most - 1)}::int)::bigint
      order by ${axis}, step, at_ms, value limit 1) p
    order by p.step, p.at_ms, p.value`;
  return rows.map(metricOf(key));
}
