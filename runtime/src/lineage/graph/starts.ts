/** Decides which cards a question begins at: what is known in the project under the id that was asked for. */
import { largestOrdinal } from '@drawloom/shared/api/contract.ts';
import type { Sql } from '../../db/connection.ts';
import { type Card, card, fileKey, type NamedSet, type Realm, readId, texts } from './cards.ts';
import { versionsOfFiles } from './named.ts';
import { cardsOfSets, isOurs } from './others.ts';

interface Asked {
  sql: Sql;
  realm: Realm;
  /** One more than the answer may hold. */
  most: number;
}
type Finder = (asked: Asked, ...parts: string[]) => Promise<Card[]>;

export async function startsOf(
  sql: Sql,
  realm: Realm,
  { from, limit }: { from: string; limit: number },
): Promise<{ cards: Card[]; more: boolean }> {
  const id = readId(from);
  const finder = id && finders[id.kind];
  if (!id || !finder) return { cards: [], more: false };
  const cards = await finder({ sql, realm, most: limit + 1 }, ...id.parts);
  return { cards: cards.slice(0, limit), more: cards.length > limit };
}

const whole = (text: string | undefined): number | null => {
  const number = /^\d{1,15}$/.test(text ?? '') ? Number(text) : null;
  return number;
};
const ordinal = (text: string | undefined): number | null => {
  const number = whole(text);
  return number !== null && number <= largestOrdinal ? number : null;
};

const finders: Record<string, Finder> = {
  artifact: async ({ sql, realm }, sha256, kind = null as never) => {
    const rows = await sql<{ id: string }[]>`
      select id::text from drawloom.artifact
      where project_id = ${realm.projectId} and sha256 = ${sha256 ?? ''} and kind = coalesce(${kind}, kind) order by id`;
    return rows.map((row) => card('artifact', row.id));
  },
  run: (asked, run) => nodeRuns(asked, run, null, null),
  'node-run': (asked, run, node, item = '0') => nodeRuns(asked, run, node ?? '', item),
  file: async ({ sql, realm, most }, name = '', sha256) => {
    const versions = (await versionsOfFiles(sql, realm, [name], most)).get(name) ?? [];
    const known = sha256 === undefined ? versions : versions.filter((one) => one === sha256);
    if (known.length > 0 || sha256 !== undefined) return known.map((one) => card('file', fileKey(one, name)));
    const [told] = await sql`
      select from drawloom.lineage_set
      where project_id = ${realm.projectId} and namespace = any(${texts(sql, realm.namespaces)}) and name = ${`data/${name}`}`;
    return told ? [card('file', fileKey(null, name))] : [];
  },
  'data-set': async ({ sql, realm, most }, namespace = '', name = '') => {
    const sets = await sql<NamedSet[]>`
      select s.id::text, s.namespace, s.name, s.facets #>> '{version,facet,datasetVersion}' as version from drawloom.lineage_set s
      where s.project_id = ${realm.projectId} and s.namespace = ${namespace} and s.name = ${name}`;
    return [...(await cardsOfSets(sql, realm, sets, { way: 'down', most })).values()].flat();
  },
  job: async ({ sql, realm }, namespace = '', name = '') => {
    const rows = await sql<{ id: string }[]>`
      select j.id::text from drawloom.lineage_job j
      where j.project_id = ${realm.projectId} and j.namespace = ${namespace} and j.name = ${name} and not ${isOurs(sql, realm)}`;
    return rows.map(({ id }) => card('job', id));
  },
  model: (asked, name) => versions(asked, name ?? '', null),
  'model-version': async (asked, name, version) => {
    const number = ordinal(version);
    return number === null ? [] : versions(asked, name ?? '', number);
  },
  'tracked-run': async ({ sql, realm }, uuid = '') => {
    const rows = await sql<{ id: string; run: string | null; node: number | null; item: number | null }[]>`
      select t.id::text, t.run_id::text as run, t.node, t.map_index as item from drawloom.tracked_run t
      join drawloom.experiment e on e.id = t.experiment_id and e.project_id = ${realm.projectId} where t.uuid = ${uuid}`;
    return rows.map(({ id, run, node, item }) =>
      run !== null && node !== null ? card('node-run', [run, node, item ?? 0].join('.')) : card('tracked-run', id),
    );
  },
  'tracked-data': async ({ sql, realm }, experiment, name = '', digest = '') => {
    const rows = await sql<{ id: string }[]>`
      select d.id::text from drawloom.dataset d join drawloom.experiment e on e.id = d.experiment_id and e.project_id = ${realm.projectId}
      where d.experiment_id = ${whole(experiment) ?? 0} and d.name = ${name} and d.digest = ${digest}`;
    return rows.map(({ id }) => card('tracked-data', id));
  },
  code: (asked, sha256) => worked(asked, 'code', sha256 ?? ''),
  environment: (asked, hash) => worked(asked, 'environment', hash ?? ''),
};

/** Work that was taken over stands where it was done. */
async function nodeRuns(
  { sql, realm, most }: Asked,
  run: string | undefined,
  node: string | null,
  item: string | null,
): Promise<Card[]> {
  const [number, index] = [whole(run), item === null ? null : ordinal(item)];
  if (number === null || (item !== null && index === null)) return [];
  const rows = await sql<{ key: string }[]>`
    select distinct on (n.node, n.map_index) concat_ws('.', coalesce(n.reused_from_run, n.run_id),
      coalesce(n.reused_from_node, n.node), case when n.reused_from_run is null then n.map_index else coalesce(n.reused_from_map_index, 0) end) as key
    from drawloom.run r
    join drawloom.node_run n on n.run_id = r.id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    where r.id = ${number} and r.project_id = ${realm.projectId} and r.leaving_at is null
      and ${node === null ? sql`n.status in ('succeeded', 'reused')` : sql`p.node_id = ${node} and n.map_index = ${index}`}
    order by n.node, n.map_index limit ${most}`;
  return rows.map(({ key }) => card('node-run', key));
}

async function versions({ sql, realm, most }: Asked, name: string, version: number | null): Promise<Card[]> {
  const rows = await sql<{ id: string }[]>`
    select v.id::text from drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id
    where m.project_id = ${realm.projectId} and m.name = ${name} and v.version = coalesce(${version}, v.version)
    order by v.version desc limit ${most}`;
  return rows.map(({ id }) => card('model-version', id));
}

async function worked({ sql, realm }: Asked, kind: 'code' | 'environment', hash: string): Promise<Card[]> {
  const of = kind === 'code' ? sql`(p.key_parts ->> 'code')` : sql`p.environment`;
  const [known] = await sql`
    select from drawloom.plan_node p join drawloom.run r on r.plan_id = p.plan_id and r.project_id = ${realm.projectId}
    where ${of} = ${hash} limit 1`;
  return known ? [card(kind, hash)] : [];
}
