import { expect, test } from 'vitest';
import { explain } from './problem.ts';

const codeOf = (...said: string[]) =>
  explain(said.join('\n'), { what: 'building the environment tiny', home: '/home' }).code;

// What the tools said when it happened here, cut short.
test('a full disk is told from a broken package', () => {
  expect(
    codeOf(
      'error: Failed to download `fonttools==4.68.0`',
      '  cause: Failed to extract archive: fonttools-4.68.0-cp311-cp311-manylinux2014_x86_64.whl',
      '  cause: I/O operation failed during extraction',
      '  cause: failed to write to file `/home/cache/.tmp/lexer.so`: No space left on device (os error 28)',
    ),
  ).toBe('disk-full');
  expect(codeOf("shutil.Error: [('/tmp/uv', '/home/tools/uv', \"[Errno 28] No space left on device\")]")).toBe(
    'disk-full',
  );
});

test('an index that refuses us is told from a package that it lacks', () => {
  expect(
    codeOf(
      'error: No solution found when resolving dependencies',
      '  cause: Because six was not found in the package registry and you require six, we can conclude that your',
      '         requirements are unsatisfiable.',
      '',
      'hint: An index URL (http://index/) could not be queried due to a lack of valid authentication credentials (401 Unauthorized)',
    ),
  ).toBe('index-refused');
  expect(
    codeOf(
      'Could not fetch URL http://index/six/: 403 Client Error: Forbidden for url: http://index/six/ - skipping',
      'ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)',
    ),
  ).toBe('index-refused');
});

test('an index that does not answer is told from a package that it lacks', () => {
  const lacking = 'ERROR: Could not find a version that satisfies the requirement six==1.17.0 (from versions: none)';
  const broken = 'after connection broken by NewConnectionError: Failed to establish a new connection:';
  expect(codeOf(lacking)).toBe('package-unknown');
  for (const why of [
    `WARNING: Retrying (Retry(total=0)) ${broken} [Errno 111] Connection refused: /simple/six/`,
    `WARNING: Retrying (Retry(total=0)) ${broken} [Errno -2] Name or service not known: /simple/six/`,
    'Could not fetch URL http://index/six/: 503 Server Error: Service Unavailable for url: http://index/six/ - skipping',
    'error: Failed to fetch: http://index/six/\n  cause: HTTP status server error (503 Service Unavailable) for url (http://index/six/)',
  ]) {
    expect(codeOf(why, lacking)).toBe('index-unreachable');
  }
});

test('a package is not taken for what its name says', () => {
  const solving = 'error: No solution found when resolving dependencies';
  const lacking =
    '  cause: Because there is no version of proxyerror-timed==9 and you require proxyerror-timed==9, we can';
  expect(codeOf(solving, lacking)).toBe('package-version-unknown');
  const found = 'Found link http://index/async_timeout-5.0.1-py3-none-any.whl';
  const wanted =
    'ERROR: Could not find a version that satisfies the requirement async-timeout==99 (from versions: 4.0.0, 5.0.1)';
  expect(codeOf(found, wanted)).toBe('package-version-unknown');
});

test('a failure that nobody foresaw is told in the words of the tool', () => {
  const problem = explain('one\n\nthe last words\n', { what: 'locking the requirements', home: '/home' });
  expect(problem.code).toBe('build-failed');
  expect(problem.message).toContain('locking the requirements failed: one the last words.');
});
