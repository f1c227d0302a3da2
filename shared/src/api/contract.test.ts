import { expect, test } from 'vitest';
import * as z from 'zod';
import { largestOrdinal } from './contract.ts';
import { routeList } from './index.ts';

/** Where a whole number is not kept in four bytes: counted in eight, or never kept. */
const larger = ['getLog from', 'listRuns parent', 'startRun timeoutMs', 'readTable offset', 'streamEvents run'];

function* wholeNumbers(schema: unknown, name: string): Generator<[name: string, maximum: number]> {
  if (schema === null || typeof schema !== 'object') return;
  const { type, maximum, properties, ...rest } = schema as { [key: string]: unknown };
  if (type === 'integer') yield [name, Number(maximum ?? Number.POSITIVE_INFINITY)];
  for (const [key, member] of Object.entries(properties ?? {})) yield* wholeNumbers(member, key);
  for (const member of Object.values(rest)) yield* wholeNumbers(member, name);
}

test('a whole number that a body or a query takes is no larger than what keeps it', () => {
  let seen = 0;
  for (const [name, route] of routeList)
    for (const part of [route.query, route.body]) {
      if (part.type === 'undefined') continue;
      for (const [field, maximum] of wholeNumbers(z.toJSONSchema(part, { io: 'input', unrepresentable: 'any' }), '')) {
        seen++;
        if (!larger.includes(`${name} ${field}`))
          expect([name, field, maximum <= largestOrdinal]).toEqual([name, field, true]);
      }
    }
  expect(seen).toBeGreaterThan(30);
});
