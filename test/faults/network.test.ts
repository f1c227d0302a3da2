/** A network between worker and database that is cut, silent, or loses the last word. */
import { fault, moment } from './faults.ts';

fault('connections cut in any moment lose and double nothing', { short: 5, full: 100 }, async (house, times) => {
  await Promise.all([house.hire(), house.hire()]);
  for (let round = 0; round < times; round++) {
    await house.start(Math.floor(house.random() * 50));
    await moment(house, 400);
    house.network.cut();
  }
});

fault('answers lost after the commit are not acted on twice', { short: 10, full: 300 }, async (house, times) => {
  await Promise.all([house.hire(), house.hire()]);
  for (let round = 0; round < times; round += 5) {
    await house.start(Math.floor(house.random() * 20));
    await house.network.loseAnswers(5);
  }
});

fault(
  'a worker that cannot reach the database is written off, and what it finished meanwhile counts for nothing',
  { short: 1, full: 20 },
  async (house, times) => {
    for (let round = 0; round < times; round++) {
      const away = await house.hire();
      const run = await house.start(500);
      await house.until(`select exists (select from drawloom.lease where run_id = ${run})`);
      house.network.silence();
      await house.until(
        `select drawloom.reap() >= 0 and exists (select from drawloom.attempt where run_id = ${run} and reason = 'lost')`,
      );
      house.network.restore();
      await house.over();
      away.signal('SIGTERM');
      await away.gone;
    }
  },
);
