/** Workers that end without a word, at any moment. */
import { expect } from 'vitest';
import { chosen, fault, moment, stopAll } from './faults.ts';

fault(
  'workers killed at random moments lose, double and leave nothing',
  { short: 4, full: 200 },
  async (house, times) => {
    await Promise.all([house.hire(), house.hire()]);
    for (let kill = 0; kill < times; kill++) {
      await house.start(Math.floor(house.random() * 100));
      await house.until("select exists (select from drawloom.node_run where status = 'running')");
      await moment(house, 300);
      const worker = chosen(house);
      worker.signal('SIGKILL');
      await worker.gone;
      await house.hire();
    }
    await house.over();
    await stopAll(house);
    await expect.poll(() => house.leftovers()).toEqual([]);
  },
);

fault(
  'a worker killed before its first sign of life is missed all the same',
  { short: 1, full: 10 },
  async (house, times) => {
    for (let kill = 0; kill < times; kill++) {
      const run = await house.start(60_000);
      const doomed = await house.hire();
      await house.until(`select exists (select from drawloom.lease where run_id = ${run})`);
      doomed.signal('SIGKILL');
      await doomed.gone;
      await house.hire();
      await house.until(`select exists (select from drawloom.attempt where run_id = ${run} and reason = 'lost')`);
      await house.sql`select drawloom.cancel(${run}, 'test')`;
      house.forget(run);
      await house.over();
      await stopAll(house);
    }
  },
);

fault('rolling restarts under load fail no node and lose no attempt', { short: 3, full: 20 }, async (house, times) => {
  await Promise.all([house.hire(), house.hire()]);
  for (let restart = 0; restart < times; restart++) {
    for (let run = 0; run < 3; run++) await house.start(Math.floor(house.random() * 200));
    const [leaving] = house.workers();
    const coming = house.hire();
    leaving!.signal('SIGTERM');
    expect(await leaving!.gone).toEqual({ code: 0, signal: null });
    await coming;
  }
  await house.over();
  expect(
    await house.sql`select reason, count(*)::int from drawloom.attempt where reason not in ('ok', 'cancelled') group by 1`,
  ).toEqual([]);
});
