import { expect, test } from 'vitest';
import { changeSentence, shortChange } from './rowChanges.ts';

test('a change is told in rows and as a share of what there was', () => {
  expect(changeSentence(41_338, { run: 7, rows: 40_134 })).toBe('+1,204 rows (+3 %) since run 7');
  expect(changeSentence(50, { run: 7, rows: 100 })).toBe('-50 rows (-50 %) since run 7');
  expect(changeSentence(100, { run: 7, rows: 100 })).toBe('as many rows as in run 7');
  expect(changeSentence(5, { run: 7, rows: 0 })).toBe('+5 rows since run 7, which had none');
});

test('in a narrow place there is only the share, and nothing where nothing changed', () => {
  expect(shortChange(1015, { run: 1, rows: 1000 })).toBe('+1.5 %');
  expect(shortChange(100, { run: 1, rows: 100 })).toBe('');
  expect(shortChange(100_001, { run: 1, rows: 100_000 })).toBe('+0 %');
  expect(shortChange(0, { run: 1, rows: 10 })).toBe('-100 %');
  expect(shortChange(5, { run: 1, rows: 0 })).toBe('+5');
});
