import { afterAll, beforeAll, expect, test } from 'vitest';
import { listRuns } from '../../runtime/src/record/read/runs.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { type Playground, playground } from '../support/playground.ts';
import { fillHistory } from './historyRows.ts';
import { measureSteps } from './runtimeTick.ts';

let database: TestDatabase;
let house: Playground;
beforeAll(async () => {
  database = await testDatabase();
  house = await playground(database.url, { max: 12 });
});
afterAll(async () => {
  await house.close();
  await database.drop();
});

test('a past that was made up is one that could have been: nothing in it is violated, and the run list reads it', async () => {
  await measureSteps(house, 1, 100, () => {});
  expect(await fillHistory(house.sql, 30, () => {})).toEqual({ runs: 130, nodeRuns: 130 * 50 });
  expect(await house.sql`select * from drawloom.violations()`).toEqual([]);
  const { items } = await listRuns(house.db, { projectId: house.project, limit: 200 });
  expect(items.length).toBe(130);
  expect(items.every((run) => run.status === 'succeeded' && run.nodeCounts.succeeded === 50)).toBe(true);
});
