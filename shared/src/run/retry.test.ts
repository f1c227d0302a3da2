import { expect, test } from 'vitest';
import { Retry } from '../pipeline/document.ts';
import { verdictOn } from './retry.ts';

const failed = (type: string, message: string) => ({ reason: 'user_error' as const, error: { type, message } });

test('without a rule that fits, the reason decides', () => {
  expect(verdictOn({ reason: 'user_error' }, [])).toEqual({ retry: true });
  expect(verdictOn({ reason: 'bad_output' }, [])).toEqual({ retry: false });
  expect(verdictOn({ reason: 'oom' }, [{ reason: 'timeout', do: 'fail' }])).toEqual({ retry: true });
});

test('the first rule that fits decides, with its own delay where it has one', () => {
  const rules = [
    { type: 'HTTPError', message: '429', do: 'retry' as const, delayMs: 60_000 },
    { type: 'HTTPError', do: 'fail' as const },
    { reason: 'bad_output' as const, do: 'retry' as const },
  ];
  expect(verdictOn(failed('HTTPError', 'status 429: too many'), rules)).toEqual({ retry: true, delayMs: 60_000 });
  expect(verdictOn(failed('HTTPError', 'status 404'), rules)).toEqual({ retry: false });
  expect(verdictOn(failed('ValueError', 'status 429'), rules)).toEqual({ retry: true });
  expect(verdictOn({ reason: 'bad_output' }, rules)).toEqual({ retry: true });
});

test('an exception is known by its name with its module and without, and by no part of it', () => {
  const rules = [{ type: 'URLError', do: 'fail' as const }];
  expect(verdictOn(failed('urllib.error.URLError', ''), rules).retry).toBe(false);
  expect(verdictOn(failed('MyURLError', ''), rules).retry).toBe(true);
});

test('what makes no sense is refused where it stands', () => {
  const at = (retry: object) => Retry.safeParse(retry).error?.issues[0]?.path.join('/');
  expect(at({ attempts: 0, delayMs: 0 })).toBe('attempts');
  expect(at({ attempts: 2, delayMs: -1 })).toBe('delayMs');
  expect(at({ attempts: 2, delayMs: 0, jitter: 1.5 })).toBe('jitter');
  expect(at({ attempts: 2, delayMs: 0, rules: [{ do: 'fail' }] })).toBe('rules/0');
  expect(at({ attempts: 2, delayMs: 0, rules: [{ reason: 'lost', do: 'fail' }] })).toBe('rules/0/reason');
});
