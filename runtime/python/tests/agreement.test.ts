/** The editor reads a node's text, Python reads its function; a port that only one of them sees would be a lie. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { readPython } from '@drawloom/shared/signature/python.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { barePython } from './pythons.ts';
import { sources } from './sources.ts';

const here = import.meta.dirname;
let byPython: Record<string, unknown>;

beforeAll(async () => {
  const names = Object.keys(sources);
  const answers = await new Promise<string>((resolve, reject) => {
    const python = execFile(
      barePython,
      ['-I', path.join(here, 'agree.py'), path.join(here, '..')],
      { maxBuffer: 2 ** 26 },
      (error, out) => (error ? reject(error) : resolve(out)),
    );
    python.stdin!.end(JSON.stringify(Object.values(sources)));
  });
  byPython = Object.fromEntries((JSON.parse(answers) as unknown[]).map((answer, index) => [names[index], answer]));
});

/** The three defaults that only a running Python can tell; the editor shows the field empty. */
const onlyPythonKnows = new Set(['a default that only Python knows']);

describe('the editor’s reader and Python’s own agree on', () => {
  test.each(Object.entries(sources))('%s', (name, code) => {
    const { problems: _, ...read } = readPython(code);
    const python = structuredClone(byPython[name]) as typeof read;
    if (onlyPythonKnows.has(name))
      for (const schema of Object.values(python.parameters.properties as Record<string, { default?: unknown }>))
        delete schema.default;
    expect(read).toEqual(python);
  });
});
