/** Decides whether a trigger can wait for the data that it names: outputs that are there, of other pipelines, and no circle of triggers. */
import { type Json, pointer } from '@drawloom/shared/json.ts';
import { shapesOf } from '@drawloom/shared/pipeline/checks.ts';
import { upgradeDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import type { NewData } from '@drawloom/shared/trigger/occasion.ts';
import { and, eq, sql } from 'drizzle-orm';
import { isFileName } from '../artifacts/projectFiles.ts';
import type { Tx } from '../db/connection.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { catalog } from '../nodes/catalog.ts';

export async function dataProblems(db: Tx, pipelineId: string, { inputs }: NewData): Promise<Problem[]> {
  const problems: Problem[] = [];
  const [own] = await db.select({ projectId: pipelines.projectId }).from(pipelines).where(eq(pipelines.id, pipelineId));
  for (const [index, input] of inputs.entries()) {
    const tell = (code: string, message: string, ...path: string[]) =>
      problems.push({ code, message, at: pointer('on', 'inputs', index, ...path), severity: 'error' });
    const text = JSON.stringify(input);
    if (inputs.slice(0, index).some((before) => JSON.stringify(before) === text))
      tell('input_twice', 'It waits for this already. Take it out.');
    else if (input.kind === 'file') {
      if (!isFileName(input.name))
        tell(
          'file_name',
          `"${input.name}" names no file of the data folder. Write it as it is listed: "flights/2013.csv".`,
          'name',
        );
    } else {
      const [source] = await db
        .select({ name: pipelines.name, document: pipelines.document })
        .from(pipelines)
        .where(and(eq(pipelines.id, input.pipeline), eq(pipelines.projectId, own?.projectId ?? '')));
      if (!source) {
        tell('input_pipeline', 'The project has no such pipeline. Choose one of its own.', 'pipeline');
        continue;
      }
      const circle = await circleOf(db, pipelineId, input.pipeline);
      if (circle)
        tell(
          'data_circle',
          `"${source.name}" is started by this pipeline, directly or through others, and both would start each other without end. Choose another pipeline.`,
          'pipeline',
        );
      const read = upgradeDocument(source.document as unknown as Json);
      if ('problems' in read) continue;
      const node = read.document.nodes[input.node];
      const outputs = node && shapesOf(read.document, catalog).get(input.node)?.outputs;
      if (!node) tell('input_node', `"${source.name}" has no node "${input.node}". Choose one that it has.`, 'node');
      else if (outputs && !outputs.some(({ name }) => name === input.port))
        tell(
          'input_port',
          `"${node.name}" of "${source.name}" has no output "${input.port}"; it has ${outputs.map(({ name }) => name).join(', ') || 'none'}. Choose one of these.`,
          'port',
        );
    }
  }
  return problems;
}

/** Whether runs of `pipeline` set `source` off, through triggers for new data. */
async function circleOf(db: Tx, pipeline: string, source: string): Promise<boolean> {
  const [row] = await db.execute<{ circle: boolean }>(sql`
    with recursive above as (
      select ${source}::uuid as id
      union
      select (i.value ->> 'pipeline')::uuid from above a
      join drawloom.trigger t on t.pipeline_id = a.id and t.spec ->> 'kind' = 'data'
      cross join lateral jsonb_array_elements(t.spec -> 'inputs') i
      where i.value ->> 'kind' = 'output'
    ) select exists (select from above where id = ${pipeline}::uuid) as circle`);
  return row!.circle;
}
