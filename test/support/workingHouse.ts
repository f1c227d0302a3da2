/** Decides how a test has pipelines carried out and looked at from outside: a wire house, and a worker with the real sandbox. */
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { edgeId, emptyPipeline, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { expect } from 'vitest';
import { defaultEnvironment } from '../../runtime/python/tests/pythons.ts';
import { type LocalExecutor, startLocalExecutor } from '../../runtime/src/execute/index.ts';
import { withCurrent } from '../../runtime/src/models/nodes/current.ts';
import { modelWork } from '../../runtime/src/models/nodes/index.ts';
import { catalog } from '../../runtime/src/nodes/catalog.ts';
import { runWorker } from '../../runtime/src/queue/worker-loop.ts';
import { giveSecrets } from '../../runtime/src/secrets/give.ts';
import { trackInside } from '../../runtime/src/tracking/inside/index.ts';
import { nameOutside } from '../../runtime/src/tracking/pipelines.ts';
import type { Asker } from './api.ts';
import { type WireHouse, wireHouse } from './wireHouse.ts';

export interface PlayedNode extends NodeRun {
  /** Its name in the memory of experiments. */
  uuid: string;
}
export interface WorkingHouse extends WireHouse {
  executor: LocalExecutor;
  /** Draws these nodes with wires like `rows.table > fit.table`, in a pipeline of a name of its own; answers with its id. */
  drawn(nodes: Record<string, Partial<PipelineNode> & { type: string }>, ...wires: string[]): Promise<string>;
  /** Runs it up to its end, and answers with its run and its nodes as they ended. */
  played(pipeline: string, as?: Asker): Promise<{ run: Run; nodes: Record<string, PlayedNode> }>;
  /** Starts it, for whoever looks while it goes on. */
  started(pipeline: string, as?: Asker): Promise<number>;
  nodesOf(run: number): Promise<Record<string, PlayedNode>>;
}

export async function workingHouse(): Promise<WorkingHouse> {
  const environment = await defaultEnvironment();
  const home = await mkdtemp(path.resolve(import.meta.dirname, '../../node_modules/.cache/drawloom-working-'));
  let house: WireHouse;
  let ownWork: ReturnType<typeof modelWork> | undefined;
  const executor = await startLocalExecutor({
    home,
    environment: async () => environment,
    ownWork: (work, store) => ownWork?.(work, store),
    secrets: (work) => giveSecrets(house.api.house.db, house.api.house.config.home, work),
  });
  house = await wireHouse({ catalog, environment: async () => environment.hash, store: executor.store });
  const { sql, db } = house.api.house;
  ownWork = modelWork(db, sql);
  const worker = await runWorker({
    sql,
    executor: withCurrent(executor, sql, executor.store),
    capacity: 2,
    track: trackInside({ sql, db, store: executor.store, onError: (error) => console.error(error) }),
  });
  let count = 0;
  const nodesOf: WorkingHouse['nodesOf'] = async (run) => {
    const places = await sql<{ node: number; id: string }[]>`
      select p.node, p.node_id as id from drawloom.plan_node p join drawloom.run r on r.plan_id = p.plan_id where r.id = ${run}`;
    const nodes = places.map(async ({ node, id }) => {
      const one = await house.person.json<NodeRun>('GET', `/api/v1/runs/${run}/nodes/${id}`);
      return [id, { ...one, uuid: nameOutside({ run, node, mapIndex: 0 }) }] as const;
    });
    return Object.fromEntries(await Promise.all(nodes));
  };
  const started: WorkingHouse['started'] = async (pipeline, as = house.person) =>
    (await as.json<{ run: RunSummary }>('POST', `/api/v1/pipelines/${pipeline}/runs`, {})).run.id;
  return {
    ...house,
    executor,
    nodesOf,
    started,
    async drawn(nodes, ...wires) {
      const document = {
        ...emptyPipeline(`worked ${++count}`),
        nodes: Object.fromEntries(
          Object.entries(nodes).map(([id, node]) => [id, { name: id, parameters: {}, ...node }]),
        ),
        edges: Object.fromEntries(
          wires.map((wire) => {
            const [from, to] = wire.split(' > ').map((end) => {
              const [node, port] = end.split('.') as [string, string];
              return { node, port };
            });
            const edge = { from: from!, to: to! };
            return [edgeId(edge), edge];
          }),
        ),
      };
      return (await house.person.json<Pipeline>('POST', '/api/v1/projects/first/pipelines', { document })).id;
    },
    async played(pipeline, as) {
      const id = await started(pipeline, as);
      const run = () => house.person.json<Run>('GET', `/api/v1/runs/${id}`);
      await expect.poll(async () => (await run()).finishedAt, { timeout: 100_000 }).not.toBeNull();
      return { run: await run(), nodes: await nodesOf(id) };
    },
    async close() {
      await worker.kill();
      await executor.stop();
      await house.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
