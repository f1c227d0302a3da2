/** Workers that stop for longer than their lease, and wake up believing that nothing happened. */
import { expect } from 'vitest';
import { livingOf, treeOf } from '../support/processes.ts';
import { fault } from './faults.ts';

fault(
  'a worker that was frozen past its lease changes nothing when it wakes up, and what it ran is ended',
  { short: 1, full: 50 },
  async (house, times) => {
    for (let round = 0; round < times; round++) {
      const frozen = await house.hire();
      const run = await house.start(20_000);
      await house.until(`select count(*) = 2 from drawloom.lease where run_id = ${run}`);
      const [{ fences }] = (await house.sql`
      select array_to_json(array_agg(fence)) as fences from drawloom.lease where run_id = ${run}`) as unknown as [
        { fences: number[] },
      ];
      const pids = treeOf(frozen.pid);
      for (const pid of pids) signal(pid, 'SIGSTOP');
      const other = await house.hire();
      await house.until(`select count(*) = 2 from drawloom.attempt where run_id = ${run} and reason = 'lost'`);
      await house.until(`select count(*) = 2 from drawloom.lease where run_id = ${run}`);
      for (const pid of pids) signal(pid, 'SIGCONT');
      await house.until(
        `select not exists (select from drawloom.lease where run_id = ${run} and fence in (${fences}))`,
      );
      await house.over();
      // What it held is no more: neither on record nor as a process.
      expect(
        await house.sql`select 1 from drawloom.attempt where fence in ${house.sql(fences)} and reason <> 'lost'`,
      ).toEqual([]);
      for (const worker of [frozen, other]) worker.signal('SIGTERM');
      await Promise.all([frozen.gone, other.gone]);
      expect(livingOf(pids)).toEqual([]);
    }
  },
);

function signal(pid: number, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, name);
  } catch {
    // an attempt that ended meanwhile
  }
}
