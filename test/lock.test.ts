import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const text = readFileSync(path.resolve(import.meta.dirname, '../package-lock.json'), 'utf8');
const places = Object.keys((JSON.parse(text) as { packages: Record<string, unknown> }).packages);

test('the lock file names no host, so that any registry can serve it', () => {
  expect(text.match(/"resolved": "[a-z+]+:\/\/[^"]*"/g) ?? []).toEqual([]);
});

test.each(['drizzle-orm', 'zod', 'react', 'postgres'])(
  'there is one copy of %s, so that its types and instances agree',
  (name) => {
    expect(places.filter((place) => place.endsWith(`node_modules/${name}`))).toEqual([`node_modules/${name}`]);
  },
);
