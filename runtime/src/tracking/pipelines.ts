/**
 * Decides when what pipelines did comes into the memory of experiments: when somebody looks. A pipeline's run, and each of its node runs
 * that began, has its name outside by a rule (`d1`, run, node + 1, item), so that nothing is written for it while runs are worked off.
 */
import type { Sql } from '../db/connection.ts';

const rule = /^d1([0-9a-f]{14})[0-9a-f]{16}$/;

export const isOfPipeline = (uuid: string): boolean => rule.test(uuid);

/** The name outside of a node run, by that rule. */
export const nameOutside = ({ run, node, mapIndex }: { run: number; node: number; mapIndex: number }): string =>
  `d1${hex(run, 14)}${hex(node + 1, 8)}${hex(mapIndex, 8)}`;
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

/** So many runs are written by one statement; the newest first, so that who looks at many for the first time sees these. */
const atOnce = 100;
/** The rest waits for the next look. */
const patienceMs = 3000;

/** Experiments that are no pipeline's have nothing to catch up with. */
export async function catchUp(sql: Sql, experiments: readonly number[]): Promise<void> {
  if (experiments.length === 0) return;
  const began = performance.now();
  const ofPipelines = await sql<{ id: string }[]>`
    select id from drawloom.experiment where pipeline_id is not null and id = any(${`{${experiments.join(',')}}`}::text::bigint[])`;
  for (const { id } of ofPipelines)
    for (let more = true; more && performance.now() - began < patienceMs; ) {
      const [row] = await sql<{ more: boolean }[]>`select drawloom.catch_up(${id}, ${atOnce}) as more`;
      more = row!.more;
    }
}

/** For whoever asks for a run by its name outside. */
export async function catchUpRun(sql: Sql, projectId: string, uuid: string): Promise<void> {
  const run = rule.exec(uuid)?.[1];
  if (run === undefined) return;
  const number = Number.parseInt(run, 16);
  if (Number.isSafeInteger(number)) await sql`select drawloom.catch_up_run(${projectId}, ${number})`;
}
