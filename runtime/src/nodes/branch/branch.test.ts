import { describe, expect, test } from 'vitest';
import { carryOut, type Given } from '../carryOut.testing.ts';
import { catalog } from '../catalog.ts';

const branch = async (judged: Given, parameters: Record<string, unknown>) => {
  const { outputs, failure } = await carryOut(catalog.get('branch')!, { inputs: { judged }, parameters });
  return (
    failure?.error.message ??
    Object.values(outputs).map(({ port, kind, rowCount }) => `${port} ${kind} ${rowCount ?? ''}`.trim())
  );
};
const table = (rows: number): Given => ({ rows: Array.from({ length: rows }, (_, i) => ({ i })) });
const value = (json: unknown): Given => ({ kind: 'value', json });

describe('branch', { timeout: 120_000 }, () => {
  test('a table goes on whole at one port, by its rows', async () => {
    expect(await branch(table(3), { is: 'above', than: 2 })).toEqual(['yes table 3']);
    expect(await branch(table(3), { is: 'above', than: 3 })).toEqual(['no table 3']);
  });

  test('a value is compared itself, or something inside it', async () => {
    expect(await branch(value('b'), { is: 'below', than: 'c' })).toEqual(['yes value']);
    expect(await branch(value(true), { is: 'different', than: true })).toEqual(['no value']);
    expect(await branch(value({ a: { b: 4 } }), { name: 'a.b', is: 'at_most', than: 4 })).toEqual(['yes value']);
  });

  test('a question that has no answer says why', async () => {
    expect(await branch(value({ auc: 1 }), { name: 'acc' })).toMatch(/There is no "acc" in what arrived; it has auc/);
    expect(await branch(value({ auc: 1 }), {})).toMatch(/Name the part to compare: auc/);
    expect(await branch(value('1'), { is: 'above', than: 0 })).toMatch(/"1" cannot be put in order with 0/);
    expect(await branch(table(1), { name: 'x' })).toMatch(/A table is asked for its rows/);
  });
});
