/** Decides whether a run that does another one again came to the same: artifact by artifact by their digests, and number by number. */
import type { Reproduction } from '@drawloom/shared/api/runs.ts';
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { Column, PortKind } from '@drawloom/shared/node-type/ports.ts';
import { isRunFinal, type RunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';

type Artifact = Reproduction['artifacts'][number];

interface Made {
  sha256: string;
  kind: PortKind;
  sizeBytes: number;
  rowCount: number | null;
  columns: Column[] | null;
  profile: Json;
}

/** Null: the run does none again. */
export async function readReproduction(tx: Tx, run: number): Promise<Reproduction | null> {
  const [found] = await tx.execute<{ of: string | null; status: RunStatus; known: boolean }>(sql`
    select r.reproduces as of, r.status, exists (select from drawloom.run o where o.id = r.reproduces and o.leaving_at is null) as known
    from drawloom.run r where r.id = ${run}::bigint`);
  if (!found || found.of === null) return null;
  const of = Number(found.of);
  const artifacts = await artifactsOf(tx, of, run);
  const numbers = await numbersOf(tx, of, run);
  return {
    run,
    of,
    verdict: verdictOf(
      found.status,
      found.known,
      [...artifacts, ...numbers].map((one) => one.verdict),
    ),
    artifacts,
    numbers,
  };
}

function verdictOf(status: RunStatus, known: boolean, parts: readonly Artifact['verdict'][]): Reproduction['verdict'] {
  if (!known) return 'forgotten';
  if (!isRunFinal(status)) return 'pending';
  if (status !== 'succeeded') return 'failed';
  return parts.every((part) => part === 'identical') ? 'identical' : 'different';
}

async function artifactsOf(tx: Tx, of: number, run: number): Promise<Artifact[]> {
  const outputs = (which: number) => sql`
    select n.node, u.port, u.position, jsonb_build_object('sha256', a.sha256, 'kind', a.kind, 'sizeBytes', a.size_bytes,
      'rowCount', a.row_count, 'columns', a.columns, 'profile', a.profile) as made
    from drawloom.node_run n
    join drawloom.artifact_use u on u.run_id = n.run_id and u.node = n.node and u.map_index = 0 and u.attempt = n.attempt and u.direction = 'out'
    join drawloom.artifact a on a.id = u.artifact_id
    where n.run_id = ${which}::bigint and n.map_index = 0 and n.status in ('succeeded', 'reused')`;
  const rows = await tx.execute<{
    node: string;
    name: string;
    port: string;
    position: number;
    final: boolean;
    before: Made | null;
    now: Made | null;
  }>(sql`
    select p.node_id as node, p.name, x.port, x.position, x.before, x.now,
      (select n.finished_at is not null from drawloom.node_run n where n.run_id = r.id and n.node = p.node and n.map_index = 0) as final
    from (
      select node, port, position, b.made as before, w.made as now
      from (${outputs(of)}) b full join (${outputs(run)}) w using (node, port, position)
    ) x
    join drawloom.run r on r.id = ${run}::bigint
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = x.node
    order by p.node, x.port, x.position`);
  return rows.map(({ node, name, port, position, before, now, final }) => ({
    node,
    name,
    port,
    position,
    kind: (now ?? before)!.kind,
    verdict: !now
      ? final
        ? 'missing'
        : 'pending'
      : !before
        ? 'new'
        : before.sha256 === now.sha256
          ? 'identical'
          : 'different',
    before: before?.sha256 ?? null,
    now: now?.sha256 ?? null,
    differences: before && now && before.sha256 !== now.sha256 ? differencesOf(before, now) : [],
  }));
}

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

/** The last value of each number that a node logged. */
async function numbersOf(tx: Tx, of: number, run: number): Promise<Reproduction['numbers']> {
  const last = (which: number) => sql`
    select distinct on (n.node, m.key) n.node, m.key, m.value::text as value
    from drawloom.node_run n
    join drawloom.metric m on m.run_id = coalesce(n.reused_from_run, n.run_id) and m.node = coalesce(n.reused_from_node, n.node)
      and m.map_index = coalesce(n.reused_from_map_index, n.map_index)
    where n.run_id = ${which}::bigint and n.map_index = 0 and n.status in ('succeeded', 'reused')
    order by n.node, m.key, m.attempt desc, m.step desc, m.at desc`;
  const rows = await tx.execute<{
    node: string;
    name: string;
    key: string;
    before: string | null;
    now: string | null;
    final: boolean;
  }>(sql`
    select p.node_id as node, p.name, x.key, x.before, x.now,
      (select n.finished_at is not null from drawloom.node_run n where n.run_id = r.id and n.node = p.node and n.map_index = 0) as final
    from (select node, key, b.value as before, w.value as now from (${last(of)}) b full join (${last(run)}) w using (node, key)) x
    join drawloom.run r on r.id = ${run}::bigint
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = x.node
    order by p.node, x.key`);
  return rows.map(({ before, now, final, ...row }) => ({
    ...row,
    before,
    now,
    verdict:
      now === null
        ? final
          ? 'missing'
          : 'pending'
        : before === null
          ? 'new'
          : before === now
            ? 'identical'
            : 'different',
  }));
}
