import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sandboxedFiles, sources, typeless, typelessFolder } from './index.ts';
import { stripUserCode } from './userCode.ts';

test('every file of a sandboxed process has a copy without types that Node can read', () => {
  const folder = typelessFolder()!;
  expect(existsSync(folder)).toBe(true);
  for (const file of sandboxedFiles()) {
    const copy = typeless(path.join(sources, file));
    expect(copy.startsWith(folder)).toBe(true);
    execFileSync(process.execPath, ['--check', copy]);
    expect(readFileSync(copy, 'utf8').split('\n')).toHaveLength(
      readFileSync(path.join(sources, file), 'utf8').split('\n').length,
    );
    expect(readFileSync(copy, 'utf8')).not.toMatch(/from '\.[^']*\.ts'/);
  }
  expect(readdirSync(path.dirname(folder)).filter((name) => name.startsWith(`${path.basename(folder)}-`))).toEqual([]);
}, 120_000);

test('a node’s own code keeps its lines and columns', async () => {
  const code = 'export default (a: number): string => {\n  throw new Error("x") as never;\n};';
  const stripped = await stripUserCode(code);
  expect(stripped).toBe('export default (a        )         => {\n  throw new Error("x")         ;\n};');
}, 60_000);

test('one code after the other is read, whatever came before it', async () => {
  for (let number = 0; number < 6; number++) {
    if (number % 2) expect(await stripUserCode(`enum A { x${number} }`)).toBeNull();
    expect(await stripUserCode(`let b: number = ${number}`)).toBe(`let b         = ${number}`);
  }
}, 60_000);

test('code that cannot be read, or that spoils the parser, is left as it is, and the next one is read again', async () => {
  expect(await stripUserCode('const x: = 1')).toBeNull();
  expect(await stripUserCode('enum A { x }')).toBeNull();
  expect(await stripUserCode('('.repeat(200_000))).toBeNull();
  expect(await stripUserCode('!'.repeat(200_000))).toBeNull();
  expect(await stripUserCode('let a: number = 1')).toBe('let a         = 1');
}, 60_000);
