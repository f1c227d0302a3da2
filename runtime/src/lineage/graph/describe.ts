/** Decides what is told of each card of the graph, by one query for each kind. */
import type { LineageKind, LineageNode, LineageWay } from '@drawloom/shared/api/lineage.ts';
import type { ArtifactRef } from '@drawloom/shared/api/runs.ts';
import type { Fragment } from 'postgres';
import type { Sql } from '../../db/connection.ts';
import { type Card, columnsOf, idOf, nameOf, numbers, type Realm, readFileKey } from './cards.ts';

type Of<Kind extends LineageKind> = Omit<Extract<LineageNode, { kind: Kind }>, 'kind' | 'id' | 'more'>;
interface Described {
  key: string;
  id: string;
  facts: object;
}

/** The nodes in the order of the cards, and the ids by the cards' names; what is not on record any more has neither. */
export async function describe(
  sql: Sql,
  realm: Realm,
  cards: readonly Card[],
  more: ReadonlyMap<string, ReadonlySet<LineageWay>>,
): Promise<{ nodes: LineageNode[]; ids: Map<string, string> }> {
  const told = new Map<string, LineageNode>();
  const kinds = Map.groupBy(cards, ({ kind }) => kind);
  await Promise.all(
    [...kinds].map(async ([kind, list]) => {
      for (const { key, id, facts } of await describers[kind](
        sql,
        list.map(({ key }) => key),
        realm,
      )) {
        const name = nameOf({ kind, key });
        told.set(name, { kind, id, more: [...(more.get(name) ?? [])], ...facts } as LineageNode);
      }
    }),
  );
  return {
    nodes: cards.flatMap((one) => told.get(nameOf(one)) ?? []),
    ids: new Map([...told].map(([name, { id }]) => [name, id])),
  };
}

const instant = (sql: Sql, time: Fragment): Fragment =>
  sql`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const describers: Record<LineageKind, (sql: Sql, keys: string[], realm: Realm) => Promise<Described[]>> = {
  artifact: async (sql, keys) => {
    const rows = await sql<{ key: string; artifact: ArtifactRef }[]>`
      select a.id::text as key, jsonb_build_object('position', 0, 'kind', a.kind, 'sha256', a.sha256, 'mediaType', a.media_type,
        'sizeBytes', a.size_bytes, 'rowCount', a.row_count, 'columnCount', jsonb_array_length(a.columns), 'madeBy', null,
        'forgottenAt', ${instant(sql, sql`a.forgotten_at`)}, 'port', coalesce(
          (select u.port from drawloom.artifact_use u where u.artifact_id = a.id and u.direction = 'out' limit 1), '')) as artifact
      from drawloom.artifact a where a.id = any(${numbers(keys)}::text::bigint[])`;
    return rows.map(({ key, artifact }) => ({
      key,
      id: idOf('artifact', artifact.sha256, artifact.kind),
      facts: { artifact } satisfies Of<'artifact'>,
    }));
  },

  'node-run': async (sql, keys) => {
    const [runs, nodes, items] = columnsOf(keys);
    const rows = await sql<{ key: string; facts: Of<'node-run'> }[]>`
      select concat_ws('.', f.run, f.node, f.item) as key, jsonb_build_object('run', f.run, 'node', p.node_id, 'mapIndex', f.item, 'name', p.name,
        'type', p.type, 'pipeline', jsonb_build_object('id', l.id, 'name', l.name), 'at', ${instant(sql, sql`n.finished_at`)},
        'code', p.key_parts -> 'code', 'environment', p.environment, 'seed', p.seed, 'forgotten', r.leaving_at is not null) as facts
      from unnest(${runs}::text::bigint[], ${nodes}::text::int[], ${items}::text::int[]) f(run, node, item)
      join drawloom.node_run n on n.run_id = f.run and n.node = f.node and n.map_index = f.item
      join drawloom.run r on r.id = f.run
      join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = f.node
      join drawloom.pipeline l on l.id = r.pipeline_id`;
    return rows.map(({ key, facts }) => ({
      key,
      id: idOf('node-run', facts.run, facts.node, ...(facts.mapIndex > 0 ? [facts.mapIndex] : [])),
      facts,
    }));
  },

  file: async (_, keys) =>
    keys.map((key) => {
      const facts = readFileKey(key);
      return { key, id: idOf('file', facts.name, ...(facts.sha256 === null ? [] : [facts.sha256])), facts };
    }),

  'data-set': async (sql, keys) => {
    const rows = await sql<{ key: string; namespace: string; name: string; toldAt: string }[]>`
      select s.id::text as key, s.namespace, s.name, ${instant(sql, sql`s.told_at`)} as "toldAt"
      from drawloom.lineage_set s where s.id = any(${numbers(keys)}::text::bigint[])`;
    return rows.map(({ key, ...facts }) => ({ key, id: idOf('data-set', facts.namespace, facts.name), facts }));
  },

  job: async (sql, keys) => {
    const rows = await sql<({ key: string } & Of<'job'>)[]>`
      select j.id::text as key, j.namespace, j.name, ${instant(sql, sql`j.told_at`)} as "toldAt", (
        select jsonb_build_object('id', r.uuid, 'state', r.state, 'at', ${instant(sql, sql`r.state_at`)}) from drawloom.lineage_run r
        where r.job_id = j.id order by r.state_at desc limit 1) as "lastRun"
      from drawloom.lineage_job j where j.id = any(${numbers(keys)}::text::bigint[])`;
    return rows.map(({ key, ...facts }) => ({ key, id: idOf('job', facts.namespace, facts.name), facts }));
  },

  'model-version': async (sql, keys) => {
    const rows = await sql<({ key: string } & Of<'model-version'>)[]>`
      select v.id::text as key, m.name as model, v.version, v.stage, ${instant(sql, sql`v.created_at`)} as at,
        to_jsonb(array(select a.alias from drawloom.model_alias a where a.version_id = v.id order by a.alias)) as aliases
      from drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id where v.id = any(${numbers(keys)}::text::bigint[])`;
    return rows.map(({ key, ...facts }) => ({ key, id: idOf('model-version', facts.model, facts.version), facts }));
  },

  'tracked-run': async (sql, keys) => {
    const rows = await sql<({ key: string } & Of<'tracked-run'>)[]>`
      select t.id::text as key, t.uuid as run, t.name, jsonb_build_object('id', e.id::text, 'name', e.name) as experiment,
        ${instant(sql, sql`to_timestamp(t.start_ms / 1000.0)`)} as at
      from drawloom.tracked_run t join drawloom.experiment e on e.id = t.experiment_id where t.id = any(${numbers(keys)}::text::bigint[])`;
    return rows.map(({ key, ...facts }) => ({ key, id: idOf('tracked-run', facts.run), facts }));
  },

  'tracked-data': async (sql, keys) => {
    const rows = await sql<({ key: string } & Of<'tracked-data'>)[]>`
      select d.id::text as key, d.name, d.digest, jsonb_build_object('id', e.id::text, 'name', e.name) as experiment, left(d.source, 2000) as source
      from drawloom.dataset d join drawloom.experiment e on e.id = d.experiment_id where d.id = any(${numbers(keys)}::text::bigint[])`;
    return rows.map(({ key, ...facts }) => ({
      key,
      id: idOf('tracked-data', facts.experiment.id, facts.name, facts.digest),
      facts,
    }));
  },

  code: async (sql, keys, { projectId }) => {
    const rows = await sql<{ key: string; language: string | null }[]>`
      select f.hash as key, p.language from jsonb_array_elements_text(${JSON.stringify(keys)}::text::jsonb) f(hash) cross join lateral (
        select p.language from drawloom.plan_node p join drawloom.run r on r.plan_id = p.plan_id and r.project_id = ${projectId}
        where p.key_parts ->> 'code' = f.hash limit 1) p`;
    return rows.map(({ key, language }) => ({ key, id: idOf('code', key), facts: { sha256: key, language } }));
  },

  environment: async (_, keys) => keys.map((hash) => ({ key: hash, id: idOf('environment', hash), facts: { hash } })),
};
