/** What a Python node meets that needs the standard library alone: values, documents, files, metrics, and every bad ending. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { play, sweepJobs } from './playNode.ts';

afterAll(sweepJobs);

const valueFile = async (value: unknown) => {
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'drawloom-in-')), 'value.json');
  await writeFile(file, JSON.stringify(value));
  return file;
};
const one = (kind: string) => ({ outputs: [{ port: kind, kind }] });

describe('a node that goes well', () => {
  test('gets its inputs and parameters as it annotates them, and its value is kept as JSON', async () => {
    const played = await play(
      `from datetime import date
def add(a: int, b: list[float], *, since: date, share: float, pair: tuple[int, int] = (1, 2)) -> dict:
    return {"a": a, "b": b, "year": since.year, "share": share, "types": [type(share).__name__, type(pair).__name__]}`,
      {
        inputs: [
          { port: 'a', kind: 'value', path: await valueFile(3) },
          { port: 'b', kind: 'value', path: await valueFile([1, 2.5]) },
        ],
        parameters: { since: '2013-06-30', share: 1, pair: [3, 4] },
        ...one('value'),
      },
    );
    expect(played.failed).toBeUndefined();
    expect(played.done).toBe(true);
    expect(JSON.parse(await played.read('value'))).toEqual({
      a: 3,
      b: [1, 2.5],
      year: 2013,
      share: 1,
      types: ['float', 'tuple'],
    });
  });

  test('loads nothing heavy', async () => {
    const played = await play('def f() -> int: return 1', one('value'));
    const loaded = played.messages[0]!.modules as string[];
    expect(loaded.filter((name) => ['numpy', 'pandas', 'pyarrow', 'asyncio', 'joblib'].includes(name))).toEqual([]);
  });

  test('gives several outputs by position, by field and by name', async () => {
    const outputs = [
      { port: 'a', kind: 'value' },
      { port: 'b', kind: 'document' },
    ];
    const values = async (code: string) => {
      const played = await play(code, { outputs });
      return [await played.read('a'), await played.read('b')];
    };
    expect(await values('def f(): return 1, "text"')).toEqual(['1', 'text']);
    expect(await values('def f(): return {"b": "text", "a": 1}')).toEqual(['1', 'text']);
    expect(
      await values(
        'from typing import NamedTuple\nclass Out(NamedTuple):\n  a: int\n  b: str\ndef f() -> Out: return Out(b="text", a=1)',
      ),
    ).toEqual(['1', 'text']);
    expect(
      await values(
        'from dataclasses import dataclass\n@dataclass\nclass Out:\n  a: int\n  b: str\ndef f() -> Out: return Out(1, "text")',
      ),
    ).toEqual(['1', 'text']);
  });

  test('leaves out an optional output that it returns None for', async () => {
    const played = await play('def f() -> tuple[int, str | None]: return 1, None', {
      outputs: [
        { port: 'value_1', kind: 'value' },
        { port: 'value_2', kind: 'value' },
      ],
    });
    expect(Object.keys(played.outputs)).toEqual(['value_1']);
    expect(played.done).toBe(true);
  });

  test('takes several inputs at one port in their order, and none', async () => {
    const code =
      'from pathlib import Path\ndef f(files: list[Path], more: list[Path]) -> list: return [p.read_text() for p in files + more]';
    const inputs = [
      { port: 'files', kind: 'value', position: 1, path: await valueFile('second') },
      { port: 'files', kind: 'value', position: 0, path: await valueFile('first') },
    ];
    const played = await play(code, { inputs, ...one('value') });
    expect(JSON.parse(await played.read('value'))).toEqual(['"first"', '"second"']);
  });

  test('logs metrics and progress, and knows its attempt', async () => {
    const played = await play(
      `from drawloom import Metrics, context, log_metric, log_metrics, progress, seed
import os, random
def f() -> Metrics:
    log_metric("loss", 0.5, step=1, time=1.5)
    log_metrics({"a": 1, "b": float("nan")}, step=2)
    progress(0.5, "half way")
    print(seed, context.run, context.node, context.idempotency_key, os.environ["DRAWLOOM_IDEMPOTENCY_KEY"], random.random())
    return Metrics(auc=0.7)`,
      {
        ...one('metrics'),
        seed: 7,
        attempt: { run: 4, node: 'train', mapIndex: 0, attempt: 2, fence: 9, idempotencyKey: 'k' },
      },
    );
    const told = played.messages.filter(({ type }) => type === 'metric');
    expect(told.map(({ key, value, step }) => [key, value, step])).toEqual([
      ['loss', 0.5, 1],
      ['a', 1, 2],
      ['b', 'NaN', 2],
      ['auc', 0.7, null],
    ]);
    expect(told[0]!.time).toBe(1500);
    expect(played.messages).toContainEqual({ type: 'progress', share: 0.5, text: 'half way' });
    expect(played.out).toBe('7 4 train k k 0.32383276483316237\n');
    expect(JSON.parse(await played.read('metrics'))).toEqual({ auc: 0.7 });
  });

  test('hands on files and folders that it wrote', async () => {
    const played = await play(
      `from drawloom import File, Folder
from pathlib import Path
def f() -> tuple[File, Folder]:
    Path("a.csv").write_text("x")
    Path("many").mkdir(); Path("many/b.txt").write_text("y")
    return "a.csv", Path("many")`,
      {
        outputs: [
          { port: 'file', kind: 'file' },
          { port: 'folder', kind: 'folder' },
        ],
      },
    );
    expect(played.outputs.file).toMatchObject({ path: 'a.csv', mediaType: 'text/csv', facts: { name: 'a.csv' } });
    expect(await played.read('folder', 'b.txt')).toBe('y');
  });

  test('may be async', async () => {
    const played = await play(
      'import asyncio\nasync def f() -> int:\n  await asyncio.sleep(0)\n  return 1',
      one('value'),
    );
    expect(await played.read('value')).toBe('1');
  });

  test('may be a built-in, whose ports come from its type', async () => {
    const file = path.join(await mkdtemp(path.join(tmpdir(), 'drawloom-type-')), 'main.py');
    await writeFile(file, 'def main(a=None, *, n=1):\n    return {"count": n, "extra": 2}');
    const played = await play('', {
      file,
      name: 'nodes/x/main.py',
      parameters: { n: 3 },
      outputs: [{ port: 'count', kind: 'value' }],
    });
    expect(await played.read('count')).toBe('3');
  });

  test('prints binary without harm', async () => {
    const played = await play(
      'import sys\ndef f() -> int:\n  sys.stdout.buffer.write(b"\\xff\\x00\\xfe")\n  print("\\ud800")\n  return 1',
      one('value'),
    );
    expect(played.done).toBe(true);
  });

  test('keeps its warnings', async () => {
    const played = await play(
      'import warnings\ndef f() -> int:\n  warnings.warn("mind this")\n  return 1',
      one('value'),
    );
    expect(played.err).toContain('node.py:3: UserWarning: mind this');
  });
});

describe('a bad ending is told', () => {
  test.each([
    ['an error', 'def f():\n  x = {}\n  return x["key"]', 'user_error', 'KeyError', "'key' is not there", 3],
    [
      'an error in a helper',
      'def g():\n  raise ValueError("bad")\n\ndef f():\n  g()',
      'user_error',
      'ValueError',
      'bad',
      2,
    ],
    [
      'an error while loading',
      'import nothing_of_the_kind\ndef f(): pass',
      'user_error',
      'ModuleNotFoundError',
      "No module named 'nothing_of_the_kind'",
      1,
    ],
    [
      'a syntax error',
      'def f():\n  return (1',
      'user_error',
      'SyntaxError',
      "'(' was never closed (node.py, line 2)",
      2,
    ],
    ['no function', 'x = 1', 'user_error', 'Mistake', 'declares no function', null],
    [
      'exit',
      'import sys\ndef f():\n  sys.exit(0)',
      'user_error',
      'SystemExit',
      'called exit(0) instead of returning',
      3,
    ],
    ['an interrupt', 'def f():\n  raise KeyboardInterrupt', 'user_error', 'KeyboardInterrupt', 'was interrupted', 2],
    ['no memory', 'def f():\n  raise MemoryError', 'oom', 'MemoryError', 'ran out of memory', 2],
    [
      'a full disk',
      'import errno\ndef f():\n  raise OSError(errno.ENOSPC, "full")',
      'disk_full',
      'OSError',
      'no room left',
      3,
    ],
    ['endless recursion', 'def f():\n  return f()', 'user_error', 'RecursionError', 'maximum recursion depth', 2],
    ['a generator', 'def f():\n  yield 1', 'bad_output', 'Mistake', 'yields instead of returning', null],
    [
      'a function overwritten',
      'def f(): pass\nf = 3',
      'user_error',
      'Mistake',
      'is no function once the code has run',
      null,
    ],
  ])('%s', async (_, code, reason, type, message, line) => {
    const { failed, done, exitCode } = await play(code, one('value'));
    expect(failed).toMatchObject({ reason, error: { type, message: expect.stringContaining(message), line } });
    expect([done, exitCode]).toEqual([false, 0]);
  });

  test('with the user’s own frames only', async () => {
    const { failed, err } = await play('import json\ndef f():\n  return json.loads("{")', one('value'));
    expect(failed!.error.traceback).toMatch(
      /^Traceback \(most recent call last\):\n {2}File "node.py", line 3, in f\n {4}return json.loads\("\{"\)\n(.*\n)?json.decoder.JSONDecodeError: /,
    );
    expect(err).toContain('File "node.py", line 3');
    expect(failed!.error.traceback).not.toContain('json/decoder.py');
  });

  test.each([
    ['table', 'return None', 'declares a table, but returned None for `table`. Return a DataFrame.'],
    [
      'table',
      'return [1, 2]',
      'declares a table, but returned a list of 2 for `table`. Return a DataFrame: pd.DataFrame(…)',
    ],
    ['model', 'return 3', 'declares a model, but returned the number 3 for `model`. Return the fitted estimator.'],
    ['metrics', 'return 0.5', 'declares metrics, but returned the number 0.5'],
    ['metrics', 'return {"auc": "high"}', '`auc` of `metrics` is a text of 4 characters, and metrics are numbers.'],
    ['metrics', 'return {"auc": float("nan")}', '`auc` of `metrics` is nan, which is no number to compare.'],
    ['figure', 'return "no picture"', 'declares a figure, but returned a text of 10 characters'],
    ['document', 'return b"x"', 'declares a document, but returned 1 bytes'],
    ['file', 'return "gone.txt"', "There is no file at 'gone.txt'. Write it first"],
    ['file', 'return "."', "'.' is a folder."],
    ['folder', 'return "."', 'Write into a folder of its own'],
    ['value', 'return None', 'declares a value, but returned None'],
    ['value', 'return {1: 2}', 'its keys must be texts'],
    ['value', 'return [float("inf")]', 'JSON has no word for inf'],
    ['value', 'return object()', 'cannot be kept as JSON: it holds an object'],
    ['value', 'x = []; x.append(x); return x', 'it is nested too deep'],
    ['any', 'return None', 'declares a value, but returned None for `any`'],
  ])('a declared %s when the code says %s', async (kind, body, message) => {
    const { failed } = await play(`def make():\n  ${body}`, one(kind));
    expect(failed).toMatchObject({ reason: 'bad_output', error: { message: expect.stringContaining(message) } });
  });

  test('for a wrong number of outputs', async () => {
    const outputs = ['a', 'b'].map((port) => ({ port, kind: 'value' }));
    const { failed } = await play('def f():\n  return 1, 2, 3', { outputs });
    expect(failed!.error.message).toContain('`f` declares 2 outputs (`a`, `b`), but returned a tuple of 3.');
  });

  test.each([
    ['an input that is not connected', 'def f(a: int): pass', {}, 'takes an input at `a`, and nothing arrived there'],
    ['a parameter that is not set', 'def f(*, a: int): pass', {}, 'The parameter `a` of `f` is not set'],
    [
      'a parameter of another type',
      'def f(*, a: int): pass',
      { parameters: { a: 'x' } },
      "`a` takes a whole number, and is 'x'",
    ],
    [
      'a parameter outside its choices',
      'from typing import Literal\ndef f(*, a: Literal["x", "y"]): pass',
      { parameters: { a: 'z' } },
      "takes one of 'x', 'y', and is 'z'",
    ],
  ])('for %s', async (_, code, given, message) => {
    const { failed } = await play(code, given);
    expect(failed).toMatchObject({ reason: 'bad_input', error: { message: expect.stringContaining(message) } });
  });

  test('by its silence, when the process leaves at once', async () => {
    const played = await play('import os\ndef f():\n  os._exit(0)', one('value'));
    expect(played.messages.map(({ type }) => type)).toEqual(['loaded']);
  });
});
