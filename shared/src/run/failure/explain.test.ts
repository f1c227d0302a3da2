import { expect, test } from 'vitest';
import { AttemptReason } from '../status.ts';
import { type Ended, explain, Failure } from './explain.ts';

const end = (reason: AttemptReason, more: Partial<Ended> = {}): Ended => ({
  reason,
  error: null,
  known: null,
  exitCode: null,
  signal: null,
  wallMs: null,
  peakMemoryBytes: null,
  limits: { memoryBytes: null, queueTimeoutMs: null },
  losses: 0,
  columns: [],
  child: null,
  items: null,
  cause: null,
  runTimeoutMs: null,
  ...more,
});
const error = (type: string, message: string, line: number | null = null) => ({ type, message, line, column: null });
const told = (given: Ended) => {
  const failure = Failure.parse(explain(given));
  const untold = ({ text: _, ...fact }: { text: string }) => fact;
  return { evidence: failure.evidence.map(untold), steps: failure.steps.map(untold) };
};
const mib = 2 ** 20;

test('every reason but those that are no failure has a sentence, and a step where there is one without further facts', () => {
  for (const reason of AttemptReason.options) {
    const failure = explain(end(reason));
    if (reason === 'ok' || reason === 'parked' || reason === 'not_taken') expect(failure).toBeNull();
    else expect(failure!.summary).toMatch(/^[A-Z].*\.$/);
  }
  const withStep = [
    'queue_timeout',
    'disk_full',
    'killed',
    'lost',
    'infra',
    'cancelled',
    'child_failed',
    'items_failed',
  ];
  for (const reason of withStep) expect(explain(end(reason as AttemptReason))!.steps.length).toBeGreaterThan(0);
});

test('out of memory: the peak against the limit that was hit, and twice that limit to ask for', () => {
  const own = end('oom', { peakMemoryBytes: 300 * mib, known: { memoryBytes: 256 * mib } });
  expect(told(own)).toEqual({
    evidence: [{ kind: 'memory', peakBytes: 300 * mib, limitBytes: 256 * mib }],
    steps: [{ kind: 'raise_memory', memoryBytes: 600 * mib }],
  });
  expect(explain(own)!.evidence[0]!.text).toBe('Held 300 MB at most, of 256 MB');
  expect(explain(own)!.steps[0]!.text).toContain('Raise its memory limit to 600 MB');
  // what nothing is known of is not claimed
  expect(told(end('oom'))).toEqual({ evidence: [], steps: [] });
  // a limit that may not be raised is not suggested to be
  expect(told(end('oom', { known: { memoryBytes: 2 ** 44 } })).steps).toEqual([]);
});

test('out of time: how long it took against its limit; a limit of the whole run is told as that', () => {
  expect(told(end('timeout', { wallMs: 1020, known: { timeoutMs: 1000 }, signal: 'SIGKILL' }))).toEqual({
    evidence: [
      { kind: 'time', tookMs: 1020, limitMs: 1000 },
      { kind: 'signal', signal: 'SIGKILL' },
    ],
    steps: [{ kind: 'raise_time_limit', timeoutMs: 2000 }, { kind: 'open_log' }],
  });
  const stopped = end('cancelled', { runTimeoutMs: 60_000 });
  expect(explain(stopped)!.summary).toContain('its run reached its time limit');
  expect(told(stopped).steps[0]).toEqual({ kind: 'raise_run_limit', timeoutMs: 120_000 });
});

test('a missing module names the package that holds it', () => {
  const given = end('user_error', { error: error('ModuleNotFoundError', "No module named 'sklearn.svm'", 2) });
  expect(told(given)).toEqual({
    evidence: [
      { kind: 'module', module: 'sklearn' },
      { kind: 'line', line: 2, column: null },
    ],
    steps: [
      { kind: 'install_package', package: 'scikit-learn', module: 'sklearn' },
      { kind: 'open_code', line: 2 },
    ],
  });
});

test.each([
  ['pandas', error('KeyError', "'arr_dealy' is not there", 4)],
  ['several of pandas', error('KeyError', `"['arr_dealy'] not in index" is not there`, 4)],
  ['DuckDB', error('Error', 'Binder Error: Referenced column "arr_dealy" not found in FROM clause!', 4)],
])('a missing column is told beside those that arrived, with the nearest of them: %s', (_, given) => {
  const columns = ['arr_delay', 'carrier', 'year'];
  const { evidence, steps } = told(end('user_error', { error: given, columns }));
  expect(evidence[0]).toEqual({ kind: 'column', column: 'arr_dealy', known: columns });
  expect(steps).toEqual([
    { kind: 'rename_column', from: 'arr_dealy', to: 'arr_delay' },
    { kind: 'open_code', line: 4 },
  ]);
  // no name is near to that of a thing that has nothing to do with columns
  expect(told(end('user_error', { error: given, columns: ['x'] })).steps).toEqual([{ kind: 'open_code', line: 4 }]);
  // the key of a dictionary, where no table arrived
  expect(told(end('user_error', { error: given })).evidence).toEqual([{ kind: 'line', line: 4, column: null }]);
});

test('what was lost, what is gone and what came of others lead to where it is mended', () => {
  const lastBeatAt = '2026-11-25T00:00:07.100Z';
  expect(told(end('lost', { known: { lastBeatAt }, losses: 2 })).evidence).toEqual([
    { kind: 'heartbeat', at: lastBeatAt, losses: 2 },
  ]);
  const input = { port: 'in', sha256: 'a'.repeat(64), condition: 'missing' as const };
  expect(told(end('bad_input', { known: { input } }))).toEqual({
    evidence: [{ kind: 'input', ...input }],
    steps: [{ kind: 'rerun_failed' }],
  });
  expect(told(end('bad_input', { known: { secret: 'SALT' } })).steps[0]).toEqual({ kind: 'set_secret', name: 'SALT' });
  expect(told(end('child_failed', { child: 7 })).steps).toEqual([{ kind: 'open_run', run: 7 }]);
  expect(told(end('items_failed', { items: { total: 9, failed: 2, first: 3 } })).steps[0]).toEqual({
    kind: 'open_item',
    mapIndex: 3,
  });
  const cause = { node: 'load', name: 'Load' };
  expect(told(end('upstream_failed', { cause })).steps).toEqual([{ kind: 'open_node', ...cause }]);
  expect(told(end('disk_full', { known: { diskBytes: 100 * mib } })).steps).toEqual([
    { kind: 'raise_disk_limit', diskBytes: 200 * mib },
  ]);
});
