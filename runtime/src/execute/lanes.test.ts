import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findPython } from '../environments/index.ts';
import { Lanes } from './lanes.ts';

let folder: string;
let lanes: Lanes;
beforeAll(async () => {
  folder = await mkdtemp(path.resolve(import.meta.dirname, '../../../node_modules/.cache/drawloom-lanes-'));
  const { path: python } = await findPython();
  lanes = new Lanes({ folder, python, environment: async () => undefined, allow: 'partial', mostParked: 4, restMs: 1 });
});
afterAll(async () => {
  await lanes.stop();
  await rm(folder, { recursive: true, force: true });
});

async function use(): Promise<void> {
  const { slot } = await lanes.take('node typescript');
  await slot.kill('cancelled', 0);
  lanes.giveBack(slot);
}

test('a Node waits ready while its lane is in use, none once nobody asked for a while, and the next is served all the same', {
  timeout: 120_000,
}, async () => {
  await use();
  const { host } = await lanes.take('node typescript');
  await expect.poll(() => host.parkedInAll, { timeout: 30_000 }).toBeGreaterThan(0);
  await expect.poll(() => host.parkedInAll, { timeout: 60_000, interval: 200 }).toBe(0);
  await use();
});
