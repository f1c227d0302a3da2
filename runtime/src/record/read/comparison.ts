/**
 * Decides what differs between what two runs made: artifact by artifact by their digests, number by number, and of each node's work
 * which part of its key. Nodes are known by their ids, so that runs of different versions can be compared.
 */
import type { Comparison } from '@drawloom/shared/api/comparison.ts';
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { Column, PortKind } from '@drawloom/shared/node-type/ports.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { differencesOf as partsThatDiffer, type WorkSide } from './reuse.ts';

type Artifact = Comparison['artifacts'][number];

interface Made {
  sha256: string;
  kind: PortKind;
  sizeBytes: number;
  rowCount: number | null;
  columns: Column[] | null;
  profile: Json;
}

/** Null: one of the two is not there, or they are not of one project. */
export async function compareRuns(tx: Tx, base: number, run: number): Promise<Comparison | null> {
  const [found] = await tx.execute<{ both: boolean }>(sql`
    select count(*) = ${base === run ? 1 : 2} and count(distinct p.project_id) = 1 as both from drawloom.run r join drawloom.pipeline p on p.id = r.pipeline_id
    where r.id in (${base}::bigint, ${run}::bigint) and r.leaving_at is null`);
  if (!found?.both) return null;
  return {
    base,
    run,
    work: await compareWork(tx, base, run),
    artifacts: await compareArtifacts(tx, base, run),
    numbers: await compareNumbers(tx, base, run),
  };
}

/** Of each node that both have, the parts of its key that differ: its type, code, parameters, environment, seed and inputs. */
async function compareWork(tx: Tx, base: number, run: number): Promise<Comparison['work']> {
  const side = (which: number) => sql`
    select p.node, p.node_id, p.name, p.key_parts,
      (select coalesce(jsonb_object_agg(u.port || case when u.position > 0 then ' ' || u.position + 1 else '' end, a.sha256), '{}')
        from drawloom.artifact_use u join drawloom.artifact a on a.id = u.artifact_id
        where u.run_id = n.run_id and u.node = n.node and u.map_index = 0 and u.attempt = n.attempt and u.direction = 'in') as inputs
    from drawloom.run r join drawloom.plan_node p on p.plan_id = r.plan_id
    join drawloom.node_run n on n.run_id = r.id and n.node = p.node and n.map_index = 0
    where r.id = ${which}::bigint`;
  const rows = await tx.execute<{
    node: string;
    name: string;
    before: Pick<WorkSide, 'key_parts' | 'inputs'>;
    now: Pick<WorkSide, 'key_parts' | 'inputs'>;
  }>(sql`
    select w.node_id as node, w.name, jsonb_build_object('key_parts', b.key_parts, 'inputs', b.inputs) as before,
      jsonb_build_object('key_parts', w.key_parts, 'inputs', w.inputs) as now
    from (${side(base)}) b join (${side(run)}) w using (node_id) order by w.node`);
  return rows
    .map(({ node, name, before, now }) => ({ node, name, differences: partsThatDiffer(before, now) }))
    .filter(({ differences }) => differences.length > 0);
}

/** What the nodes of each of them gave, side by side, in the order of the later run's plan. */
export async function compareArtifacts(tx: Tx, base: number, run: number): Promise<Artifact[]> {
  const outputs = (which: number) => sql`
    select p.node_id, p.node, p.name, u.port, u.position, jsonb_build_object('sha256', a.sha256, 'kind', a.kind, 'sizeBytes', a.size_bytes,
      'rowCount', a.row_count, 'columns', a.columns, 'profile', a.profile) as made
    from drawloom.run r join drawloom.plan_node p on p.plan_id = r.plan_id
    join drawloom.node_run n on n.run_id = r.id and n.node = p.node and n.map_index = 0 and n.status in ('succeeded', 'reused')
    join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.map_index = 0 and u.attempt = n.attempt and u.direction = 'out'
    join drawloom.artifact a on a.id = u.artifact_id
    where r.id = ${which}::bigint`;
  const rows = await tx.execute<{
    node: string;
    name: string;
    port: string;
    position: number;
    open: boolean;
    before: Made | null;
    now: Made | null;
  }>(sql`
    select node_id as node, coalesce(w.name, b.name) as name, port, position, ${stillOpen(run)} as open, b.made as before, w.made as now
    from (${outputs(base)}) b full join (${outputs(run)}) w using (node_id, port, position)
    order by coalesce(w.node, b.node), node_id, port, position`);
  return rows.map(({ node, name, port, position, before, now, open }) => ({
    node,
    name,
    port,
    position,
    kind: (now ?? before)!.kind,
    verdict: verdictOf(before?.sha256 ?? null, now?.sha256 ?? null, open),
    before: before?.sha256 ?? null,
    now: now?.sha256 ?? null,
    differences: before && now && before.sha256 !== now.sha256 ? differencesOf(before, now) : [],
  }));
}

/** Whether the node of that id may still make something in this run. */
const stillOpen = (run: number) => sql`exists (
  select 1 from drawloom.run o join drawloom.plan_node op on op.plan_id = o.plan_id and op.node_id = coalesce(w.node_id, b.node_id)
  join drawloom.node_run n on n.run_id = o.id and n.node = op.node and n.map_index = 0
  where o.id = ${run}::bigint and n.finished_at is null)`;

const verdictOf = (before: string | null, now: string | null, open: boolean): Artifact['verdict'] =>
  now === null ? (open ? 'pending' : 'missing') : before === null ? 'new' : before === now ? 'identical' : 'different';

/** What can be told without opening the bytes. */
function differencesOf(before: Made, now: Made): Artifact['differences'] {
  const found: Artifact['differences'] = [];
  const tell = (what: string, a: Json, b: Json) => {
    const [x, y] = [textOf(a), textOf(b)];
    if (x !== y) found.push({ what, before: x, now: y });
  };
  tell('kind', before.kind, now.kind);
  tell('rows', before.rowCount, now.rowCount);
  const [a, b] = [before.columns ?? [], now.columns ?? []];
  for (const name of [...new Set([...a, ...b].map((column) => column.name))])
    tell(
      `column ${name}`,
      a.find((one) => one.name === name)?.type ?? null,
      b.find((one) => one.name === name)?.type ?? null,
    );
  for (const [name, x, y] of profilesOf(before.profile, now.profile))
    if (canonical(x) !== canonical(y)) found.push({ what: `values of ${name}`, before: null, now: null });
  tell('bytes', before.sizeBytes, now.sizeBytes);
  if (found.length === 0) found.push({ what: 'content', before: null, now: null });
  return found;
}

/** The columns that both profiles describe. */
function profilesOf(before: Json, now: Json): [string, Json, Json][] {
  const [a, b] = [columnsIn(before), columnsIn(now)];
  return [...a].flatMap(([name, x]) => (b.has(name) ? [[name, x, b.get(name)!] as [string, Json, Json]] : []));
}

function columnsIn(profile: Json): Map<string, Json> {
  const columns = profile !== null && typeof profile === 'object' && !Array.isArray(profile) ? profile.columns : null;
  return new Map(
    (Array.isArray(columns) ? columns : []).flatMap((one) =>
      one !== null && typeof one === 'object' && !Array.isArray(one) && typeof one.name === 'string'
        ? [[one.name, one]]
        : [],
    ),
  );
}

const textOf = (value: Json): string | null =>
  value === null ? null : typeof value === 'string' ? value : canonical(value);

/** The last value of each number that a node logged in each of them. */
export async function compareNumbers(tx: Tx, base: number, run: number): Promise<Comparison['numbers']> {
  const last = (which: number) => sql`
    select distinct on (p.node, m.key) p.node, p.node_id, p.name, m.key, m.value::text as value
    from drawloom.run r join drawloom.plan_node p on p.plan_id = r.plan_id
    join drawloom.node_run n on n.run_id = r.id and n.node = p.node and n.map_index = 0 and n.status in ('succeeded', 'reused')
    join drawloom.metric m on m.run_id = coalesce(n.reused_from_run, n.run_id) and m.node = coalesce(n.reused_from_node, n.node)
      and m.map_index = coalesce(n.reused_from_map_index, n.map_index)
    where r.id = ${which}::bigint
    order by p.node, m.key, m.attempt desc, m.step desc, m.at desc`;
  const rows = await tx.execute<{
    node: string;
    name: string;
    key: string;
    before: string | null;
    now: string | null;
    open: boolean;
  }>(sql`
    select node_id as node, coalesce(w.name, b.name) as name, key, ${stillOpen(run)} as open, b.value as before, w.value as now
    from (${last(base)}) b full join (${last(run)}) w using (node_id, key)
    order by coalesce(w.node, b.node), node_id, key`);
  return rows.map(({ open, ...row }) => ({ ...row, verdict: verdictOf(row.before, row.now, open) }));
}
