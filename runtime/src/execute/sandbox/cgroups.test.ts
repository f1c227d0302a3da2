import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type CgroupFiles, type CgroupTree, openCgroups, sweepCgroups } from './cgroups.ts';

// The kernel at hand offers one of the two interfaces. What is written to the other is seen in a folder that looks like it.
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroups-test-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const bounds = { memoryBytes: 1024 ** 3, pids: 64, cpuShare: 2 };
const opened = (tree: CgroupTree | string): CgroupTree => {
  if (typeof tree === 'string') throw new Error(tree);
  return tree;
};
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8');

describe('the unified interface', () => {
  const files = (): CgroupFiles => ({
    mountinfo: `30 20 0:26 /system.slice ${root} rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n`,
    cgroup: '0::/system.slice/drawloom.service\n',
  });
  const own = 'drawloom.service';
  const offer = (controllers: string) => {
    mkdirSync(join(root, own));
    writeFileSync(join(root, own, 'cgroup.controllers'), `${controllers}\n`);
  };

  test('bounds an attempt below the worker, seen through the part that a container mounts', async () => {
    offer('cpuset cpu io memory pids');
    const tree = opened(openCgroups('drawloom-host-1-a', files()));
    expect(tree.version).toBe('cgroup-v2');
    expect(read(own, 'cgroup.subtree_control')).toBe('+memory +pids +cpu');
    expect(read(own, 'drawloom-host-1-a', 'cpu.weight')).toBe(String(100 * cpus().length));
    const group = tree.create('slot');
    await group.attach(4711);
    group.bound(bounds);
    const written = (file: string) => read(own, 'drawloom-host-1-a', 'slot', file);
    expect(written('cgroup.procs')).toBe('4711');
    expect(written('memory.max')).toBe(String(1024 ** 3));
    expect(written('memory.swap.max')).toBe('0');
    expect(written('memory.oom.group')).toBe('1');
    expect(written('pids.max')).toBe('64');
    expect(written('cpu.weight')).toBe('200');
  });

  test('tells what was used since the dispatch, and what was refused', async () => {
    offer('cpu memory pids');
    const group = opened(openCgroups('drawloom-host-1-a', files())).create('slot');
    await group.attach(1);
    const tell = (file: string, text: string) => writeFileSync(join(root, own, 'drawloom-host-1-a/slot', file), text);
    tell('cpu.stat', 'usage_usec 40000\nuser_usec 30000\n');
    group.begin();
    tell('cpu.stat', 'usage_usec 1290000\nuser_usec 30000\n');
    tell('memory.peak', '734003200\n');
    tell('memory.events', 'low 0\nhigh 0\nmax 12\noom 1\noom_kill 1\n');
    tell('memory.stat', 'anon 0\nfile 100000000\nkernel 4096\nshmem 1000000\nfile_mapped 0\n');
    tell('pids.events', 'max 3\n');
    tell('cgroup.procs', '');
    expect(group.usage()).toEqual({
      peakMemoryBytes: 734003200,
      fileCacheBytes: 99000000,
      cpuMs: 1250,
      oom: true,
      pidsRefused: true,
      processesLeft: 0,
    });
  });

  test('is refused with a reason where it lacks the controllers', () => {
    offer('cpu io');
    expect(openCgroups('drawloom-host-1-a', files())).toContain('offers no memory and pids controllers');
  });
});

describe('the split interface', () => {
  const files = (): CgroupFiles => ({
    mountinfo: ['memory', 'pids', 'cpu,cpuacct']
      .map((one) => `30 20 0:26 / ${root}/${one} rw - cgroup cgroup rw,${one}\n`)
      .join(''),
    cgroup: '5:cpu,cpuacct:/work\n4:pids:/\n3:memory:/work\n0::/\n',
  });

  test('bounds each resource in its own tree, and makes one group where two share a tree', async () => {
    for (const one of ['memory', 'pids', 'cpu,cpuacct']) mkdirSync(join(root, one));
    const tree = opened(openCgroups('drawloom-host-1-a', files()));
    const group = tree.create('slot');
    await group.attach(4711);
    group.bound(bounds);
    expect(read('memory/work/drawloom-host-1-a/slot/memory.limit_in_bytes')).toBe(String(1024 ** 3));
    expect(read('pids/drawloom-host-1-a/slot/pids.max')).toBe('64');
    expect(read('cpu,cpuacct/work/drawloom-host-1-a/slot/cpu.shares')).toBe('2048');
    expect(read('cpu,cpuacct/work/drawloom-host-1-a/slot/cgroup.procs')).toBe('4711');
  });

  test('lets go of groups that a killed worker left, and of no other', () => {
    for (const name of ['drawloom-host-9-a/slot', 'drawloom-host-1-a/slot', 'someone-else']) {
      mkdirSync(join(root, 'memory/work', name), { recursive: true });
    }
    sweepCgroups((name) => name.startsWith('drawloom-host-9-'), files());
    expect(existsSync(join(root, 'memory/work/drawloom-host-9-a'))).toBe(false);
    expect(existsSync(join(root, 'memory/work/drawloom-host-1-a/slot'))).toBe(true);
    expect(existsSync(join(root, 'memory/work/someone-else'))).toBe(true);
  });
});

test('where nothing is mounted, there are none, and it is said', () => {
  expect(openCgroups('drawloom-host-1-a', { mountinfo: '', cgroup: '0::/\n' })).toBe(
    'no memory and pids controllers are mounted',
  );
});
