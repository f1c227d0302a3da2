import { expect, test } from 'vitest';
import { UsageProblem } from './command.ts';
import { gateIn } from './gates.ts';

test('a gate is a number and its bound, or a version and how much worse it may be', () => {
  expect(gateIn('auc>=0.7')).toEqual({ metric: 'auc', is: 'at least', bound: 0.7, by: 0 });
  expect(gateIn(' evaluate/log loss <= 1e-3 ')).toEqual({
    metric: 'evaluate/log loss',
    is: 'at most',
    bound: 0.001,
    by: 0,
  });
  expect(gateIn('loss >= -2')).toEqual({ metric: 'loss', is: 'at least', bound: -2, by: 0 });
  expect(gateIn('auc >= @champion')).toEqual({ metric: 'auc', is: 'at least', than: 'champion', by: 0 });
  expect(gateIn('auc >= @last-good - 0.01')).toEqual({ metric: 'auc', is: 'at least', than: 'last-good', by: 0.01 });
  expect(gateIn('loss<=@champion + 0.5')).toEqual({ metric: 'loss', is: 'at most', than: 'champion', by: 0.5 });
});

test('what cannot be read, or would ask for better than a version, is told with what to write', () => {
  for (const wrong of ['', 'auc', 'auc > 0.7', '>= 0.7', 'auc >= much', 'auc >= 1.2.3', 'auc >= @', 'auc >= @a - b'])
    expect(() => gateIn(wrong)).toThrow(/cannot be read\. Write it as/);
  expect(() => gateIn('auc >= @champion + 0.01')).toThrow(UsageProblem);
  expect(() => gateIn('loss <= @champion - 0.01')).toThrow(/asks for more than @champion has/);
});
