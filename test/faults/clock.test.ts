/** Machines whose clocks are wrong. */
import path from 'node:path';
import { expect } from 'vitest';
import { fault } from './faults.ts';

const skew = path.resolve(import.meta.dirname, 'skewedClock.mjs');

fault(
  'workers whose clocks are days off keep their leases and take nobody else\u2019s',
  { short: 1, full: 10 },
  async (house, times) => {
    await house.hire({ preload: [skew], env: { SKEW_MS: String(2 * 86_400_000) } });
    await house.hire({ preload: [skew], env: { SKEW_MS: String(-2 * 86_400_000) } });
    await house.hire();
    for (let round = 0; round < times; round++) {
      await Promise.all([house.start(3000), house.start(10), house.start(10)]);
      await house.over();
    }
    expect(await house.sql`select reason from drawloom.attempt where reason <> 'ok'`).toEqual([]);
    const [{ off }] = (await house.sql`
    select max(abs(extract(epoch from finished_at - now())))::int as off from drawloom.attempt`) as unknown as [
      { off: number },
    ];
    expect(off).toBeLessThan(86_400); // no time of a worker's own was written down
  },
);
