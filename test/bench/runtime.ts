/** Decides what is measured of the runtime: the tick by itself, then nodes and waits through the real programs. */
import type { Bench } from './frame.ts';
import { scratchPostgres } from './house.ts';
import { measureLatency } from './runtimeLatency.ts';
import { measureNodes } from './runtimeNodes.ts';
import { measureTick } from './runtimeTick.ts';

export const bench: Bench = async (tell, extent) => {
  const results = [];
  for (const measure of [measureTick, measureNodes, measureLatency]) {
    const scratch = await scratchPostgres();
    try {
      results.push(...(await measure(scratch, tell, extent)));
    } finally {
      await scratch.close();
    }
  }
  return results;
};
