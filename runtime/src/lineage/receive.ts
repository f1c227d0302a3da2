/**
 * Decides how an event of a program outside is taken in: as it came, and added to what is known of its job, run and data sets. Once, however
 * often it is sent, and with the same outcome in whichever order events come.
 */
import { createHash } from 'node:crypto';
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { TransactionSql } from 'postgres';
import type { Sql } from '../db/connection.ts';
import type { ToldEvent, ToldSet } from './readEvent.ts';

/** Whether it is new. */
export async function receiveEvent(sql: Sql, projectId: string, event: Json, told: ToldEvent): Promise<boolean> {
  // As the database keeps it: a number that JSON cannot hold is null from here on.
  const text = JSON.stringify(event);
  const digest = createHash('sha256')
    .update(canonical(JSON.parse(text)))
    .digest('hex');
  return await sql.begin(async (tx) => {
    const [fresh] = await tx`
      insert into drawloom.lineage_event (project_id, digest, event, event_at)
      values (${projectId}, ${digest}, ${text}::text::jsonb, ${told.at}::text::timestamptz) on conflict do nothing returning 1`;
    if (!fresh) return false;
    const sets = await addNamed(tx, 'lineage_set', projectId, told.sets, told.at);
    if (!told.job) return true;
    const job = (await addNamed(tx, 'lineage_job', projectId, [told.job], told.at)).get(keyOf(told.job))!;
    const run = told.run && (await addRun(tx, projectId, job, told.run, told.at));
    const uses = told.uses.flatMap((use) => {
      const one = { direction: use.direction, set: sets.get(keyOf(use))!, facets: use.facets };
      return [{ ...one, run: '0' }, ...(run ? [{ ...one, run }] : [])];
    });
    if (uses.length > 0)
      await tx`
        insert into drawloom.lineage_use as u (job_id, run_id, direction, set_id, facets)
        select ${job}, x.run, x.direction, x.set, x.facets
        from jsonb_to_recordset(${JSON.stringify(uses)}::text::jsonb) x(run bigint, direction text, set bigint, facets jsonb)
        order by x.run, x.direction, x.set
        on conflict (job_id, run_id, direction, set_id) do update set facets = drawloom.added_facets(u.facets, excluded.facets)`;
    return true;
  });
}

const keyOf = ({ namespace, name }: { namespace: string; name: string }) => JSON.stringify([namespace, name]);

/** Ids by name. In one order for everybody, so that two events about the same things wait for each other and never both. */
async function addNamed(
  tx: TransactionSql,
  table: 'lineage_set' | 'lineage_job',
  projectId: string,
  told: readonly ToldSet[],
  at: string,
): Promise<Map<string, string>> {
  if (told.length === 0) return new Map();
  const rows = await tx<{ id: string; namespace: string; name: string }[]>`
    insert into drawloom.${tx(table)} as k (project_id, namespace, name, facets, told_at)
    select ${projectId}, x.namespace, x.name, x.facets, ${at}::text::timestamptz
    from jsonb_to_recordset(${JSON.stringify(told)}::text::jsonb) x(namespace text, name text, facets jsonb)
    order by x.namespace collate "C", x.name collate "C"
    on conflict (project_id, namespace, name) do update
      set facets = drawloom.added_facets(k.facets, excluded.facets), told_at = greatest(k.told_at, excluded.told_at)
    returning id::text, namespace, name`;
  return new Map(rows.map((row) => [keyOf(row), row.id]));
}

async function addRun(
  tx: TransactionSql,
  projectId: string,
  job: string,
  { uuid, state, facets }: NonNullable<ToldEvent['run']>,
  at: string,
): Promise<string> {
  const later = tx`(drawloom.lineage_rank(excluded.state), excluded.state_at, excluded.state)
    > (drawloom.lineage_rank(r.state), r.state_at, r.state)`;
  const [row] = await tx<{ id: string }[]>`
    insert into drawloom.lineage_run as r (project_id, uuid, job_id, state, state_at, began_at, facets)
    values (${projectId}, ${uuid}, ${job}, ${state}, ${at}::text::timestamptz,
      ${state === 'START' ? at : null}::text::timestamptz, ${JSON.stringify(facets)}::text::jsonb)
    on conflict (project_id, uuid) do update set
      job_id = case when ${later} then excluded.job_id else r.job_id end,
      state = case when ${later} then excluded.state else r.state end,
      state_at = case when ${later} then excluded.state_at else r.state_at end,
      began_at = least(r.began_at, excluded.began_at),
      facets = drawloom.added_facets(r.facets, excluded.facets)
    returning id::text`;
  return row!.id;
}
