/**
 * Decides which model a comparison meets where none is wired: the version that the named alias leads to now, handed in as one more input and
 * written down as such, so that lineage says what was compared.
 */
import type { ArtifactStore } from '../../artifacts/store.ts';
import type { Sql } from '../../db/connection.ts';
import type { Executor, InputArtifact, OutputArtifact, Work } from '../../execute/executor.ts';
import { FencedWrites } from '../../tracking/inside/fence.ts';
import { checkedModelName } from '../names.ts';
import { modelOf, versionNamed } from './load.ts';
import { told } from './told.ts';

const port = 'current';

export function withCurrent(executor: Executor, sql: Sql, store: ArtifactStore): Executor {
  const fenced = new FencedWrites(sql, { withTicks: true });
  return {
    execute(work, context) {
      const { name, which } = work.parameters;
      const isWired = work.inputs.some((input) => input.port === port);
      if (work.type !== 'compare-with-current' || typeof name !== 'string' || name === '' || isWired || work.reuse)
        return executor.execute(work, context);
      return told(async () => {
        const version = await versionNamed(sql, work.project, checkedModelName(name), String(which).trim());
        if (!version) return executor.execute(work, context);
        const model = await modelOf(sql, store, work.project, version);
        await fenced.write(work, (tx) => writeDown(tx, work, model));
        const input: InputArtifact = {
          ...model,
          members: model.members!,
          port,
          position: 0,
          columns: null,
          rowCount: null,
        };
        return executor.execute({ ...work, inputs: [...work.inputs, input] }, context);
      });
    },
  };
}

async function writeDown(sql: Sql, work: Work, model: OutputArtifact): Promise<void> {
  const members = JSON.stringify(model.members);
  await sql`
    insert into drawloom.blob (sha256, size_bytes)
    select sha256, max("sizeBytes") from jsonb_to_recordset(${members}::text::jsonb) f (sha256 text, "sizeBytes" bigint)
    group by sha256 order by sha256 on conflict do nothing`;
  await sql`
    insert into drawloom.artifact (project_id, sha256, kind, media_type, size_bytes, facts)
    values (${work.project}, ${model.sha256}, 'model', ${model.mediaType}, ${model.sizeBytes}, ${JSON.stringify(model.facts ?? null)}::text::jsonb)
    on conflict (project_id, sha256, kind) do update set forgotten_at = null, seen_at = now()`;
  await sql`
    with known as (select id from drawloom.artifact where project_id = ${work.project} and sha256 = ${model.sha256} and kind = 'model'), listed as (
      insert into drawloom.artifact_member (artifact_id, path, sha256, size_bytes)
      select k.id, f.path, f.sha256, f."sizeBytes" from known k, jsonb_to_recordset(${members}::text::jsonb) f (path text, sha256 text, "sizeBytes" bigint)
      order by 1, 2 on conflict do nothing
    )
    insert into drawloom.artifact_use (run_id, node, map_index, attempt, direction, port, position, artifact_id)
    select ${work.run}::bigint, ${work.node}::int, ${work.mapIndex}::int, ${work.attempt}::int, 'in', ${port}, 0, id from known
    on conflict do nothing`;
}
