/**
 * Decides what new versions of data set off. A version of an output is noted by the transaction that ends its run
 * (`migrations/routines/new_data.sql`), one of a file by whoever looks and finds other bytes; both once. Here they become fires, under the
 * trigger's row: what became part of one carries its number, so nothing counts twice, whichever process dies between two of them.
 */
import type { DataVersion } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import { withBody } from '@drawloom/shared/trigger/message.ts';
import { withNominal } from '@drawloom/shared/trigger/nominal.ts';
import type { NewData } from '@drawloom/shared/trigger/occasion.ts';
import type postgres from 'postgres';
import { pinFile } from '../artifacts/projectFiles.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Sql, Tx } from '../db/connection.ts';

interface Version {
  id: string;
  input: number;
  run_id: string | null;
  sha256: string;
  size_bytes: string | null;
}

/** Makes fires of the versions that are new. Returns how many. */
export async function fireNewData(sql: Sql): Promise<number> {
  const waiting =
    await sql`select distinct trigger_id as id from drawloom.trigger_input where fire_id is null limit 200`;
  let fired = 0;
  for (const { id } of waiting) fired += await sql.begin((tx) => fireTrigger(tx, id));
  return fired;
}

async function fireTrigger(tx: postgres.TransactionSql, trigger: string): Promise<number> {
  const [held] = await tx`
    select enabled, spec, parameters, extract(epoch from date_trunc('milliseconds', now())) * 1000 as now_ms
    from drawloom.trigger where id = ${trigger} for update skip locked`;
  if (!held) return 0; // somebody else is at it, or it is gone
  const versions = await tx<Version[]>`
    select id, input, run_id, sha256, size_bytes from drawloom.trigger_input where trigger_id = ${trigger} and fire_id is null order by id`;
  if (!held.enabled) {
    await consume(tx, versions, 0);
    return 0;
  }
  const on = held.spec as NewData;
  const wanted = on.when === 'any' ? versions.map((one) => [one]) : allOf(on, versions);
  for (const group of wanted) {
    const data = group.map((one) => versionOf(on, one));
    const parameters = withBody(
      withNominal(held.parameters as Record<string, Json>, Number(held.now_ms), 'UTC'),
      messageOf(on, data),
    );
    const [fire] = await tx`
      insert into drawloom.fire (trigger_id, key, nominal_at, due_at, state, parameters, data)
      values (${trigger}, ${`data ${group.map(({ id }) => id).join(' ')}`}, date_trunc('milliseconds', now()), now(), 'due',
        ${JSON.stringify(parameters)}::text::jsonb, ${JSON.stringify(data)}::text::jsonb)
      returning id`;
    await consume(tx, on.when === 'any' ? group : versions, Number(fire!.id));
  }
  return wanted.length;
}

/** The last version of every input, once each of them has a new one; those before it are passed over. */
function allOf({ inputs }: NewData, versions: readonly Version[]): Version[][] {
  const last = inputs.map((_, index) => versions.findLast(({ input }) => input === index));
  return last.every((one) => one !== undefined) ? [last] : [];
}

async function consume(tx: postgres.TransactionSql, versions: readonly Version[], fire: number): Promise<void> {
  await tx`update drawloom.trigger_input set fire_id = ${fire}::bigint
    where id in (select t::bigint from jsonb_array_elements_text(${JSON.stringify(versions.map(({ id }) => id))}::text::jsonb) t)`;
}

function versionOf({ inputs }: NewData, { input, run_id, sha256, size_bytes }: Version): DataVersion {
  const source = inputs[input]!;
  const name = source.kind === 'file' ? source.name : `${source.node}.${source.port}`;
  return { input, run: run_id === null ? null : Number(run_id), name, sha256, sizeBytes: Number(size_bytes ?? 0) };
}

/** What parameters can be taken from: `/changed/sha256`, `/inputs/0/run`. An input without a new version is absent there. */
function messageOf({ inputs }: NewData, data: readonly DataVersion[]): Json {
  const told = (one: DataVersion | undefined): Json => (one ? { ...inputs[one.input]!, ...one } : null);
  return {
    changed: told(data.at(-1)),
    inputs: inputs.map((_, index) => told(data.find(({ input }) => input === index))),
  };
}

/** What is needed to look at files. */
export interface FileGround {
  sql: Sql;
  db: Tx;
  store: ArtifactStore;
  config: { home: string };
}

/** Notes the files that are other ones than before. What is seen first is what later ones are compared with. Returns how many are new. */
export async function lookAtFiles(ground: FileGround): Promise<number> {
  const { sql, db, store, config } = ground;
  const watching = await sql`
    select t.id from drawloom.trigger t
    where t.spec ->> 'kind' = 'data' and t.enabled and jsonb_path_exists(t.spec, '$.inputs[*] ? (@.kind == "file")')`;
  let noted = 0;
  for (const { id } of watching)
    noted += await sql.begin(async (tx) => {
      // Held while the files are read: of two who look, the second compares with what the first found.
      const [trigger] = await tx`
        select t.spec, p.id as project_id, p.settings from drawloom.trigger t join drawloom.project p on p.id = t.project_id
        where t.id = ${id} and t.enabled for update of t skip locked`;
      if (!trigger) return 0;
      let fresh = 0;
      for (const [input, source] of (trigger.spec as NewData).inputs.entries()) {
        if (source.kind !== 'file') continue;
        const owner = { id: trigger.project_id as string, settings: trigger.settings as unknown };
        const found = await pinFile(db, store, config.home, owner, source.name);
        const [before] = await tx`
          select id, sha256 from drawloom.trigger_input where trigger_id = ${id} and input = ${input} order by id desc limit 1`;
        const sha256 = found?.sha256 ?? null;
        if (before && before.sha256 === sha256) continue;
        const isNew = before !== undefined && sha256 !== null;
        await tx`
          insert into drawloom.trigger_input (trigger_id, input, version, sha256, size_bytes, fire_id)
          values (${id}, ${input}, ${`file ${before?.id ?? 0}`}, ${sha256}, ${found?.sizeBytes ?? null}, ${isNew ? null : 0})`;
        if (isNew) fresh++;
      }
      return fresh;
    });
  return noted;
}
