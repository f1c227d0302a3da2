import { expect, test } from 'vitest';
import { cronSentence } from './cronSentence.ts';

test.each([
  ['* * * * *', 'Every minute'],
  ['*/15 * * * *', 'Every 15 minutes'],
  ['5 * * * *', 'Every hour at :05'],
  ['0 */6 * * *', 'Every 6 hours at :00'],
  ['30 6 * * *', 'Every day at 06:30'],
  ['0 6 * * 1-5', 'Every weekday at 06:00'],
  ['0 6 * * MON', 'Every Monday at 06:00'],
  ['0 6 * * 0,6', 'Every Saturday and Sunday at 06:00'],
  ['0 6 * * 1,3,5', 'Every Monday, Wednesday, and Friday at 06:00'],
  ['0 6 * * 6-7', 'Every Saturday and Sunday at 06:00'],
  ['0 6 1 * *', 'On day 1 of every month at 06:00'],
  ['0 6 29 2 *', 'Every year on February 29 at 06:00'],
])('%s is said as “%s”', (cron, sentence) => {
  expect(cronSentence(cron)).toBe(sentence);
});

test.each([
  '',
  '0 6',
  '*/7 * * * *',
  '0 */5 * * *',
  '0 6 1 * 1',
  '0 6 1-7 * *',
  '61 * * * *',
  '0 6 * * FOO',
  '1,2 6 * * *',
])('“%s” is left to speak for itself', (cron) => {
  expect(cronSentence(cron)).toBeNull();
});
