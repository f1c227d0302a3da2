/** Decides what is shown of a job or a data set that programs outside told of: the latest word of each facet, and of a job its latest runs. */
import type { ToldLineage } from '@drawloom/shared/api/lineage.ts';
import type { Sql } from '../db/connection.ts';
import { readId } from './graph/cards.ts';

const mostRuns = 50;

/** Undefined: nobody told the project of such a thing. */
export async function heardOf(sql: Sql, projectId: string, id: string): Promise<ToldLineage | undefined> {
  const read = readId(id);
  if (!read) return undefined;
  const [namespace = '', name = ''] = read.parts;
  const isJob = read.kind === 'job';
  const [row] = await sql<{ facets: ToldLineage['facets']; runs: ToldLineage['runs'] }[]>`
    select (select coalesce(jsonb_object_agg(f.key, f.value), '{}') from jsonb_each(k.facets) f
        where jsonb_typeof(f.value -> 'facet') <> 'null') as facets,
      ${isJob ? runsOf(sql) : sql`'[]'::jsonb`} as runs
    from drawloom.${sql(isJob ? 'lineage_job' : 'lineage_set')} k
    where k.project_id = ${projectId} and k.namespace = ${namespace} and k.name = ${name}`;
  return row && { id, ...row };
}

const runsOf = (sql: Sql) => sql`(
  select coalesce(jsonb_agg(jsonb_build_object('id', r.uuid, 'state', r.state,
      'beganAt', ${instant(sql, 'began_at')}, 'at', ${instant(sql, 'state_at')}) order by r.state_at desc, r.id desc), '[]')
  from (select * from drawloom.lineage_run where job_id = k.id order by state_at desc limit ${mostRuns}) r)`;

const instant = (sql: Sql, column: 'began_at' | 'state_at') =>
  sql`to_char(r.${sql(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
