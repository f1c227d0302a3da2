import { expect, test } from 'vitest';
import { testDatabase } from '../../../test/support/database.ts';
import { playground } from '../../../test/support/playground.ts';
import { simulate, ViolationError } from '../../../test/support/simulation.ts';

/** More of them by hand: `SIMULATE=10000 npx vitest run … simulation`. */
const moves = Number(process.env.SIMULATE ?? 300);
const firstSeed = Number(process.env.SEED ?? 1);

async function withHouse<T>(work: (house: Awaited<ReturnType<typeof playground>>) => Promise<T>): Promise<T> {
  const database = await testDatabase();
  const house = await playground(database.url);
  try {
    return await work(house);
  } finally {
    await house.close();
    await database.drop();
  }
}

test('by chance, nothing that must never be comes to be, and every run ends', {
  timeout: 120_000 + moves * 200,
}, async () => {
  const perSeed = 100;
  let refused = 0;
  for (let seed = firstSeed; seed < firstSeed + moves / perSeed; seed++)
    refused += (await withHouse((house) => simulate(house, seed, perSeed))).refused;
  expect(refused).toBeGreaterThan(0); // zombies did come late
});

test('without the fence, the same game is lost', { timeout: 120_000 }, async () => {
  const fence = 'AND l.fence = t.fence';
  await withHouse(async (house) => {
    const [row] = await house.sql`select pg_get_functiondef('drawloom.finish'::regproc) as text`;
    expect(row!.text.split(fence)).toHaveLength(2);
    await house.sql.unsafe(row!.text.replace(fence, ''));
    const game = async () => {
      for (let seed = 1; seed <= 20; seed++) await simulate(house, seed, 100);
    };
    await expect(game()).rejects.toThrow(ViolationError);
  });
});
