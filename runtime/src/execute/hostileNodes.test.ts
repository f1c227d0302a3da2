/** What a TypeScript node may not do, in the real sandbox: see or reach the house, take more than its share, or lie about what it did. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Bench, type Carried, openBench, ports } from './work.testing.ts';

vi.setConfig({ testTimeout: 90_000 });

let bench: Bench;
beforeAll(async () => {
  process.env.HOSTILE_TEST_SECRET = 'swordfish_8';
  bench = await openBench();
}, 600_000);
afterAll(async () => {
  await bench.close();
  delete process.env.HOSTILE_TEST_SECRET;
});

/** Code whose body answers with a value, with Node's modules at hand under their names. */
const carry = (body: string, more: object = {}): Promise<Carried> =>
  bench.carry({
    language: 'typescript',
    code: `import * as cp from 'node:child_process';
import * as fs from 'node:fs';
import * as net from 'node:net';
import * as os from 'node:os';
import * as vm from 'node:vm';
import * as worker from 'node:worker_threads';
export default async function f(): Promise<string> {
${body}
}`,
    outputPorts: ports(['value', 'value']),
    ...more,
  });
const answer = async (body: string): Promise<unknown> => {
  const done = await carry(`  return JSON.stringify(await (async () => { ${body} })());`);
  expect(done, JSON.stringify(done.error)).toMatchObject({ reason: 'ok' });
  return JSON.parse(JSON.parse(await bench.read(done, 'value')) as string);
};
const goesOn = async () => expect(await answer('return 1 + 1;')).toBe(2);

describe('it sees nothing of the house', () => {
  test('no variable, no process, no home, no file of it', async () => {
    const seen = (await answer(
      `
      const tried = (what) => { try { return what(); } catch (error) { return 'refused: ' + (error.code ?? error.message); } };
      return {
        variables: Object.entries(process.env).filter(([, value]) => value.includes('swordfish_8')).length,
        processes: tried(() => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => tried(() => fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8')))),
        home: tried(() => fs.readdirSync(os.homedir())),
        house: tried(() => fs.readdirSync(${JSON.stringify('HOME')})),
        root: tried(() => fs.readFileSync('/etc/shadow', 'utf8')),
        written: ['/etc/x', '/usr/x', '/in/x', '/x', '/dev/x', '/proc/x'].map((at) => tried(() => fs.writeFileSync(at, 'x'))),
      };`.replace('"HOME"', JSON.stringify(bench.home)),
    )) as Record<string, unknown>;
    expect(seen.variables).toBe(0);
    expect(JSON.stringify(seen.processes)).not.toMatch(/vitest|postgres|swordfish/);
    expect(seen.house).toMatch(/^refused/);
    expect(seen.root).toMatch(/^refused/);
    expect(seen.written).toEqual(Array(6).fill(expect.stringMatching(/^refused/)));
  });

  test('no address, not even its own, and no socket of a neighbour', async () => {
    const reached = await answer(`
      const reach = (to) => new Promise((done) => {
        const socket = net.connect(to);
        socket.on('connect', () => { done('reached'); socket.destroy(); });
        socket.on('error', (error) => done(error.code));
        setTimeout(() => { done('silent'); socket.destroy(); }, 1000);
      });
      return Promise.all([
        { host: '127.0.0.1', port: 5432 }, { host: '::1', port: 22 }, { host: '169.254.169.254', port: 80 },
        { host: '1.1.1.1', port: 443 }, { host: 'example.org', port: 80 }, { path: '/run/docker.sock' }, { path: '/tmp/.s.PGSQL.5432' },
      ].map(reach));`);
    expect(reached).toHaveLength(7);
    expect(reached).not.toContain('reached');
  });
});

describe('it gets no more rights than it has', () => {
  test.each([
    ['unshare', ['unshare', '-Ur', 'true']],
    ['mount', ['mount', '-t', 'tmpfs', 'none', '/tmp']],
    ['chroot', ['chroot', '/', 'true']],
    ['nsenter', ['nsenter', '-t', '1', '-m', 'true']],
    ['su', ['su', '-c', 'true']],
  ])('%s', async (_, [program, ...words]) => {
    expect(
      await answer(`const { status, error } = cp.spawnSync(${JSON.stringify(program)}, ${JSON.stringify(words)});
        return error ? error.code : status;`),
    ).not.toBe(0);
  });

  test('nor by a call of its own, and it signals nobody else', async () => {
    const done = await answer(`
      const calls = {
        user: () => process.setuid(0), group: () => process.setgid(0), groups: () => process.setgroups([0]),
        kill: () => process.kill(${process.pid}, 9), device: () => cp.execFileSync('mknod', ['/tmp/disk', 'b', '8', '0'], { stdio: 'ignore' }),
        owner: () => fs.chownSync('/', 0, 0), root: () => fs.mkdirSync('/root/x'),
      };
      return Object.entries(calls).filter(([, call]) => { try { call(); return true; } catch { return false; } }).map(([name]) => name);`);
    expect(done).toEqual([]);
  });
});

describe('what takes too much ends at its limit, which is named, and the next one goes on', () => {
  const few = { timeoutMs: 10_000, memoryBytes: 300 * 1024 ** 2, diskBytes: 50 * 1024 ** 2 };
  test.each([
    ['a loop', '  for (;;);', 'timeout'],
    [
      'microtasks',
      '  const again = (): void => void Promise.resolve().then(again);\n  again();\n  await new Promise((done) => setTimeout(done, 60_000));\n  return "";',
      'timeout',
    ],
    [
      'a promise that never comes',
      '  await new Promise((done) => setInterval(() => done, 1000));\n  return "";',
      'timeout',
    ],
    ['heap', '  const all: unknown[] = [];\n  for (;;) all.push(new Array(100_000).fill(all.length));', 'oom'],
    ['buffers', '  const all: Buffer[] = [];\n  for (;;) all.push(Buffer.alloc(10_000_000, 1));', 'oom'],
    [
      'shared memory',
      '  for (let at = 0; ; at++) fs.writeFileSync("/dev/shm/" + at, Buffer.alloc(10_000_000, 1));',
      'oom',
    ],
    ['/tmp', '  for (let at = 0; ; at++) fs.writeFileSync("/tmp/" + at, Buffer.alloc(10_000_000, 1));', 'oom'],
    [
      'its folder',
      '  for (let at = 0; ; at++) { fs.writeFileSync("/job/" + at, Buffer.alloc(1_000_000, 1)); await new Promise((done) => setTimeout(done, 5)); }',
      'disk_full',
    ],
    ['a pattern', '  return String(/^(a+)+$/.test("a".repeat(60) + "b"));', 'timeout'],
  ])('%s', async (_, body, reason) => {
    const done = await carry(body, few);
    // Some ends of memory and space reach the code first, as an error of its own.
    expect([reason, 'user_error'], JSON.stringify(done.error)).toContain(done.reason);
    expect(done.error?.message).toMatch(/\S/);
    expect(done.outputs).toEqual([]);
    expect(done.wallMs).toBeLessThan(40_000);
    await goesOn();
  });

  test('processes and threads', async () => {
    const done = await carry(
      `  const all: unknown[] = [];
  for (let at = 0; at < 3000; at++) {
    const child = cp.spawn('sleep', ['100'], { detached: true, stdio: 'ignore' });
    child.on('error', () => {});
    all.push(child);
  }
  await new Promise((done) => setTimeout(done, 500));
  return String(all.length);`,
      { ...few, timeoutMs: 30_000 },
    );
    expect(done.wallMs).toBeLessThan(60_000);
    expect(['ok', 'user_error', 'oom', 'timeout']).toContain(done.reason);
    await goesOn();
  });
});

describe('what it makes of its own world stays there', () => {
  test.each([
    [
      'prototypes',
      'Object.prototype.then = (done) => done(7); Array.prototype.map = () => []; JSON.stringify = () => "{}"; return "x";',
    ],
    ['a thrown proxy', 'throw new Proxy({}, { get() { throw new Error("trap"); } });'],
    [
      'a returned trap',
      'return new Proxy({}, { get() { throw new Error("trap"); }, ownKeys() { throw new Error("trap"); } }) as never;',
    ],
    ['thrown null', 'throw null;'],
    ['a getter that throws', 'return { get value() { throw new Error("no"); } } as never;'],
    ['a circle', 'const all: Record<string, unknown> = {}; all.all = all; return all as never;'],
    ['an error of megabytes', 'throw new Error("x".repeat(20_000_000));'],
    ['a name of another error', 'const error = new Error("x"); error.name = "infra\\n\\u001b[2J"; throw error;'],
    ['closed descriptors', 'for (let at = 3; at < 30; at++) try { fs.closeSync(at); } catch {}\n  return "x";'],
    ['an abort', 'process.abort();'],
    ['an exit', 'process.exit(0);'],
    ['a signal to itself', 'process.kill(process.pid, "SIGKILL"); return "x";'],
    [
      'an error later',
      'setTimeout(() => { throw new Error("later"); }, 0); await new Promise((done) => setTimeout(done, 50)); return "x";',
    ],
    [
      'a way out of a context',
      'return vm.runInNewContext("this.constructor.constructor(\'return process\')()").pid + "";',
    ],
    [
      'a thread that ends the process',
      'new worker.Worker("process.exit(9)", { eval: true }); await new Promise((done) => setTimeout(done, 300)); process.exit(9);',
    ],
  ])('%s', async (_, body) => {
    const done = await carry(`  ${body}`);
    // Whatever became of it, it is its own doing and not the house's.
    expect(['ok', 'user_error', 'bad_output', 'killed'], JSON.stringify(done.error)).toContain(done.reason);
    if (done.reason !== 'ok') expect(done.error?.message).toMatch(/\S/);
    expect(JSON.stringify(done.error ?? {}).length).toBeLessThan(100_000);
    await goesOn();
  });
});
