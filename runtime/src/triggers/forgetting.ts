/**
 * Decides how long a trigger remembers what it fired: a month, and its last hundred fires however old they are, so that a schedule of
 * every minute keeps thousands of rows and one of every quarter keeps its years. What is not over is kept; so are the fires of run sets,
 * which are what those sets consist of.
 */
import type { Sql } from '../db/connection.ts';

export const keptDays = 30;
export const keptFires = 100;
/** As many rows go in one transaction, so that whoever notes new ones does not wait long. */
const batch = 5000;

/** Forgets what is older, and signing keys that ran out. Returns how many fires went. */
export async function forgetFires(sql: Sql): Promise<number> {
  await sql`delete from drawloom.trigger_key where good_until < now()`;
  // Of each input the last version is what the next one is compared with.
  await sql`
    delete from drawloom.trigger_input i
    where (i.fire_id is not null and i.noted_at < now() - ${keptDays} * interval '1 day'
        and exists (select from drawloom.trigger_input l where l.trigger_id = i.trigger_id and l.input = i.input and l.id > i.id))
      or not exists (select from drawloom.trigger t where t.id = i.trigger_id)`;
  await forgetSensors(sql);
  let gone = 0;
  for (const { id } of await sql`select id from drawloom.trigger`) {
    for (let went = batch; went === batch; gone += went) went = await forgetSome(sql, id);
  }
  return gone;
}

/** What a sensor was asked by goes once its trigger is gone and no run of it is left. */
async function forgetSensors(sql: Sql): Promise<void> {
  await sql.begin(async (tx) => {
    const left = await tx`
      select p.id from drawloom.pipeline p
      where p.sensor_of is not null and not exists (select from drawloom.trigger t where t.id = p.sensor_of)
        and not exists (select from drawloom.run r where r.pipeline_id = p.id)
      limit 100 for update`;
    for (const { id } of left) {
      await tx`delete from drawloom.pipeline_version where pipeline_id = ${id}`;
      await tx`delete from drawloom.pipeline where id = ${id}`;
    }
  });
}

async function forgetSome(sql: Sql, trigger: string): Promise<number> {
  const rows = await sql`
    delete from drawloom.fire f using (
      select o.id from drawloom.fire o,
        (select nominal_at, id from drawloom.fire where trigger_id = ${trigger}
          order by nominal_at desc, id desc offset ${keptFires - 1} limit 1) kept
      where o.trigger_id = ${trigger} and (o.nominal_at, o.id) < (kept.nominal_at, kept.id)
        and o.ended_at < now() - ${keptDays} * interval '1 day'
        -- A sensor may give a key again at any time, and it starts nothing twice.
        and (o.state = 'failed' or not exists (select from drawloom.trigger s where s.id = ${trigger} and s.spec ->> 'kind' = 'sensor'))
      order by o.nominal_at, o.id limit ${batch}
    ) old
    where f.id = old.id returning true`;
  return rows.length;
}
