import { expect, test } from 'vitest';
import { valueAt } from '../json.ts';
import { BodyValue, withBody } from './message.ts';

const body = { data: { date: '2013-02-01', rows: [7, 8], 'a/b': { '~': true }, none: null }, '': 'empty' };

test.each([
  ['/data/date', '2013-02-01'],
  ['/data/rows/1', 8],
  ['/data/a~1b/~0', true],
  ['/', 'empty'],
  ['/data/none', null],
  ['', body],
  ['/data/rows/2', undefined],
  ['/data/rows/01', undefined],
  ['/data/rows/length', undefined],
  ['/data/date/0', undefined],
  ['/toString', undefined],
  ['/data/none/x', undefined],
])('%s is a place in JSON', (at, expected) => {
  expect(valueAt(body, at)).toEqual(expected);
});

test('what a message has is filled in, and what it lacks is left to the default', () => {
  const parameters = { date: { $body: '/data/date' }, seed: { $body: '/data/seed' }, rows: 5 };
  expect(withBody(parameters, body)).toEqual({ date: '2013-02-01', rows: 5 });
});

test.each(['data/date', '/data/~2', '$.data.date'])('%s is no place', (at) => {
  expect(BodyValue.safeParse({ $body: at }).success).toBe(false);
});
