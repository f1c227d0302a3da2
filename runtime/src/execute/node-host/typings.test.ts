import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import * as drawloom from './module.ts';

test('what the editor completes is what the module exports', () => {
  const typings = readFileSync(path.join(import.meta.dirname, 'drawloom.d.ts'), 'utf8');
  const told = [...typings.matchAll(/^ {2}export (?:class|function|type|interface|const) (\w+)/gm)].map(
    (match) => match[1]!,
  );
  const internal = new Set(['begin', 'refuse']);
  for (const name of Object.keys(drawloom)) if (!internal.has(name)) expect(told, name).toContain(name);
  for (const [, name] of typings.matchAll(/^ {2}export (?:class|function) (\w+)/gm))
    expect(drawloom, name).toHaveProperty(name!);
});
