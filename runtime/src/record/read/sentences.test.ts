import { expect, test } from 'vitest';
import { type Circumstances, sentenceOn } from './sentences.ts';

const failed = (reason: Circumstances['reason'], error: string | null): string | null =>
  sentenceOn({ name: 'Train', status: 'failed', reason, error } as Circumstances);

test('what the attempt told goes before what its reason says in general', () => {
  const told = 'It wrote more than its limit of 300 MB and was ended. Raise the limit, or write less.';
  expect(failed('disk_full', told)).toBe(told);
  expect(failed('disk_full', null)).toMatch(/^The disk was full/);
  expect(failed('lost', '')).toMatch(/^Its worker went away/);
  expect(failed(null, null)).toBe('It failed.');
});
