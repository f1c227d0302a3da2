/**
 * Decides how much of the faults is tried: a short form with every run of the tests, all of it with `npm run test:faults`; each from a
 * seed, which a failure names, so that it can be played again: `DRAWLOOM_SEED=7 npm run test:faults`.
 */
import { expect, test } from 'vitest';
import { type House, openHouse, type WorkerProcess } from './house.ts';

const full = process.env.DRAWLOOM_FAULTS === 'full';
const seed = Number(process.env.DRAWLOOM_SEED ?? 1);

/**
 * Tries a fault so many times on a house of its own; afterwards all runs are worked off by a fresh worker and everything must hold.
 * The body may leave workers dead, frozen or cut off, and the database down; it must not leave it unable to come up.
 */
export function fault(
  name: string,
  times: { short: number; full: number },
  body: (house: House, times: number) => Promise<void>,
): void {
  const count = full ? times.full : times.short;
  test(name, { timeout: 300_000 + count * 60_000 }, async () => {
    const house = await openHouse(seed);
    try {
      await body(house, count);
      await settle(house);
      expect(await house.wrongs()).toEqual([]);
    } catch (cause) {
      const said = house.workers().map((worker) => worker.said());
      throw new Error(`Seed ${seed}: ${(cause as Error).message}\n${said.join('\n')}`, { cause });
    } finally {
      await house.close();
    }
  });
}

/** Waits for a part of so many milliseconds, drawn by chance: when a fault comes is what is tried. */
export const moment = (house: House, upToMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, house.random() * upToMs));

export const chosen = (house: House): WorkerProcess => {
  const workers = house.workers();
  return workers[Math.floor(house.random() * workers.length)]!;
};

/** Asks every worker to leave and waits until it has. */
export async function stopAll(house: House): Promise<void> {
  const workers = house.workers();
  for (const worker of workers) worker.signal('SIGTERM');
  await Promise.all(workers.map(({ gone }) => gone));
}

async function settle(house: House): Promise<void> {
  house.network.restore();
  if (house.workers().length === 0) await house.hire();
  await house.over();
}
