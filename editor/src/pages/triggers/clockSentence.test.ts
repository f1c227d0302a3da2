import { Clock } from '@drawloom/shared/trigger/when.ts';
import { expect, test } from 'vitest';
import { clockSentence } from './clockSentence.ts';

test.each([
  [{ kind: 'cron', cron: '0 6 * * *' }, 'Every day at 06:00'],
  [{ kind: 'interval', everySeconds: 5400 }, 'Every 90 minutes'],
  [{ kind: 'interval', everySeconds: 86_400 }, 'Every day'],
  [{ kind: 'calendar', at: ['18:00', '06:30'], days: { every: 'day' } }, 'Every day at 06:30 and 18:00'],
  [{ kind: 'calendar', at: ['06:00'], days: { weekdays: ['mon', 'fri'] } }, 'Every Monday and Friday at 06:00'],
  [
    { kind: 'calendar', at: ['06:00'], days: { monthDays: [1, -1] } },
    'On day 1 and the last day of every month at 06:00',
  ],
  [
    { kind: 'calendar', at: ['06:00'], days: { nth: -1, weekday: 'fri' }, months: [3, 6] },
    'On the last Friday of every month at 06:00, in March and June',
  ],
  [{ kind: 'calendar', at: ['06:00'], days: { workday: 1 } }, 'On the first working day of every month at 06:00'],
])('%j', (clock, sentence) => {
  expect(clockSentence(Clock.parse(clock))).toBe(sentence);
});
