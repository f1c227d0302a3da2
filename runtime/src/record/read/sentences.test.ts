import { expect, test } from 'vitest';
import { type Circumstances, sentenceOn } from './sentences.ts';

const failed = (error: string | null, failure: Circumstances['failure']): string | null =>
  sentenceOn({ name: 'Train', status: 'failed', error, failure } as Circumstances);

test('what the attempt told goes before what its reason says in general', () => {
  const told = 'It wrote more than its limit of 300 MB and was ended. Raise the limit, or write less.';
  const general: Circumstances['failure'] = {
    reason: 'disk_full',
    summary: 'There was no room left for what it wrote.',
    evidence: [],
    steps: [{ kind: 'free_space', text: 'Free some space on the server.' }],
  };
  expect(failed(told, general)).toBe(told);
  expect(failed('', general)).toBe('There was no room left for what it wrote. Free some space on the server.');
  expect(failed(null, null)).toBe('It failed.');
});
