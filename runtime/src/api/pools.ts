/** The routes about pools: listing, making, sizing and removing them. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Pool } from '@drawloom/shared/api/pools.ts';
import { PoolName } from '@drawloom/shared/pipeline/document.ts';
import { removePool, sizePool } from '../record/pools.ts';
import { readPools } from '../record/read/pools.ts';
import type { House } from './house.ts';
import { notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const poolHandlers: Handler[] = [
  handle(routes.listPools, async ({ house, project }) => ({ pools: await readPools(house.db, project.id) })),

  handle(routes.setPool, async (call) => {
    const { house, project, params, body } = call;
    const name = PoolName.safeParse(params.pool);
    if (!name.success) throw new Refusal(422, 'pool_name', name.error.issues[0]!.message, { at: '/pool' });
    const { blockedBy } = await house.db.transaction((tx) => sizePool(tx, project.id, params.pool, body.size));
    if (blockedBy !== null)
      throw new Refusal(
        409,
        'pool_wanted',
        `Run ${blockedBy} is not over and has a node that wants more than ${body.size} slots of "${params.pool}". Wait for its end or cancel it, or choose a larger size.`,
        { at: '/size' },
      );
    call.note({ size: body.size });
    house.bell.ring('drawloom_ready');
    house.bell.ring('drawloom_event');
    return poolOf(house, project.id, params.pool);
  }),

  handle(routes.removePool, async ({ house, project, params }) => {
    const removed = await house.db.transaction((tx) => removePool(tx, project.id, params.pool));
    if (!removed) throw notThere();
    if (removed.blockedBy !== null)
      throw new Refusal(
        409,
        'pool_wanted',
        `Run ${removed.blockedBy} is not over and has a node that runs in "${params.pool}". Wait for its end or cancel it, then remove the pool.`,
      );
    return undefined;
  }),
];

async function poolOf(house: House, projectId: string, name: string): Promise<Pool> {
  const [pool] = await readPools(house.db, projectId, name);
  if (!pool) throw notThere();
  return pool;
}
