import { describe, expect, test } from 'vitest';
import { readPython } from './python.ts';

const portsOf = (code: string) => readPython(code).inputs.map((port) => `${port.name}: ${port.kind}`);
const problemsOf = (code: string) =>
  readPython(code).problems.map(({ code: name, severity, line, column }) => ({ name, severity, line, column }));

describe('a signature', () => {
  test('gives ports, a form and outputs', () => {
    const signature = readPython(`import pandas as pd
from drawloom import Metrics, Model

def train(flights: pd.DataFrame, *, learning_rate: float = 0.1, seed: int = 7) -> tuple[Model, Metrics]:
    return fit(flights)
`);
    expect(signature).toEqual({
      name: 'train',
      inputs: [{ name: 'flights', kind: 'table' }],
      outputs: [
        { name: 'model', kind: 'model' },
        { name: 'metrics', kind: 'metrics' },
      ],
      parameters: {
        type: 'object',
        properties: {
          learning_rate: { title: 'Learning rate', type: 'number', default: 0.1 },
          seed: { title: 'Seed', type: 'integer', default: 7 },
        },
        required: [],
        additionalProperties: false,
      },
      problems: [],
    });
  });

  test('is that of the last public function at the margin', () => {
    expect(readPython('def a(x): pass\ndef b(y): pass\ndef _c(z): pass\nclass D:\n    def e(self): pass').name).toBe(
      'b',
    );
  });
});

describe('half-typed code keeps what can be read', () => {
  test.each([
    ['def train(flights: pd.DataFrame,', ['flights: table']],
    ['def train(flights: pd.DataFrame, model: Mod', ['flights: table', 'model: any']],
    ['def train(flights: pd.DataFrame, more: list[', ['flights: table', 'more: value']],
    ['def train(flights: pd.DataFrame) ->', ['flights: table']],
    ['def train(flights: pd.DataFrame) -> tuple[Model, ', ['flights: table']],
    ['def train(flights: pd.DataFrame)\n    return 1', ['flights: table']],
    ['def train(flights: pd.DataFrame, *, rate: float =) -> Model:', ['flights: table']],
    ['def helper(x):\n    y = foo(\n\ndef train(flights: pd.DataFrame): pass', ['flights: table']],
    ['def helper(x):\n    y = "open\n\ndef train(flights: pd.DataFrame): pass', ['flights: table']],
    ['def', []],
    ['', []],
  ])('%j', (code, expected) => {
    const signature = readPython(code);
    expect(signature.inputs.map((port) => `${port.name}: ${port.kind}`)).toEqual(expected);
    expect(signature.problems.length).toBeGreaterThan(0);
  });

  test('and a body in the making changes nothing', () => {
    expect(portsOf('def train(flights: pd.DataFrame) -> Model:\n    return flights.groupby(')).toEqual([
      'flights: table',
    ]);
  });
});

describe('a problem tells its line and column', () => {
  test('for a port given twice', () => {
    expect(problemsOf('x = 1\ndef f(a: int,\n      a: str): pass')).toEqual([
      { name: 'python_duplicate', severity: 'error', line: 3, column: 7 },
    ]);
  });

  test('for *args and **more', () => {
    expect(problemsOf('def f(a, *args, **more): pass')).toEqual([
      { name: 'python_variadic', severity: 'error', line: 1, column: 10 },
      { name: 'python_variadic', severity: 'error', line: 1, column: 17 },
    ]);
  });

  test('for a name that no port can have', () => {
    expect(problemsOf('def f(größe: int): pass')).toEqual([
      { name: 'python_name', severity: 'error', line: 1, column: 7 },
    ]);
  });

  test('for a type that does not travel, as a warning', () => {
    expect(problemsOf('def f(a: bytes): pass')).toEqual([
      { name: 'python_unknown_type', severity: 'warning', line: 1, column: 10 },
    ]);
  });

  test('for outputs that cannot be ports', () => {
    expect(problemsOf('def f() -> list[Model]: pass').map((problem) => problem.name)).toEqual(['python_many_outputs']);
    expect(problemsOf('def f() -> tuple[int, ...]: pass').map((problem) => problem.name)).toEqual([
      'python_open_tuple',
    ]);
  });

  test('for a bracket that nothing closes', () => {
    expect(problemsOf('x = [1, 2\ndef f(a: int): pass')).toEqual([
      { name: 'python_unclosed', severity: 'error', line: 1, column: 5 },
    ]);
  });

  test('for code without a function', () => {
    expect(readPython('x = 1').problems[0]!.message).toContain('declares no function');
    expect(readPython('def _f(): pass').problems[0]!.message).toContain('must not begin with "_"');
  });
});

describe('hostile code', () => {
  test('nested deep is read to the end without a fault', () => {
    const deep = `def f(a: ${'list['.repeat(20_000)}int${']'.repeat(20_000)}, b: int): pass`;
    expect(() => readPython(deep)).not.toThrow();
  });

  test.each([
    ['outputs', `def f() -> tuple[${'int, '.repeat(50_000)}int]: pass`],
    ['inputs', `def f(${Array.from({ length: 10_000 }, (_, index) => `a${index}: int`).join(', ')}): pass`],
    ['fields', `class A(NamedTuple):\n${'  a: int\n'.repeat(10_000)}def f() -> A: pass`],
    ['brackets in a constant', `A = ${'list['.repeat(5000)}int${']'.repeat(5000)}\ndef f(a: A): pass`],
  ])('with very many %s is read without growing out of hand', (_, code) => {
    const started = performance.now();
    readPython(code);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('of 256 kB is read in a moment', () => {
    const long = `${'x = [1, "a", {2: (3)}]  # text\n'.repeat(8000)}def f(a: pd.DataFrame): pass`;
    const started = performance.now();
    expect(portsOf(long)).toEqual(['a: table']);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test('that aliases itself comes to an end', () => {
    expect(portsOf('A = B\nB = A\nC = list[C]\nclass D(D): pass\ndef f(a: A, c: C, d: D): pass')).toEqual([
      'a: any',
      'c: value',
      'd: any',
    ]);
  });

  test('cannot reach the prototype', () => {
    const { parameters } = readPython(
      'def f(*, a: dict = {"__proto__": {"x": 1}}, b: constructor = 1, c: __proto__ = 2): pass',
    );
    expect(Object.getPrototypeOf((parameters.properties as { a: object }).a)).toBe(Object.prototype);
    expect(({} as { x?: number }).x).toBeUndefined();
  });
});

describe('what Python would refuse for its indentation is told, with its line', () => {
  test.each([
    ['def f(a):\nreturn a\n', 'python_no_body', 1],
    ['def f(a):\n    # nothing but words\n', 'python_no_body', 1],
    ['def f(a):\n    x = 1\n      y = 2\n    return x', 'python_indent', 3],
    ['def f(a):\n    if a:\n        x = 1\n      y = 2\n', 'python_indent', 4],
    ['  import os\ndef f(a): return a', 'python_indent', 1],
    ['def f(a):\n\tx = 1\n        return x', 'python_tabs', 3],
    ['def f(a):\r\n    x = 1\r\n   return x\r\n', 'python_indent', 3],
    ['class A:\n    x = 1\ndef f(a):\n    try:\n        pass\n    finally:\n    return a', 'python_no_body', 6],
  ])('%j', (code, name, line) => {
    expect(problemsOf(code)).toContainEqual(expect.objectContaining({ name, severity: 'error', line }));
  });

  test.each([
    'def f(a):\n    return (\n  a\n)\n',
    'def f(a):\n    """Words\nat the margin.\n      """\n    return a\n',
    'def f(a):\n    x = a + \\\n  1\n    return x\n',
    'def f(a): return a\nif 1: x = 2\n',
    'def f(a):\n  if a:\n      x = 1\n  else:\n    x = 2\n # said in between\n\n  return x\n',
    'def f(a):\n\tif a:\n\t\treturn 1\n\treturn 2\n',
    'def f(a):\n    x = {"k": [1,\n2]}\n    return x[1:]\n',
    'def f(a):\n    x = lambda b: b\n    match a:\n        case 1: return x\n    return a\n',
    'def f(a, *, b=":"):  # done:\n    return a\n',
    'def f(a):\n    return f"{a["(x"]}:"\n  # an odd one\n',
  ])('and nothing of what it takes: %j', (code) => {
    expect(problemsOf(code).filter(({ name }) => /indent|body|tabs/.test(name))).toEqual([]);
  });
});

describe('a library that is used under its usual name and never imported is told', () => {
  test.each([
    ['def f(t: pd.DataFrame) -> pd.DataFrame:\n    return t\n', 'import pandas as pd', 1],
    ['def f(t):\n    return np.mean(t)\n', 'import numpy as np', 2],
  ])('%j', (code, line, at) => {
    const [problem] = readPython(code).problems;
    expect(problem).toMatchObject({ code: 'python_not_imported', severity: 'warning', line: at });
    expect(problem!.message).toContain(line);
  });

  test.each([
    'import pandas as pd\ndef f(t: pd.DataFrame): return t',
    'def f(pd): return pd.x',
    'def f(t):\n    import numpy as np\n    return np.mean(t)',
    'from numpy import *\ndef f(t): return np.mean(t)',
    'import json, numpy as np\ndef f(t): return np.mean(json.loads(t))',
    'import os.path\ndef f(t): return os.path.join(t)',
    'from os.path import join\ndef f(t): return join(t, "pd.x")  # np.y',
    'def f(t):\n    for time in t: print(time.x)',
    'def f(t): return t.np.x + t.pd.y',
  ])('and nothing where it may come from somewhere: %j', (code) => {
    expect(problemsOf(code).filter(({ name }) => name === 'python_not_imported')).toEqual([]);
  });
});

test('a dict beside an annotation shapes the field only in words that cost nothing to hold a value against', () => {
  const of = (dict: string) =>
    (readPython(`def f(*, x: Annotated[str, ${dict}]): pass`).parameters.properties as { x: Record<string, unknown> })
      .x;
  expect(of('{"maxLength": 5, "group": "More", "enum": ["a", None]}')).toEqual({
    title: 'X',
    type: 'string',
    maxLength: 5,
    group: 'More',
    enum: ['a', null],
  });
  for (const dict of [
    '{"pattern": "^(a+)+$"}',
    '{"pattern": "("}',
    '{"$ref": "#/$defs/x"}',
    '{"not": {"type": "string"}}',
    '{"if": {}}',
    '{"type": "nothing"}',
    '{"items": {"pattern": "("}}',
    '{"enum": {"a": 1}}',
    '{"enum": []}',
    '{"title": {"a": 1}}',
    '{"description": ["x"]}',
    '{"multipleOf": 1e-300}',
    '{"maxLength": -1}',
    '{"format": "emoji"}',
  ])
    expect([dict, of(dict)]).toEqual([dict, { title: 'X', type: 'string' }]);
});
