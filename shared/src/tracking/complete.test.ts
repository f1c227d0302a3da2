import { expect, test } from 'vitest';
import { complete } from './complete.ts';

const names = { metrics: ['loss', 'val loss'], parameters: ['depth', 'learning_rate'], tags: ['team'] };
const after = (text: string) => {
  const { from, choices } = complete(text, names);
  return choices.map((choice) => text.slice(0, from) + choice);
};

test('names of the experiment go on from what was begun, those that need quotes in quotes', () => {
  expect(after('metrics.l')).toEqual(['metrics.loss']);
  expect(after('metrics.')).toEqual(['metrics.loss', 'metrics.`val loss`']);
  expect(after('dep')).toEqual(['params.depth']);
  expect(after('')).toContain('run_name');
  expect(after('metrics.loss < 1 AND params.l')).toEqual(['metrics.loss < 1 AND params.learning_rate']);
  expect(after("params.depth = 'a AND b")).toEqual([]);
});

test('after a name come its comparisons, after a state its values, after a whole comparison AND', () => {
  expect(after('metrics.loss <')).toEqual(['metrics.loss <=']);
  expect(after('params.depth I')).toContain('params.depth ILIKE');
  expect(after('params.depth >')).toEqual([]);
  expect(after('status = ')).toContain("status = 'FAILED'");
  expect(after('metrics.loss < 1 ')).toEqual(['metrics.loss < 1 AND ']);
});
