import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { treeOf } from '../../../../test/support/processes.ts';
import { defaultEnvironment } from '../../../python/tests/pythons.ts';
import {
  amRoot,
  asUser,
  begin,
  carryOut,
  here,
  limits,
  modes,
  newFolder,
  python,
  removeFolders,
  startHost,
  watch,
} from './fixtures/hosts.ts';
import type { SandboxHost } from './host.ts';
import { selfTest } from './self-test.ts';

const MiB = 1024 ** 2;
afterAll(removeFolders);
vi.setConfig({ testTimeout: 30_000 }); // for a machine that is busy with others
const soon = (check: () => void) => vi.waitFor(check, { timeout: 15_000, interval: 5 });

describe.each(modes)('an attempt, run by a host that is $name', (mode) => {
  let host: SandboxHost;
  const folder = newFolder();

  beforeAll(async () => {
    host = await startHost(mode, {}, { folder, graceMs: 300 });
    host.prepare(python, 3);
  });
  afterAll(() => host.stop());

  test('cannot get out by any of the ways the self-test tries', async () => {
    const level = await selfTest(host);
    expect(level).toMatchObject({ level: 'full', missing: [], tested: true });
    expect(host.level).toBe(level);
  });

  test('gets its message, answers, and leaves with nothing of its own left', async () => {
    const { exit, messages, stdout, slot } = await carryOut(host, 'hello', { value: 'größer' });
    expect(messages).toEqual([
      {
        type: 'done',
        value: 'größer',
        pid: 1,
        uid: expect.any(Number),
        cwd: '/job',
        folders: { in: '/in', job: '/job', tmp: '/tmp' },
      },
    ]);
    expect(stdout).toBe('hello\n');
    expect(exit).toMatchObject({ exitCode: 0, signal: null, oom: false, pidsRefused: false, processesLeft: 0 });
    expect(exit.killedFor).toBeUndefined();
    expect(exit.peakMemoryBytes).toBeGreaterThan(100_000);
    expect(existsSync(slot.jobFolder)).toBe(false);
    expect(existsSync(`/proc/${slot.pid}`)).toBe(false);
  });

  test('has the variables of its message and none of the worker', async () => {
    process.env.SANDBOX_TEST_SECRET = 'secret';
    const { messages } = await carryOut(host, 'environment', { env: { API_KEY: 'its own', ROWS: 3 } });
    const { env } = messages[0] as { env: Record<string, string> };
    expect(env).toMatchObject({ API_KEY: 'its own', ROWS: '3', HOME: '/tmp', PYTHONHASHSEED: '0' });
    expect(env.SANDBOX_TEST_SECRET).toBeUndefined();
    expect(Object.keys(env).filter((name) => /NODE|npm|VITEST|SSH/i.test(name))).toEqual([]);
  });

  test('may do what libraries do: pools, shared memory, threads, programs', {
    repeats: 20,
    timeout: 300_000,
  }, async () => {
    const { messages, stderr } = await carryOut(host, 'ordinary_things');
    expect(stderr).toBe('');
    expect(messages).toEqual([
      {
        type: 'done',
        squares: [1, 2, 3],
        said: '42',
        error: '',
        spawned: 0,
        name: 'drawloom',
        user: 'drawloom',
        number: 'drawloom',
      },
    ]);
  });

  test('draws other random numbers than its siblings', async () => {
    const [one, other] = [await carryOut(host, 'random_numbers'), await carryOut(host, 'random_numbers')];
    expect(one.messages[0]?.random).not.toBe(other.messages[0]?.random);
    expect(one.messages[0]?.name).not.toBe(other.messages[0]?.name);
  });

  test('reports an error it did not catch, and leaves with the status it chose', async () => {
    const failed = await carryOut(host, 'fail');
    expect(failed.messages[0]).toMatchObject({ type: 'crash', error: 'ValueError: no such column: price' });
    expect(failed.messages[0]?.traceback).toContain('attempts.py');
    expect(failed.exit.exitCode).toBe(1);
    expect((await carryOut(host, 'leave', { status: 7 })).exit.exitCode).toBe(7);
  });

  test('is told which number JSON cannot hold, and cannot confuse the worker with lines that are no messages', async () => {
    const failed = await carryOut(host, 'not_a_number');
    expect(failed.messages[0]).toMatchObject({ type: 'crash', error: expect.stringContaining('ValueError') });
    const { messages } = await carryOut(host, 'forged_lines');
    expect(messages.map(({ type }) => type)).toEqual(['unreadable', 'unreadable', 'done']);
  });

  test('sees its inputs and cannot change them', async () => {
    const stored = join(folder, 'stored');
    writeFileSync(stored, 'rows', { mode: 0o644 });
    const slot = await host.acquire(python);
    await slot.link(stored, 'tables/flights.csv');
    const watched = watch(slot);
    slot.dispatch({ attempt: 'read_input', path: 'tables/flights.csv' }, limits);
    const { seen, refused } = await watched.said('done');
    expect(seen).toBe('rows');
    expect(Object.entries(refused as object).filter(([, held]) => !held)).toEqual([]);
    expect(statSync(stored).nlink).toBe(2); // linked, not copied
    await slot.release();
    expect(readFileSync(stored, 'utf8')).toBe('rows');
    expect(statSync(stored)).toMatchObject({ nlink: 1, mode: 0o100644 });
  });

  test('leaves its outputs in the job folder until it is released', async () => {
    const { slot } = await begin(host, 'write_output', { text: 'result' });
    await slot.exited;
    expect(readFileSync(join(slot.jobFolder, 'out/rows.txt'), 'utf8')).toBe('result');
    await slot.release();
    expect(existsSync(slot.jobFolder)).toBe(false);
  });

  test('that eats memory is ended as out of memory, and its sibling works on', async () => {
    const sibling = await begin(host, 'stop_politely');
    await sibling.said('waiting');
    const { exit } = await carryOut(host, 'eat_memory', {}, { memoryBytes: 96 * MiB });
    expect(exit).toMatchObject({ oom: true, signal: 'SIGKILL' });
    expect(exit.peakMemoryBytes).toBeGreaterThan(80 * MiB);
    expect(exit.peakMemoryBytes).toBeLessThan((counted(host) ? 100 : 512) * MiB);
    await sibling.slot.kill('cancelled');
    expect(await sibling.slot.exited).toMatchObject({ exitCode: 9, oom: false });
    await sibling.slot.release();
  });

  test('that fills its /tmp, which is memory, is ended as out of memory', async () => {
    const { exit } = await carryOut(host, 'fill_shared_memory', { folder: '/tmp' }, { memoryBytes: 96 * MiB });
    expect(exit).toMatchObject({ oom: true, signal: 'SIGKILL' });
  });

  test('that writes a large output is not said to have held it in memory', async () => {
    const { exit } = await carryOut(host, 'write_large_output', {}, { memoryBytes: 512 * MiB, diskBytes: 512 * MiB });
    expect(exit).toMatchObject({ exitCode: 0, oom: false });
    expect(exit.peakMemoryBytes).toBeLessThan(50 * MiB);
  });

  test('that forks without end gets no further than its limit', async () => {
    const { exit, messages } = await carryOut(host, 'fork_bomb', {}, { pids: 20 });
    expect(messages[0]).toMatchObject({ type: 'done', refused: 11 });
    expect(messages[0]?.made).toBeLessThan(20);
    expect(exit).toMatchObject({ pidsRefused: counted(host), processesLeft: 0, exitCode: 0 });
  });

  test('that hides daemons and ignores being asked to stop is gone after the grace', async () => {
    const { slot, messages } = await begin(host, 'daemons');
    await soon(() => expect(messages.length).toBe(3));
    const inside = () => processesIn(slot.pid);
    expect(inside().length).toBeGreaterThanOrEqual(4);
    const group = inside();
    const startedAt = performance.now();
    await slot.kill('cancelled');
    expect(performance.now() - startedAt).toBeGreaterThan(250);
    expect(await slot.exited).toMatchObject({ signal: 'SIGKILL', killedFor: 'cancelled', processesLeft: 0 });
    expect(group.filter(isAlive)).toEqual([]);
    await slot.release();
  });

  test('is told the same of its end when it has stopped and when it has exited', async () => {
    const { slot } = await begin(host, 'write_output', { text: 'result' });
    const [early, late] = await Promise.all([slot.stopped, slot.exited]);
    expect({ ...early, cpuMs: 0, peakMemoryBytes: 0 }).toEqual({ ...late, cpuMs: 0, peakMemoryBytes: 0 });
    expect(early.peakMemoryBytes).toBeGreaterThan(0);
    await slot.release();
  });

  test('tells when it has stopped how it ended, however that was', async () => {
    for (const [attempt, message, status] of [
      ['leave', { status: 7 }, { exitCode: 7, signal: null }],
      ['fail', {}, { exitCode: 1, signal: null }],
      ['end_by_signal', {}, { exitCode: null, signal: 'SIGSEGV' }],
    ] as const) {
      const { slot } = await begin(host, attempt, message);
      expect(await slot.stopped).toMatchObject(status);
      expect(await slot.exited).toMatchObject(status);
      await slot.release();
    }
  });

  test('is out in order: its last word, its end, the proof', async () => {
    const { slot } = await begin(host, 'write_output', { text: 'result' });
    const order: string[] = [];
    await Promise.all([
      slot.stopped.then(() => order.push('stopped')),
      slot.exited.then(() => order.push('exited')),
      slot.closed.then(() => order.push('closed')),
    ]);
    expect(order).toEqual(['closed', 'stopped', 'exited']);
    await slot.release();
  });

  test('that has hung up while a program of it runs on has not stopped', async () => {
    const { slot } = await begin(host, 'hang_up_and_write_on');
    const late = join(slot.jobFolder, 'late');
    await slot.closed;
    await soon(() => expect(statSync(late).size).toBeGreaterThan(3));
    writeFileSync(join(slot.jobFolder, 'go'), '');
    await slot.stopped;
    const { size } = statSync(late);
    expect(await slot.exited).toMatchObject({ exitCode: 0, processesLeft: 0 });
    expect(statSync(late).size).toBe(size);
    await slot.release();
  });

  test('that ends leaves no daemon behind', async () => {
    const { slot } = await begin(host, 'leave_daemons_behind');
    await soon(() => expect(processesIn(slot.pid).length).toBeGreaterThan(1));
    const group = processesIn(slot.pid);
    writeFileSync(join(slot.jobFolder, 'go'), '');
    expect(await slot.exited).toMatchObject({ exitCode: 0, processesLeft: 0 });
    expect(group.filter(isAlive)).toEqual([]);
    await slot.release();
  });

  test('may save its work when it is asked to stop', async () => {
    const { slot, said } = await begin(host, 'stop_politely');
    await said('waiting');
    await slot.kill('cancelled');
    expect(await slot.exited).toMatchObject({ exitCode: 9, signal: null, killedFor: 'cancelled' });
    expect(readFileSync(join(slot.jobFolder, 'checkpoint'), 'utf8')).toBe('saved');
    await slot.release();
  });

  test('that takes too long is stopped for that', async () => {
    const { exit } = await carryOut(host, 'daemons', {}, { timeoutMs: 50 });
    expect(exit).toMatchObject({ killedFor: 'timeout', signal: 'SIGKILL' });
  });

  test('that fills the disk is stopped for that, by many files or by one', async () => {
    const many = await carryOut(host, 'fill_disk', {}, { diskBytes: 32 * MiB });
    expect(many.exit).toMatchObject({ killedFor: 'disk' });
    const one = await carryOut(host, 'one_large_file', {}, { diskBytes: 16 * MiB });
    expect(one.exit.killedFor).toBe('disk');
    expect(one.messages.every((message) => message.errno === 27)).toBe(true);
  });

  test('that locks its own folder is measured and tidied up all the same', async () => {
    const { exit, slot } = await carryOut(host, 'hidden_folder');
    expect(exit.exitCode).toBe(0);
    expect(existsSync(slot.jobFolder)).toBe(false);
  });

  test('that never ends its line is cut off', async () => {
    const { exit } = await carryOut(host, 'long_line');
    expect(exit).toMatchObject({ killedFor: 'protocol', signal: 'SIGKILL' });
  });

  test('that prints a gigabyte leaves the worker as small as before', { timeout: 90_000 }, async () => {
    const slot = await host.acquire(python);
    let bytes = 0;
    let largest = 0;
    const before = process.memoryUsage.rss();
    slot.onStdout((chunk) => {
      if ((bytes >> 20) % 16 === 0) largest = Math.max(largest, process.memoryUsage.rss());
      bytes += chunk.length;
    });
    const megabytes = mode === modes[0] ? 1024 : 128; // the second time only for the way it takes
    slot.dispatch({ attempt: 'chatter', megabytes }, { ...limits, timeoutMs: 90_000 });
    await slot.exited;
    await slot.drained;
    expect(bytes).toBe(megabytes * MiB);
    expect(largest - before).toBeLessThan(128 * MiB);
    await slot.release();
  });

  test('waits when nobody takes what it prints', async () => {
    const slot = await host.acquire(python);
    const gate = Promise.withResolvers<void>();
    const messages: unknown[] = [];
    let bytes = 0;
    slot.onMessage((message) => void messages.push(message));
    slot.onStdout((chunk) => {
      bytes += chunk.length;
      return gate.promise;
    });
    slot.dispatch({ attempt: 'chatter', megabytes: 16 }, limits);
    await soon(() => expect(readFileSync(`/proc/${slot.pid}/wchan`, 'utf8')).toContain('sock_alloc'));
    expect(bytes).toBeLessThan(MiB);
    expect(messages).toEqual([]);
    gate.resolve();
    await slot.drained;
    expect(bytes).toBe(16 * MiB);
    await slot.release();
  });

  test('prints from C, too, without losing the last line', async () => {
    expect((await carryOut(host, 'plain_c_output')).stdout).toBe('from C, unflushed\n');
  });

  test('cannot signal beyond itself', async () => {
    const sibling = await begin(host, 'stop_politely');
    await sibling.said('waiting');
    expect((await carryOut(host, 'signal_group')).messages).toEqual([{ type: 'done' }]);
    await sibling.slot.kill('cancelled');
    expect(await sibling.slot.exited).toMatchObject({ exitCode: 9 });
    await sibling.slot.release();
  });

  test('has its share of the CPU beside a greedy sibling', async () => {
    const [small, large] = [
      await begin(host, 'spin', { processes: 7 }, { cpuShare: 1, memoryBytes: 512 * MiB }),
      await begin(host, 'spin', { processes: 7 }, { cpuShare: 4, memoryBytes: 512 * MiB }),
    ];
    await Promise.all([small.said('spinning'), large.said('spinning')]);
    expect((await carryOut(host, 'hello')).exit.exitCode).toBe(0);
    await delay(1200); // a share shows only over time
    await Promise.all([small.slot.kill('cancelled', 0), large.slot.kill('cancelled', 0)]);
    const [less, more] = [await small.slot.exited, await large.slot.exited];
    if (counted(host)) expect(more.cpuMs / less.cpuMs).toBeGreaterThan(2);
    await Promise.all([small.slot.release(), large.slot.release()]);
  });

  test('leaves the host without folders once all are released', async () => {
    host.prepare(python, 0);
    await soon(() => expect(readdirSync(host.folder)).toEqual([]));
  });
});

describe.each(modes)('a worker with a host that is $name', (mode) => {
  test('takes everything with it when it is killed', async () => {
    const worker = spawn(
      process.execPath,
      [join(here, 'worker.ts'), newFolder(), mode.python, here, String(mode.options.runAs ?? '')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(worker.stdout, 'data');
    const family = descendantsOf(worker.pid ?? 0);
    // keeper, first process and zygote; two running attempts with three daemons each; two parked
    expect(family.length).toBeGreaterThanOrEqual(11);
    worker.kill('SIGKILL');
    await soon(() => expect(family.filter(isAlive)).toEqual([]));
  });

  test('hears of it when the host dies, and no attempt outlives it', async () => {
    const host = await startHost(mode);
    const { slot } = await begin(host, 'daemons');
    await soon(() => expect(processesIn(slot.pid).length).toBeGreaterThanOrEqual(4));
    const family = processesIn(slot.pid);
    const [zygote] = [parentOf(slot.pid)];
    process.kill(zygote, 'SIGKILL');
    expect(await slot.exited).toMatchObject({ killedFor: 'host' });
    await host.exited;
    expect(family.filter(isAlive)).toEqual([]);
    await expect(host.acquire(python)).rejects.toThrow('has stopped');
    await slot.release();
  });

  test('runs other programs under the same lock, parked until their message comes', async () => {
    const program = {
      kind: 'exec' as const,
      argv: [process.execPath, join(here, 'park.mjs')],
      env: { NODE_ENV: 'production' },
    };
    const host = await startHost(mode, { readOnly: [process.execPath] });
    host.prepare(program, 2);
    const watched = watch(await host.acquire(program));
    watched.slot.dispatch({ value: 5 }, { ...limits, memoryBytes: 512 * MiB });
    expect(await watched.said('done')).toMatchObject({
      value: 5,
      pid: 1,
      network: 'ECONNREFUSED',
      env: { NODE_ENV: 'production' },
    });
    expect(await watched.slot.exited).toMatchObject({ exitCode: 0 });
    await watched.slot.drained;
    expect(watched.stdout).toBe('working on 5\n');
    await watched.slot.release();
    await host.stop();
  });

  test('starts an environment of its own without letting its start-up files run outside', async () => {
    const venv = join(newFolder(), 'venv');
    const made = spawn(mode.python, ['-m', 'venv', '--without-pip', venv], { stdio: 'inherit' });
    await once(made, 'exit');
    const packages = join(venv, 'lib', readdirSync(join(venv, 'lib'))[0] ?? '', 'site-packages');
    const witness = `drawloom-test-${randomBytes(4).toString('hex')}`;
    // What a hostile package could ship: a line that runs when the interpreter starts.
    writeFileSync(join(packages, 'start.pth'), `import os; open('/tmp/${witness}', 'w').write(str(os.getuid()))\n`);
    writeFileSync(
      join(packages, 'own_package.py'),
      'import os\ndef execute(message, control):\n  control.send({"type": "done", "uid": open(message["path"]).read()})\n',
    );
    const host = await startHost(mode, { python: join(venv, 'bin/python'), preload: [], entry: 'own_package:execute' });
    const watched = watch(await host.acquire(python));
    watched.slot.dispatch({ path: `/tmp/${witness}` }, limits);
    expect(Number((await watched.said('done')).uid)).toBeGreaterThan(0); // it ran, inside, as the attempt's user
    expect(existsSync(`/tmp/${witness}`)).toBe(false);
    await watched.slot.release();
    await host.stop();
  });
});

describe('a host', () => {
  test('says which module it could not import ahead, and serves nevertheless', async () => {
    const host = await startHost(
      modes[0] ?? asUser,
      { preload: ['json', 'no_such_module'] },
      { onHostOutput: () => {} },
    );
    expect(host.notPreloaded).toEqual({ no_such_module: "ModuleNotFoundError: No module named 'no_such_module'" });
    expect((await carryOut(host, 'hello')).exit.exitCode).toBe(0);
    await host.stop();
  });

  test('lets go of what it read of the libraries that it imported', { timeout: 120_000 }, async () => {
    const environment = await defaultEnvironment();
    const readOnly = [environment.folder, environment.prefix];
    const host = await startHost(modes[0]!, { python: environment.python, readOnly, preload: ['pandas', 'attempts'] });
    expect(host.notPreloaded).toEqual({});
    const held = treeOf(process.pid)
      .filter((pid) => readFileSync(`/proc/${pid}/maps`, 'utf8').includes('libarrow'))
      .map((pid) => {
        const figures = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
        const kilobytes = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(figures)![1]);
        return (kilobytes('Rss') - kilobytes('Anonymous')) / 1024;
      });
    expect(held).toHaveLength(1);
    expect(held[0]).toBeLessThan(20); // of seventy megabytes
    expect((await carryOut(host, 'hello')).exit.exitCode).toBe(0);
    await host.stop();
  });

  test('says why no slot can be prepared', async () => {
    const host = await startHost(modes[0] ?? asUser, { entry: 'no_such_module:execute' });
    await expect(host.acquire(python)).rejects.toThrow("No module named 'no_such_module'");
    await expect(host.acquire({ kind: 'exec', argv: ['/no/such/program'] })).rejects.toThrow('No such file');
    await host.stop();
  });

  test('says which declared folder does not exist', async () => {
    await expect(startHost(modes[0] ?? asUser, { readOnly: ['/no/such/folder'] })).rejects.toThrow('/no/such/folder');
  });

  test('shows declared folders below /tmp, which is otherwise private', async () => {
    const shown = newFolder();
    writeFileSync(
      join(shown, 'own_code.py'),
      'import os\ndef execute(message, control):\n  control.send({"type": "done", "tmp": os.listdir("/tmp")})\n',
    );
    const host = await startHost(modes[0] ?? asUser, { pythonPath: [shown], entry: 'own_code:execute' });
    const watched = watch(await host.acquire(python));
    watched.slot.dispatch({}, limits);
    expect((await watched.said('done')).tmp).toEqual([shown.split('/').at(-1)]);
    await watched.slot.release();
    await host.stop();
  });

  test('keeps as many parked as it was told, and lets go of the rest', async () => {
    const host = await startHost(modes[0] ?? asUser);
    host.prepare(python, 5);
    await soon(() => expect(host.parked(python)).toBe(5));
    const slot = await host.acquire(python);
    await soon(() => expect(host.parked(python)).toBe(5));
    host.prepare(python, 1);
    await soon(() => expect(readdirSync(host.folder).length).toBe(2));
    await host.stop();
    expect(await slot.exited).toMatchObject({ killedFor: 'host' });
    await slot.release();
  });

  test('bounds memory and processes without cgroups, too', async () => {
    const host = await startHost(asUser, {}, { cgroups: false });
    expect(host.level.limits).toBe('rlimit');
    const eater = await carryOut(host, 'eat_memory', {}, { memoryBytes: 96 * MiB });
    expect(eater.exit).toMatchObject({ signal: 'SIGKILL', oom: true });
    expect(eater.exit.peakMemoryBytes).toBeGreaterThan(90 * MiB);
    const family = await carryOut(host, 'eat_memory_together', {}, { memoryBytes: 96 * MiB });
    expect(family.exit).toMatchObject({ signal: 'SIGKILL', oom: true });
    const files = await carryOut(host, 'fill_shared_memory', { folder: '/dev/shm' }, { memoryBytes: 96 * MiB });
    expect(files.exit).toMatchObject({ signal: 'SIGKILL', oom: true });
    const huge = await carryOut(host, 'ask_for_too_much');
    expect(huge.exit).toMatchObject({ exitCode: 1, oom: true });
    const bomb = await carryOut(host, 'fork_bomb', {}, { pids: 20 });
    expect(bomb.messages[0]).toMatchObject({ refused: 11, made: 19 });
    await host.stop();
  });

  test('where user namespaces are forbidden, refuses and says why; or, if allowed, runs with what is left', async () => {
    // Two user namespaces, of which the outer allows no third: as on a machine that forbids them.
    const script = 'echo 1 > /proc/sys/user/max_user_namespaces; exec unshare --user --map-user=1000 "$@"';
    const launcher = ['unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh'];
    await expect(startHost(asUser, {}, { launcher })).rejects.toThrow(/max_user_namespaces is 0.*allow it explicitly/s);
    const host = await startHost(asUser, {}, { launcher, allow: 'none', graceMs: 300 });
    const level = await selfTest(host);
    expect(level).toMatchObject({ level: 'none', mode: 'none', tested: true });
    expect(level.missing).toContain('namespaces');
    for (const held of [
      'network',
      'loopback',
      'abstract sockets',
      'other attempts',
      'mounts',
      'tracing',
      'writes',
      'worker memory',
    ]) {
      expect(level.missing).not.toContain(held);
    }
    const { slot, messages } = await begin(host, 'daemons');
    await soon(() => expect(messages.length).toBe(3));
    const daemons = messages.map(({ pid }) => Number(pid));
    await slot.kill('cancelled');
    expect(daemons.filter(isAlive)).toEqual([]);
    await slot.release();
    await host.stop();
  });
});

describe.runIf(amRoot)('a worker that is no root itself', () => {
  const user = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"';
  const worker = async (prepared: string, allow: string): Promise<{ said: string; complained: string }> => {
    const script = `${prepared}; ${user}`;
    const child = spawn('unshare', [
      '--mount',
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      join(here, 'plain-worker.ts'),
      allow,
    ]);
    const told = { said: '', complained: '' };
    child.stdout.on('data', (chunk) => {
      told.said += chunk;
    });
    child.stderr.on('data', (chunk) => {
      told.complained += chunk;
    });
    await once(child, 'close');
    return told;
  };

  test('isolates and bounds its attempts, too', async () => {
    const { said } = await worker('true', 'full');
    expect(JSON.parse(said)).toMatchObject({
      uid: 65534,
      level: { level: 'full', mode: 'user', missing: [], tested: true },
      hello: { exitCode: 0, processesLeft: 0 },
      bomb: { refused: 11 },
      hidden: 0,
      disk: 'disk',
    });
  });

  test('in a container that masks /proc, does without, if that is allowed', async () => {
    const masked = 'mount --bind /dev/null /proc/interrupts';
    expect((await worker(masked, 'full')).complained).toContain('Start the container with /proc unmasked');
    expect(JSON.parse((await worker(masked, 'partial')).said)).toMatchObject({
      level: { level: 'partial', mode: 'user', missing: ['proc'], tested: true },
      hello: { exitCode: 0 },
    });
  });
});

/** Without cgroups the worker looks from time to time, so that bounds are passed by a little before they are enforced. */
const counted = (host: SandboxHost) => host.level.limits !== 'rlimit';

const statusOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
  } catch {
    return '';
  }
};
const parentOf = (pid: number): number => Number(statusOf(pid).split(' ')[1] ?? 0);
const isAlive = (pid: number): boolean => statusOf(pid) !== '' && !statusOf(pid).startsWith('Z');

function descendantsOf(root: number): number[] {
  const pids = readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0);
  const found = new Set([root]);
  for (let size = 0; size !== found.size; ) {
    size = found.size;
    for (const pid of pids) if (found.has(parentOf(pid))) found.add(pid);
  }
  found.delete(root);
  return [...found];
}

/** The attempt and all below it. */
const processesIn = (pid: number): number[] => [pid, ...descendantsOf(pid)];
