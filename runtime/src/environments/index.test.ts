import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Problem } from '@drawloom/shared/problem.ts';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import {
  buildEnvironment,
  type Environment,
  environmentHash,
  findEnvironment,
  findPython,
  lockRequirements,
  prepareEnvironment,
  shippedLock,
  shippedRequirements,
} from './index.ts';
import { settingsFromPip } from './operator.ts';
import { type PackageIndex, servePackages } from './packageIndex.testing.ts';
import { listedWithoutPip } from './pipFiles.ts';
import { isLock, linesOf } from './requirements.ts';
import { prepareTools } from './tools.ts';

const base = mkdtempSync(path.join(tmpdir(), 'environments-'));
const withTools = path.join(base, 'with-tools');
let index: PackageIndex;

beforeAll(async () => {
  await prepareTools(withTools, await findPython(), () => {}); // fetched once, from the index that this machine has
  expect(readdirSync(path.join(withTools, 'environments', 'tools'))).toHaveLength(1);
}, 120_000);
beforeEach(async () => {
  index = await servePackages([
    { name: 'tiny-thing', version: '1.0' },
    { name: 'tiny-thing', version: '1.1' },
    { name: 'needs-tiny', version: '2.0', requires: ['tiny-thing<1.1'] },
    { name: 'only-source', version: '1.0', source: true },
  ]);
  vi.stubEnv('UV_DEFAULT_INDEX', index.url);
  vi.stubEnv('UV_HTTP_RETRIES', '0'); // a closed door stays closed here
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await index.close();
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

/** An empty home. The installer is borrowed, unless none is wanted. */
function newHome({ tools = true } = {}): string {
  const home = mkdtempSync(path.join(base, 'home-'));
  mkdirSync(path.join(home, 'environments'));
  if (tools) symlinkSync(path.join(withTools, 'environments', 'tools'), path.join(home, 'environments', 'tools'));
  return home;
}

async function locked(home: string, requirements: string): Promise<string> {
  const answer = await lockRequirements(home, requirements);
  if ('problems' in answer) throw new Error(JSON.stringify(answer.problems));
  return answer.lock;
}

const problemsOf = async (requirements: string) => lockRequirements(newHome(), requirements);

const python = (environment: Environment, code: string) =>
  execFileSync(environment.python, ['-I', '-c', code], { encoding: 'utf8' }).trim();

/** The same build in a program of its own, so that it can be killed. Its progress comes line by line. */
function buildElsewhere(
  home: string,
  lock: string,
): { child: ChildProcess; said: string[]; says(words: RegExp): Promise<void> } {
  const code = `
    import { buildEnvironment } from ${JSON.stringify(new URL('./index.ts', import.meta.url).href)};
    const { hash } = await buildEnvironment(${JSON.stringify(home)}, 'tiny', ${JSON.stringify(lock)}, console.log);
    console.log('has ' + hash);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => said.push(line));
  const says = async (words: RegExp) => {
    while (!said.some((line) => words.test(line))) await once(lines, 'line');
  };
  return { child, said, says };
}

test('requirements become a lock, and a lock becomes a folder in which they can be imported', async () => {
  const home = newHome();
  const lock = await locked(home, 'needs-tiny\n');
  expect(isLock(lock)).toBe(true);
  expect(lock).not.toContain('://');

  const environment = await buildEnvironment(home, 'tiny', lock, () => {});
  expect(environment.packages).toEqual([
    { name: 'needs-tiny', version: '2.0' },
    { name: 'tiny-thing', version: '1.0' },
  ]);
  expect(environment.folder).toBe(path.join(home, 'environments', environment.hash));
  expect(environment.hash).toBe(environmentHash(lock, await findPython()));
  expect(python(environment, 'import tiny_thing, sys; print(tiny_thing.version, sys.prefix)')).toBe(
    `1.0 ${environment.folder}`,
  );
  // Compiled beforehand: a sandbox cannot write, and would compile at every import.
  expect(python(environment, 'import tiny_thing, os; print(os.path.exists(tiny_thing.__cached__))')).toBe('True');
});

test('an environment that is there is found, and not built again', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing');
  const built = await buildEnvironment(home, 'tiny', lock, () => {});
  await index.close();
  const said: string[] = [];
  expect(await buildEnvironment(home, 'tiny', lock, (line) => said.push(line))).toEqual(built);
  expect(await findEnvironment(home, built.hash)).toEqual(built);
  expect(said).toEqual([]);
  index = await servePackages([]);
});

test('everybody may read an environment, even when we were started with a mask that lets nobody', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing');
  const mask = process.umask(0o077);
  const environment = await buildEnvironment(home, 'tiny', lock, () => {}).finally(() => process.umask(mask));
  const closed = (folder: string): string[] =>
    readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const file = path.join(folder, entry.name);
      if (entry.isSymbolicLink()) return [];
      const { mode } = statSync(file);
      const wanted = entry.isDirectory() ? 0o005 : 0o004;
      return [...((mode & wanted) === wanted ? [] : [file]), ...(entry.isDirectory() ? closed(file) : [])];
    });
  expect(closed(environment.folder)).toEqual([]);
  expect(statSync(path.dirname(environment.folder)).mode & 0o005).toBe(0o005);
});

test('two programs that want one environment at once: one builds, the other waits and finds it', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing==1.0');
  const asked = index.hold();
  const first = buildElsewhere(home, lock);
  const { release } = await asked;
  const second = buildElsewhere(home, lock);
  await second.says(/waiting for it/);
  release();
  await Promise.all([once(first.child, 'exit'), once(second.child, 'exit')]);
  expect(first.said.at(-1)).toMatch(/^has /);
  expect(second.said).toEqual(['Another program is building the environment tiny; waiting for it.', first.said.at(-1)]);
}, 60_000);

test('a build that is killed takes its tools with it, and the next one builds anew', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing==1.0');
  const hash = environmentHash(lock, await findPython());
  const asked = index.hold();
  const { child } = buildElsewhere(home, lock);
  const { release, leftBy } = await asked;
  child.kill('SIGKILL');
  await leftBy; // the download ends although nobody told the tool
  expect(existsSync(path.join(home, 'environments', hash))).toBe(true);
  expect(await findEnvironment(home, hash)).toBeUndefined();
  release();
  const environment = await buildEnvironment(home, 'tiny', lock, () => {});
  expect(python(environment, 'import tiny_thing; print(tiny_thing.version)')).toBe('1.0');
}, 60_000);

test('an environment whose Python has been taken away is built again', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing');
  const { hash, python: link } = await buildEnvironment(home, 'tiny', lock, () => {});
  rmSync(link);
  symlinkSync('/nowhere/python3', link);
  expect(await findEnvironment(home, hash)).toBeUndefined();
  const environment = await buildEnvironment(home, 'tiny', lock, () => {});
  expect(python(environment, 'import tiny_thing; print(tiny_thing.version)')).toBe('1.1');
});

test('a package that nobody has is named, with its line', async () => {
  expect(await problemsOf('tiny-thing\n\nNo_such.package>=2  # what is it?\n')).toEqual({
    problems: [
      expect.objectContaining({
        code: 'package-unknown',
        line: 3,
        message: expect.stringContaining('`no-such-package`'),
      }),
    ],
  });
});

test('a version that nobody has is named, and a conflict is told by its reasons', async () => {
  expect(await problemsOf('tiny-thing==7')).toEqual({
    problems: [
      expect.objectContaining({
        code: 'package-version-unknown',
        line: 1,
        message: expect.stringContaining('`tiny-thing==7`'),
      }),
    ],
  });
  expect(await problemsOf('tiny-thing>=1.1\nneeds-tiny')).toEqual({
    problems: [
      expect.objectContaining({
        code: 'requirements-conflict',
        message: expect.stringMatching(/needs-tiny.* depend on tiny-thing<1\.1/),
      }),
    ],
  });
});

test('a package that comes only as source is refused: building it would run its code', async () => {
  expect(await problemsOf('only-source')).toEqual({
    problems: [
      expect.objectContaining({
        code: 'package-without-wheel',
        line: 1,
        message: expect.stringContaining('`only-source`'),
      }),
    ],
  });
});

test.each([
  ['-r /etc/passwd', 1],
  ['--index-url http://elsewhere/', 1],
  ['tiny-thing\n-e .', 2],
  ['tiny-thing @ file:///etc/passwd', 1],
  ['tiny-thing \\\n @ file:///etc/passwd', 1],
  ['./here', 1],
  ['git+ssh://host/repository', 1],
  ['tiny-thing==', 1],
  ['tiny-thing\n\nother thing', 3],
  ['# nothing', undefined],
])('%j asks for more than packages by name, and is refused', async (requirements, line) => {
  const refused = { code: 'requirements-malformed', ...(line === undefined ? {} : { line }) };
  expect(await problemsOf(requirements)).toEqual({ problems: [expect.objectContaining(refused)] });
});

test('requirements without end are refused before anything reads them', async () => {
  const { problems } = (await problemsOf('tiny-thing\n'.repeat(10_000))) as { problems: Problem[] };
  expect(problems.map(({ code }) => code)).toEqual(['requirements-malformed']);
});

test('a lock that says more than packages, versions and hashes is refused', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing');
  for (const more of ['--index-url http://elsewhere/', 'tiny-thing @ file:///x', '-e .', 'tiny-thing==1.0']) {
    await expect(buildEnvironment(home, 'tiny', `${lock}${more}\n`, () => {})).rejects.toThrow(
      /Lock its requirements again/,
    );
  }
});

test('an index that cannot be reached is said so, and nothing half-built is left', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing==1.0');
  await index.close();
  const unreachable = {
    code: 'index-unreachable',
    message: expect.stringMatching(/connection was refused.*SQL and TypeScript nodes go on/),
  };
  await expect(buildEnvironment(home, 'tiny', lock, () => {})).rejects.toMatchObject(unreachable);
  expect(existsSync(path.join(home, 'environments', environmentHash(lock, await findPython())))).toBe(false);
  expect(await lockRequirements(home, 'needs-tiny')).toEqual({ problems: [expect.objectContaining(unreachable)] });
  index = await servePackages([]);
}, 60_000);

test('what was fetched before is enough to build again without an index', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing==1.0');
  const { folder } = await buildEnvironment(home, 'tiny', lock, () => {});
  rmSync(folder, { recursive: true });
  await index.close();
  const environment = await buildEnvironment(home, 'tiny', lock, () => {});
  expect(python(environment, 'import tiny_thing; print(tiny_thing.version)')).toBe('1.0');
  index = await servePackages([]);
}, 60_000);

test('a package whose content is no longer what was locked is refused', async () => {
  const home = newHome();
  const lock = await locked(home, 'tiny-thing==1.0');
  index.tamper();
  await expect(buildEnvironment(home, 'tiny', lock, () => {})).rejects.toMatchObject({
    code: 'package-changed',
    message: expect.stringContaining('`tiny-thing`'),
  });
});

test('where uv cannot be had, pip locks and builds the same', async () => {
  const home = newHome({ tools: false }); // and the index has no uv
  vi.stubEnv('PATH', `${path.dirname((await findPython()).path)}:/usr/bin:/bin`);
  const lock = await locked(home, 'needs-tiny');
  expect(linesOf(lock).map(({ text }) => text.split(' ')[0])).toEqual(['needs-tiny==2.0', 'tiny-thing==1.0']);
  const said: string[] = [];
  const environment = await buildEnvironment(home, 'tiny', lock, (line) => said.push(line));
  expect(said).toContain('uv is not to be had here; using pip, which takes longer.');
  expect(python(environment, 'import tiny_thing; print(tiny_thing.version)')).toBe('1.0');
  expect(environment.packages).toHaveLength(2);
  expect(await lockRequirements(home, 'no-such-package')).toEqual({
    problems: [expect.objectContaining({ code: 'package-unknown', line: 1 })],
  });
}, 120_000);

test('the operator tells pip where the index is, and uv goes there too', async () => {
  vi.stubEnv('UV_DEFAULT_INDEX', undefined);
  vi.stubEnv('PIP_INDEX_URL', index.url);
  expect(await locked(newHome(), 'tiny-thing')).toContain('tiny-thing==1.1');
});

test('a Python with neither pip nor ensurepip builds all the same, with an installer from the index that pip would ask', async () => {
  vi.stubEnv('UV_DEFAULT_INDEX', undefined);
  vi.stubEnv('PATH', path.dirname(await barePython()));
  const bare = await findPython();
  expect(bare.modules).toEqual(['venv']);
  const home = newHome({ tools: false });
  const tools = await prepareTools(home, bare, () => {});
  expect(tools).toEqual({ uv: expect.stringContaining(home), pip: undefined, env: expect.anything() });
  vi.stubEnv('UV_DEFAULT_INDEX', index.url);
  const environment = await buildEnvironment(home, 'tiny', await locked(home, 'tiny-thing'), () => {});
  expect(python(environment, 'import tiny_thing, sys; print(tiny_thing.version, sys.base_prefix)')).toBe(
    `1.1 ${bare.prefix}`,
  );
}, 120_000);

test('what stands in the files of pip counts without pip, too, and the later file wins', async () => {
  const folder = mkdtempSync(path.join(base, 'pip-'));
  for (const [file, text] of [
    ['xdg/pip/pip.conf', '[global]\nindex-url = http://127.0.0.1:1/simple\ntimeout = 3\n'],
    [
      'config/pip/pip.conf',
      `# ours\n[global]\nindex_url: ${index.url}\nextra-index-url =\n    http://127.0.0.1:2/a\n    http://127.0.0.1:2/b\n`,
    ],
  ] as const) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
  const env = { XDG_CONFIG_DIRS: path.join(folder, 'xdg'), XDG_CONFIG_HOME: path.join(folder, 'config'), HOME: folder };
  const listed = listedWithoutPip({ ...env, PIP_TRUSTED_HOST: 'inside' }, folder);
  expect(settingsFromPip(listed, {})).toMatchObject({
    UV_DEFAULT_INDEX: index.url,
    UV_INDEX: 'http://127.0.0.1:2/a http://127.0.0.1:2/b',
    UV_INSECURE_HOST: 'inside',
  });
  expect(listedWithoutPip({ ...env, PIP_CONFIG_FILE: '/dev/null' }, folder)).toBe(":env:.config-file='/dev/null'");
});

/** The Python of this machine as Debian delivers it: its standard library without the two packages that bring pip. */
async function barePython(): Promise<string> {
  const whole = await findPython();
  const name = `python${whole.version[0]}.${whole.version[1]}`;
  const prefix = mkdtempSync(path.join(base, 'bare-'));
  const [from, to] = [path.join(whole.prefix, 'lib', name), path.join(prefix, 'lib', name)];
  mkdirSync(to, { recursive: true });
  for (const each of readdirSync(from))
    if (!['ensurepip', 'site-packages', 'dist-packages'].includes(each))
      symlinkSync(path.join(from, each), path.join(to, each));
  mkdirSync(path.join(prefix, 'bin'));
  const file = path.join(prefix, 'bin', name);
  copyFileSync(whole.path, file);
  symlinkSync(name, path.join(prefix, 'bin', 'python3'));
  return file;
}

test('a home that cannot be written to is said so', async () => {
  const file = path.join(base, 'a-file');
  writeFileSync(file, '');
  await expect(prepareEnvironment(path.join(file, 'home'), 'default', () => {})).rejects.toMatchObject({
    code: 'folder-unfit',
    message: expect.stringContaining('DRAWLOOM_HOME'),
  });
});

test('a shim is followed to the Python behind it, and one that leads nowhere is passed over', async () => {
  const { path: real, version } = await findPython();
  const shims = mkdtempSync(path.join(base, 'shims-'));
  writeFileSync(path.join(shims, 'python3'), '#!/bin/sh\necho no such version >&2; exit 127\n');
  writeFileSync(path.join(shims, 'python'), `#!/bin/sh\nexec ${real} "$@"\n`);
  for (const name of ['python3', 'python']) chmodSync(path.join(shims, name), 0o755);
  vi.stubEnv('PATH', shims);
  expect(await findPython()).toMatchObject({ path: real, version });
});

test('a virtual environment that happens to be active is not built upon', async () => {
  const { path: real } = await findPython();
  const active = mkdtempSync(path.join(base, 'active-'));
  execFileSync(real, ['-m', 'venv', '--without-pip', active]);
  vi.stubEnv('PATH', path.join(active, 'bin'));
  expect((await findPython()).path).toBe(real);
});

test('a machine without Python is told what to install', async () => {
  vi.stubEnv('PATH', base);
  await expect(findPython()).rejects.toMatchObject({
    code: 'python-missing',
    message: expect.stringMatching(/Install Python 3\.10 or newer .* and start again\.$/),
  });
});

test('the committed locks hold what their requirements ask for, and no address', () => {
  for (const name of ['default', 'tools']) {
    const lock = shippedLock(name);
    expect(isLock(lock)).toBe(true);
    expect(lock).not.toContain('://');
    const names = new Set(linesOf(lock).map(({ text }) => text.split('==')[0]));
    for (const { text } of linesOf(shippedRequirements(name))) expect(names).toContain(text.match(/^[\w-]+/)![0]);
  }
});

test('the default environment builds, and imports all it promises', async () => {
  vi.stubEnv('UV_DEFAULT_INDEX', undefined);
  const environment = await prepareEnvironment(newHome(), 'default', () => {});
  const modules =
    'pandas, pyarrow.parquet, numpy, sklearn.ensemble, matplotlib.pyplot, duckdb, polars, joblib, threadpoolctl';
  expect(python(environment, `import ${modules}; print('all')`)).toBe('all');
  const instant = "select timestamptz '2013-01-01 05:00:00+00'";
  expect(python(environment, `import duckdb; print(duckdb.sql("""${instant}""").fetchall()[0][0].timestamp())`)).toBe(
    '1357016400.0',
  );
}, 600_000);
