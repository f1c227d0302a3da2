/** Decides what a test of the runtime stands on: one project with one pipeline in a database, and plans drawn in a line of text. */
import { createHash, randomUUID } from 'node:crypto';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { emptyPipeline, meaningOf, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { connect, type Database } from '../../runtime/src/db/connection.ts';
import { compilePlan } from '../../runtime/src/plan/compile.ts';
import { noop } from '../../runtime/src/plan/noop.ts';
import type { Plan, PlanChild, PlanNode } from '../../runtime/src/plan/plan.ts';
import { type RunRequest, type StartedRun, startRun } from '../../runtime/src/record/runs.ts';
import { PlanShelf } from '../../runtime/src/record/store-plan.ts';
import { registerWorker } from '../../runtime/src/record/workers.ts';
import { draw, drawnTypes } from './draw.ts';

export interface Playground extends Database {
  project: string;
  pipeline: string;
  version: string;
  plans: PlanShelf;
  /** Starts a run of a plan, committed. */
  start(plan: Plan, more?: Partial<RunRequest>): Promise<StartedRun>;
  /** Another project with a pipeline of its own, to start runs in. */
  another(): Promise<Pick<RunRequest, 'project' | 'pipeline' | 'pipelineVersion'>>;
  /** A worker that the database takes for alive. */
  worker(ttlMs?: number, tags?: readonly string[]): Promise<string>;
}

export async function playground(url: string, { max = 10 } = {}): Promise<Playground> {
  const database = connect(url, { max });
  const { sql, db } = database;
  const document = JSON.stringify(emptyPipeline('played'));
  const another: Playground['another'] = async () => {
    const [project, pipeline, pipelineVersion] = [randomUUID(), randomUUID(), randomUUID()];
    await sql`insert into drawloom.project (id, slug, name) values (${project}, ${project}, 'Played')`;
    await sql`insert into drawloom.pipeline (id, project_id, name, document) values (${pipeline}, ${project}, 'played', ${document}::text::jsonb)`;
    await sql`insert into drawloom.pipeline_version (id, pipeline_id, number, content_hash, document)
      values (${pipelineVersion}, ${pipeline}, 1, ${meaningOf(emptyPipeline('played'))}, ${document}::text::jsonb)`;
    return { project, pipeline, pipelineVersion };
  };
  const { project, pipeline, pipelineVersion: version } = await another();
  return {
    ...database,
    project,
    pipeline,
    version,
    plans: new PlanShelf(sql),
    start: (plan, more = {}) =>
      db.transaction((tx) =>
        startRun(tx, {
          project,
          pipeline,
          pipelineVersion: version,
          plan,
          parameters: {},
          trigger: 'manual',
          actor: null,
          ...more,
        }),
      ),
    another,
    async worker(ttlMs = 60_000, tags = []) {
      const id = randomUUID();
      await registerWorker(sql, { id, host: 'here', pid: process.pid, version: 'test', capacity: 1, tags, ttlMs });
      return id;
    },
  };
}

const hashOf = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');

/** The plan of a drawing, with some of its nodes changed afterwards. */
export function planOf(
  drawing: string | PipelineDocument,
  change: Partial<PlanNode> = {},
  catalog: Catalog = drawnTypes,
): Plan {
  const compiled = compilePlan(
    typeof drawing === 'string' ? draw(drawing) : drawing,
    catalog,
    {},
    { environment: () => 'lock' },
  );
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  const { plan } = compiled;
  const nodes = plan.nodes.map((node) => ({ ...node, ...change }));
  return {
    ...plan,
    nodes,
    hash: hashOf([plan.hash, change]),
  };
}

/** The plan with one of its nodes standing for another plan. */
export function nest(house: Playground, plan: Plan, nodeId: string, child: Plan, loop: PlanChild['loop'] = null): Plan {
  const node = plan.nodes.findIndex((one) => one.nodeId === nodeId);
  const made = {
    node,
    plan: child,
    pipeline: house.pipeline,
    version: house.version,
    parameters: {},
    timeoutMs: null,
    loop,
  };
  const nodes = plan.nodes.map((one, index) =>
    index === node
      ? { ...one, type: 'subpipeline', reuse: false, staticKey: hashOf([one.staticKey, child.hash]) }
      : one,
  );
  return {
    ...plan,
    nodes,
    children: [...plan.children, made],
    hash: hashOf([plan.hash, nodeId, child.hash, loop]),
  };
}

/** A plan of nodes that do nothing: `parents[i]` lists what node i waits for. */
export function noopPlan(parents: readonly (readonly number[])[]): Plan {
  const node = (index: number): PlanNode => ({
    nodeId: `n${index}`,
    name: `n${index}`,
    type: noop.type,
    typeVersion: noop.version,
    language: null,
    code: null,
    parameters: {},
    environment: null,
    seed: null,
    inputs: noop.inputs,
    outputs: noop.outputs,
    tier: 'fork',
    reuse: false,
    staticKey: null,
    keyParts: { type: 'noop 1', code: null, parameters: {}, environment: null, seed: null, outside: null },
    triggerRule: 'all_success',
    finally: false,
    retryAttempts: 1,
    retryDelayMs: 0,
    retryMaxDelayMs: 0,
    retryFactor: 2,
    retryJitter: 0,
    retryRules: [],
    lostAttempts: 3,
    timeoutMs: null,
    queueTimeoutMs: null,
    needs: '',
    pool: null,
    poolSlots: null,
    memoryBytes: null,
    diskBytes: null,
    mapOver: null,
    mapBy: null,
    mapRows: null,
    mapConcurrency: null,
    mapMinSuccessShare: 1,
  });
  const edges = parents.flatMap((list, dst) => list.map((src) => ({ src, dst, plain: true })));
  const position = new Map<number, number>();
  const inputs = edges.map(({ src, dst }) => {
    const place = position.get(dst) ?? 0;
    position.set(dst, place + 1);
    return { node: dst, port: 'in', position: place, src, srcPort: 'out', needed: false, sure: true };
  });
  return {
    hash: hashOf(parents),
    nodes: parents.map((_, index) => node(index)),
    edges,
    inputs,
    children: [],
  };
}
