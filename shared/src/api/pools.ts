/** Routes about pools: slots of something scarce, which the node runs of a project share. */
import * as z from 'zod';
import { largestPool, PoolName } from '../pipeline/document.ts';
import { ProjectPath, route } from './contract.ts';

export const Pool = z
  .object({
    name: PoolName,
    size: z.int().meta({ description: 'Its slots.' }),
    held: z
      .int()
      .meta({ description: 'Slots that are held now; more than the size only while it was just made smaller.' }),
    waiting: z.int().meta({ description: 'Node runs that wait in line for a slot.' }),
    holders: z
      .array(
        z.object({
          run: z.int(),
          node: z.string(),
          name: z.string(),
          mapIndex: z.int(),
          slots: z.int(),
          since: z.iso
            .datetime()
            .nullable()
            .meta({ description: 'Null: it was let in, and no worker has begun it yet.' }),
        }),
      )
      .meta({ description: 'Who holds them, the first 100.' }),
  })
  .meta({ id: 'Pool' });
export type Pool = z.infer<typeof Pool>;

const PoolPath = ProjectPath.extend({ pool: z.string() });
export const listPools = route('get /projects/{project}/pools', {
  summary: 'Pools of a project: their slots, who holds them, and how many wait',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  answer: z.object({ pools: z.array(Pool) }),
});
export const setPool = route('put /projects/{project}/pools/{pool}', {
  summary: 'Make a pool, or change its size; what holds slots beyond a smaller size keeps them to its end',
  action: 'schedule.manage',
  scope: 'project',
  params: PoolPath,
  body: z.strictObject({ size: z.int().min(1).max(largestPool) }),
  answer: Pool,
});
export const removePool = route('delete /projects/{project}/pools/{pool}', {
  summary: 'Remove a pool that no run wants',
  action: 'schedule.manage',
  scope: 'project',
  params: PoolPath,
  answer: 'nothing',
});
