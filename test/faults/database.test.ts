/** A database that stops, dies, and is away. */
import { expect } from 'vitest';
import { fault, moment } from './faults.ts';

fault(
  'Postgres stopped and killed again and again loses, doubles and blocks no run',
  { short: 3, full: 60 },
  async (house, times) => {
    await Promise.all([house.hire(), house.hire()]);
    for (let round = 0; round < times; round++) {
      for (let run = 0; run < 2; run++) await house.start(Math.floor(house.random() * 200));
      await house.until("select exists (select from drawloom.node_run where status = 'running')");
      await moment(house, 2000);
      await house.stopPostgres(house.random() < 0.5 ? 'stopped' : 'killed');
      await moment(house, 2000);
      await house.startPostgres();
    }
  },
);

fault(
  'what runs while the database is away goes on, and is told when it is back',
  { short: 1, full: 3 },
  async (house, times) => {
    await house.hire();
    for (let round = 0; round < times; round++) {
      // Longer than a lease, so that whoever counts the time of the outage would take the worker for dead.
      const awayMs = times === 1 ? 12_000 : 60_000;
      const run = await house.start(awayMs * 1.5);
      await house.until(`select count(*) >= 2 from drawloom.lease where run_id = ${run}`);
      await house.stopPostgres('killed');
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      await house.startPostgres();
      await house.over();
      expect(
        await house.sql`select node, attempt, reason from drawloom.attempt where run_id = ${run} and reason <> 'ok'`,
      ).toEqual([]);
    }
  },
);
