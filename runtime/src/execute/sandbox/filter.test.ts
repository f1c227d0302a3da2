import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const packages = fileURLToPath(new URL('../../../python/', import.meta.url));
const ask = (code: string) =>
  JSON.parse(
    execFileSync(
      '/usr/bin/python3',
      [
        '-B',
        '-c',
        `import json, sys\nsys.path.insert(0, ${JSON.stringify(packages)})\nfrom host import seccomp\n${code}`,
      ],
      {
        encoding: 'utf8',
      },
    ),
  );

/** What the filter answers, by a small machine of our own: loads, compares and jumps as the kernel's does. */
function answer(
  program: [number, number, number, number][],
  machine: number,
  call: number,
  first = 0,
  second = 0,
): number {
  const memory = new Map([
    [0, call],
    [4, machine],
    [16, first],
    [24, second],
  ]);
  let value = 0;
  for (let at = 0; at < program.length; at++) {
    const [code, whenTrue, whenFalse, constant] = program[at] ?? [0, 0, 0, 0];
    if (code === 0x20) value = memory.get(constant) ?? Number.NaN;
    else if (code === 0x15) at += value === constant ? whenTrue : whenFalse;
    else if (code === 0x35) at += value >= constant ? whenTrue : whenFalse;
    else if (code === 0x45) at += (value & constant) !== 0 ? whenTrue : whenFalse;
    else if (code === 0x06) return constant;
    else throw new Error(`no such instruction: ${code}`);
  }
  throw new Error('the program ran past its end');
}

const [allow, eperm, enosys, eafnosupport, kill] = [0x7fff0000, 0x50001, 0x50026, 0x50061, 0x80000000];

describe.each([
  { machine: 'x86_64', column: 0, architecture: 0xc000003e, header: '/usr/include/x86_64-linux-gnu/asm/unistd_64.h' },
  { machine: 'aarch64', column: 1, architecture: 0xc00000b7, header: '/usr/include/asm-generic/unistd.h' },
])('the call filter of $machine', ({ machine, column, architecture, header }) => {
  const { program, refused, special } = ask(`
import struct
code = seccomp.program("${machine}")
print(json.dumps({
  "program": [struct.unpack_from("HBBI", code, at) for at in range(0, len(code), 8)],
  "refused": {name: numbers[${column}] for name, numbers in seccomp.REFUSED.items()},
  "special": {"clone": seccomp.CLONE[${column}], "clone3": seccomp.CLONE3[${column}], "socket": seccomp.SOCKET[${column}], "ioctl": seccomp.IOCTL[${column}]},
}))`) as {
    program: [number, number, number, number][];
    refused: Record<string, number | null>;
    special: { clone: number; clone3: number; socket: number; ioctl: number };
  };
  const says = (call: number, first = 0, second = 0) => answer(program, architecture, call, first, second);

  test.runIf(existsSync(header))('has the numbers of the kernel headers', () => {
    const numbers = new Map(
      [...readFileSync(header, 'utf8').matchAll(/#define __NR(?:3264)?_(\w+)\s+(\d+)/g)].map(([, name, number]) => [
        name,
        Number(number),
      ]),
    );
    for (const [name, number] of Object.entries({ ...refused, ...special })) {
      // Headers older than a call do not name it.
      if (numbers.has(name) || (number ?? 999) < 450)
        expect([name, number ?? undefined]).toEqual([name, numbers.get(name)]);
    }
  });

  test('refuses exactly what it lists, and what came after it', () => {
    const listed = new Set(Object.values(refused).filter((number) => number !== null));
    const own = Object.values(special);
    for (let call = 0; call < 463; call++) {
      if (own.includes(call)) continue;
      expect([call, says(call)]).toEqual([call, listed.has(call) ? eperm : allow]);
    }
    for (const call of [463, 512, 0x40000000, 0x40000009, 0xffffffff]) expect(says(call)).toBe(enosys);
  });

  test('lets threads and processes be made, but no namespaces', () => {
    expect(says(special.clone, 0x3d0f00)).toBe(allow); // a thread
    expect(says(special.clone, 17)).toBe(allow); // a fork
    for (const flag of [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(says(special.clone, flag | 17)).toBe(eperm);
    }
    expect(says(special.clone3)).toBe(enosys);
  });

  test('knows three families of sockets, and no way to type into a terminal', () => {
    for (const family of [1, 2, 10]) expect(says(special.socket, family)).toBe(allow);
    for (const family of [0, 3, 16, 17, 38, 40, 44]) expect(says(special.socket, family)).toBe(eafnosupport);
    expect(says(special.ioctl, 0, 0x5412)).toBe(eperm);
    expect(says(special.ioctl, 0, 0x541c)).toBe(eperm);
    expect(says(special.ioctl, 0, 0x5413)).toBe(allow);
  });

  test('ends whoever calls with the numbers of another machine', () => {
    expect(answer(program, 0x40000003, 20)).toBe(kill);
  });
});
