import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../src/db/embedded/processes.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'drawloom-launch-'));
  cpSync(import.meta.dirname, path.join(root, 'runtime/bin'), { recursive: true });
  write('package-lock.json', lock({ 'node_modules/a': { version: '1.0.0' } }));
  write('runtime/src/cli.ts', 'console.log(process.version, ...process.argv.slice(2));');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const lock = (packages: object) => JSON.stringify({ packages: { '': {}, ...packages } });
const write = (file: string, text: string) => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
/** What an install leaves behind. */
const installed = (packages: object) => write('node_modules/.package-lock.json', lock(packages));

/** Puts a stand-in for npm on the PATH: a shell script. */
function npmThat(script: string): void {
  write('tools/npm', `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(root, 'tools/npm'), 0o755);
}

/** The launcher takes this Node for another version, so that every path can be walked with the one that is here. */
const pretend = (version: string) => [
  '--import',
  `data:text/javascript,Object.defineProperty(process.versions,"node",{value:"${version}"})`,
];

function environment(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const { npm_execpath: _npm, ...env } = process.env;
  return { ...env, PATH: `${path.join(root, 'tools')}:/usr/bin:/bin`, ...more };
}

function launch(args: string[], { node = [] as string[], env = {} as NodeJS.ProcessEnv } = {}) {
  const bin = path.join(root, 'runtime/bin/drawloom.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, bin, ...args], {
    encoding: 'utf8',
    env: environment(env),
  });
  return { status, stdout, stderr };
}

test('with everything there, the program runs at once and its exit code passes through', () => {
  installed({ 'node_modules/a': { version: '1.0.0' } });
  write('runtime/src/cli.ts', 'console.log(...process.argv.slice(2)); process.exitCode = 3;');
  npmThat('echo npm was called >&2; exit 9');
  expect(launch(['run', '--json', 'a b'])).toEqual({ status: 3, stdout: 'run --json a b\n', stderr: '' });
});

test('missing packages are installed first, without install scripts, and standard output stays the program’s', () => {
  npmThat('echo "$@" > asked; mkdir -p node_modules; cp package-lock.json node_modules/.package-lock.json');
  const { status, stdout, stderr } = launch(['hello']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: `${process.version} hello\n` });
  expect(stderr).toMatch(/Installing the packages of the lock file \(1 of them.*\nInstalled in \d+ s/);
  expect(spawnSync('cat', [path.join(root, 'asked')], { encoding: 'utf8' }).stdout).toMatch(/^ci --ignore-scripts /);
});

test.each<[string, object]>([
  ['another version is locked now', { 'node_modules/a': { version: '0.9.0' } }],
  ['a package came to the lock', {}],
])('packages are installed anew when %s', (_why, before) => {
  installed(before);
  npmThat('echo called; cp package-lock.json node_modules/.package-lock.json');
  expect(launch([]).stderr).toMatch(/^Installing the packages/);
});

test('a package for another platform may be absent', () => {
  write(
    'package-lock.json',
    lock({ 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0', optional: true } }),
  );
  installed({ 'node_modules/a': { version: '1.0.0' } });
  expect(launch([]).stderr).toBe('');
});

test.each([
  ['ENOTFOUND', /The package registry cannot be reached from here\. Check the network/],
  ['ENOSPC', /The disk of .* is full: the packages need about 1\.2 GB/],
  ['E404', /npm could not install the packages \(exit 1\)\. Mend what it names above/],
])('an install that fails with %s says what to do', (code, message) => {
  npmThat(`echo "npm error code ${code}" >&2; exit 1`);
  const { status, stderr } = launch([]);
  expect(status).toBe(1);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/ at .*\.mjs/);
});

test('a stop in the middle of an install stops npm as well', async () => {
  npmThat('echo $$ > pid; exec sleep 60');
  const bin = path.join(root, 'runtime/bin/drawloom.mjs');
  const launcher = spawn(process.execPath, [bin], { stdio: 'ignore', env: environment() });
  await expect
    .poll(() => existsSync(path.join(root, 'pid')) && readFileSync(path.join(root, 'pid'), 'utf8'))
    .toMatch(/\d+\n/);
  const npm = Number(readFileSync(path.join(root, 'pid'), 'utf8'));
  launcher.kill('SIGTERM');
  expect(await once(launcher, 'exit')).toEqual([143, null]);
  await expect.poll(() => isAlive(npm)).toBe(false);
});

test('without npm it says that npm is missing', () => {
  const { status, stderr } = launch([], { env: { PATH: path.join(root, 'tools') } });
  expect(status).toBe(1);
  expect(stderr).toMatch(/npm is not on the PATH, .* Install npm, then start again\./);
});

test('a Node before 18 is refused, and one before 22.18 hands over to the Node of the lock file', () => {
  installed({ 'node_modules/a': { version: '1.0.0' } });
  expect(launch([], { node: pretend('16.20.0') }).stderr).toMatch(/^Drawloom needs Node 18 or newer to begin with/);

  const without = launch([], { node: pretend('20.20.0') });
  expect(without).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(/needs Node 22\.18 or newer; .*Install Node 24/),
  });

  bringNode();
  const handed = launch(['x'], { node: pretend('20.20.0') });
  expect(handed).toMatchObject({ status: 0, stdout: `${process.version} x\n`, stderr: '' });
});

test('signals reach the program behind the launcher, and its exit code comes back', async () => {
  const { launcher, line } = await launchWaiting();
  expect(line).toBe('waiting');
  launcher.kill('SIGTERM');
  expect(await once(launcher, 'exit')).toEqual([7, null]);
});

test('a program that a signal ended is told as shells tell it', async () => {
  const { launcher } = await launchWaiting('process.kill(process.pid, "SIGKILL")');
  expect(await once(launcher, 'exit')).toEqual([137, null]);
});

test('when the launcher is killed, the program learns of it', async () => {
  const note = path.join(root, 'orphaned');
  const { launcher } = await launchWaiting(
    `process.on('disconnect', () => { fs.writeFileSync(${JSON.stringify(note)}, ''); process.exit(); })`,
  );
  launcher.kill('SIGKILL');
  await expect.poll(() => existsSync(note)).toBe(true);
});

async function launchWaiting(more = '') {
  installed({ 'node_modules/a': { version: '1.0.0' } });
  bringNode();
  write(
    'runtime/src/cli.ts',
    `import * as fs from 'node:fs';
    process.on('SIGTERM', () => process.exit(7));
    setInterval(() => {}, 1000);
    console.log('waiting');
    ${more}`,
  );
  const bin = path.join(root, 'runtime/bin/drawloom.mjs');
  const launcher = spawn(process.execPath, [...pretend('20.20.0'), bin], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: environment(),
  });
  const [line] = await once(createInterface(launcher.stdout), 'line');
  return { launcher, line };
}

/** Lays this Node where the package of the lock file would put its own. */
function bringNode(): void {
  const folder = path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin`);
  mkdirSync(folder, { recursive: true });
  symlinkSync(process.execPath, path.join(folder, 'node'));
}

test('npm signals the shell that it started, so every script of ours takes the place of that shell', () => {
  const { scripts } = JSON.parse(readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8'));
  const ours = Object.values<string>(scripts).filter((script) => script.includes('drawloom.mjs'));
  expect(ours.length).toBeGreaterThan(0);
  expect(ours.filter((script) => !script.startsWith('exec '))).toEqual([]);
});
