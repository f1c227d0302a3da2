/** What a Python node meets that works on data: frames of three libraries, models, figures, and what cannot be kept. */
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Played, play, sweepJobs } from './playNode.ts';
import { defaultEnvironment } from './pythons.ts';

let python: string;
beforeAll(async () => {
  python = (await defaultEnvironment()).python;
  await play('def f(): pass', {}, python); // loads what all others then find loaded
}, 600_000);
afterAll(sweepJobs);

const run = (code: string, given: Record<string, unknown>) => play(code, given, python);
const one = (kind: string) => ({ outputs: [{ port: kind, kind }] });
const handOn = (played: Played, port: string, at: string) => ({
  port: at,
  kind: played.outputs[port]!.kind,
  path: path.join(played.job, played.outputs[port]!.path as string),
  columns: played.outputs[port]!.columns,
});
const make = (body: string) => run(`import pandas as pd\nimport numpy as np\ndef make():\n  ${body}`, one('table'));

describe('a table', () => {
  test('is kept as Parquet with its columns in the words of DuckDB', async () => {
    const played = await make(
      `return pd.DataFrame({
    "i": [1, 2], "f": [0.5, None], "s": ["a", None], "b": [True, False], "t": pd.to_datetime(["2013-01-01", None]),
    "z": pd.to_datetime(["2013-01-01", "2013-01-02"], utc=True), "c": pd.Categorical(["x", "y"]), "l": [[1], [2, 3]],
    "d": [pd.Timestamp("2013-01-01").date()] * 2, "small": np.array([1, 2], dtype="int16"), "n": [None, None],
    "o": [{"k": 1}, {"k": 2}]})`,
    );
    expect(played.failed).toBeUndefined();
    const { rowCount, columns, mediaType } = played.outputs.table as {
      rowCount: number;
      columns: object[];
      mediaType: string;
    };
    expect([rowCount, mediaType]).toEqual([2, 'application/vnd.apache.parquet']);
    const byDuck = JSON.parse(
      execFileSync(python, [
        '-c',
        'import duckdb,json,sys; r=duckdb.sql(f"describe select * from \'{sys.argv[1]}\'").fetchall(); print(json.dumps([[x[0],x[1]] for x in r]))',
        path.join(played.job, played.outputs.table!.path as string),
      ]).toString(),
    );
    expect((columns as { name: string; type: string }[]).map(({ name, type }) => [name, type])).toEqual(byDuck);
    expect((columns as { name: string; nullable: boolean }[]).filter((c) => c.nullable).map((c) => c.name)).toEqual([
      'f',
      's',
      't',
      'n',
    ]);
  });

  test('has the same bytes when the same frame is kept again', async () => {
    const [a, b] = await Promise.all([0, 1].map(() => make('return pd.DataFrame({"x": np.random.rand(1000)})')));
    expect(await a!.read('table')).toBe(await b!.read('table'));
  });

  test('arrives in the library that the annotation names, and leaves from each', async () => {
    const made = await make('return pd.DataFrame({"x": [1, 2, 3]})');
    const inputs = ['a', 'b', 'c', 'd', 'e', 'g'].map((at) => handOn(made, 'table', at));
    const played = await run(
      `import pandas as pd, polars as pl, pyarrow as pa
from drawloom import Table
from pathlib import Path
def f(a: pd.DataFrame, b: pl.DataFrame, c: pl.LazyFrame, d: pa.Table, e: Table, g: Path):
    print(type(a).__module__.split(".")[0], type(b).__name__, type(c).__name__, type(d).__name__, len(list(e.rows())), g.name)
    return a, b, c, d, e`,
      { inputs, outputs: ['p', 'q', 'r', 's', 't'].map((port) => ({ port, kind: 'table' })) },
    );
    expect(played.failed).toBeUndefined();
    expect(played.out).toBe('pandas DataFrame LazyFrame Table 3 table.parquet\n');
    for (const port of ['p', 'q', 'r', 's', 't'])
      expect(played.outputs[port]).toMatchObject({
        rowCount: 3,
        columns: [{ name: 'x', type: 'BIGINT', nullable: false }],
      });
  });

  test('keeps a named index as a column and drops row numbers', async () => {
    const named = await make('return pd.DataFrame({"x": [1, 2, 2]}).groupby("x").size().to_frame("n")');
    expect((named.outputs.table!.columns as { name: string }[]).map(({ name }) => name)).toEqual(['x', 'n']);
    const plain = await make('return pd.DataFrame({"x": [1, 2, 2]}).iloc[1:]');
    expect((plain.outputs.table!.columns as { name: string }[]).map(({ name }) => name)).toEqual(['x']);
  });

  test('may have no rows, and no columns', async () => {
    expect((await make('return pd.DataFrame({"x": []})')).outputs.table).toMatchObject({ rowCount: 0 });
    expect((await make('return pd.DataFrame()')).done).toBe(true);
  });

  test.each([
    [
      'return pd.DataFrame({"x": [1, "late", 2.5]})',
      "Column 'x' of `table` mixes types: int (row 0: 1), str (row 1: 'late'), float (row 2: 2.5). Give it one type",
    ],
    ['return pd.DataFrame({"x": [object()]})', "Column 'x' of `table` holds object values, which a table cannot keep"],
    ['return pd.DataFrame([[1, 2]], columns=["a", "a"])', "`table` has two columns named 'a'. Rename one of them."],
    ['return pd.DataFrame([[1, 2]], columns=[1, "1"])', "`table` has two columns named '1'."],
    [
      'return pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")]))',
      'The columns of `table` have 2 levels',
    ],
    ['return pd.DataFrame({"x": [1]}, index=pd.Index([1], name="x"))', "both a column and an index named 'x'"],
    [
      'return pd.Series([1])',
      'declares a table, but returned a Series for `table`. Return a DataFrame: call .to_frame()',
    ],
    ['return np.zeros(3)', 'declares a table, but returned a ndarray for `table`.'],
  ])('that cannot be kept says why: %s', async (body, message) => {
    expect((await make(body)).failed).toMatchObject({
      reason: 'bad_output',
      error: { message: expect.stringContaining(message) },
    });
  });

  test('cut short is told as a bad input', async () => {
    const made = await make(
      'import pathlib; p = pathlib.Path("cut.parquet"); pd.DataFrame({"x": [1]}).to_parquet(p); p.write_bytes(p.read_bytes()[:-8]); return pd.DataFrame()',
    );
    const input = { port: 'a', kind: 'table', path: path.join(made.job, 'cut.parquet') };
    const played = await run('import pandas as pd\ndef f(a: pd.DataFrame): pass', { inputs: [input] });
    expect(played.failed).toMatchObject({
      reason: 'bad_input',
      error: { message: expect.stringMatching(/^The table cut.parquet cannot be read: /) },
    });
  });
});

describe('a model', () => {
  const train = `import pandas as pd
from drawloom import Model
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
def train(rows: pd.DataFrame, *, c: float = 1.0) -> Model:
    return make_pipeline(StandardScaler(), LogisticRegression(C=c)).fit(rows[["a", "b"]], rows["late"])`;
  let trained: Played;
  beforeAll(async () => {
    const made = await make(
      'return pd.DataFrame({"a": np.arange(20.0), "b": np.arange(20), "late": np.arange(20) > 9})',
    );
    trained = await run(train, { inputs: [handOn(made, 'table', 'rows')], parameters: { c: 0.5 }, ...one('model') });
  }, 60_000);

  test('is a folder in MLflow’s shape, with its facts', async () => {
    expect(trained.failed).toBeUndefined();
    const folder = path.join(trained.job, trained.outputs.model!.path as string);
    expect((await readdir(folder)).sort()).toEqual(['MLmodel', 'model.pkl', 'python_env.yaml', 'requirements.txt']);
    expect(trained.outputs.model).toMatchObject({
      kind: 'model',
      facts: {
        class: 'Pipeline',
        steps: [{ class: 'StandardScaler' }, { class: 'LogisticRegression' }],
        features: [
          { name: 'a', type: 'DOUBLE' },
          { name: 'b', type: 'BIGINT' },
        ],
        classes: [false, true],
      },
    });
    const mlmodel = await trained.read('model', 'MLmodel');
    expect(mlmodel).toContain('loader_module: "mlflow.sklearn"');
    expect(mlmodel).toContain('pickled_model: "model.pkl"');
    expect(mlmodel).toContain('{\\"type\\": \\"double\\", \\"name\\": \\"a\\", \\"required\\": true}');
    expect(await trained.read('model', 'requirements.txt')).toMatch(/^numpy==[\d.]+\nscikit-learn==[\d.]+\n$/);
  });

  test('predicts in the next node', async () => {
    const played = await run(
      'import pandas as pd\nfrom drawloom import Model\ndef f(model: Model): return model.predict(pd.DataFrame({"a": [0.0, 19.0], "b": [0, 19]})).tolist()',
      { inputs: [handOn(trained, 'model', 'model')], ...one('value') },
    );
    expect(played.failed).toBeUndefined();
    expect(JSON.parse(await played.read('value'))).toEqual([false, true]);
  });

  test('of a class of the node’s own brings its code along', async () => {
    const own = await run(
      'class Mean:\n  def fit(self, x):\n    self.mean = sum(x) / len(x)\n    return self\n  def predict(self, x):\n    return [self.mean for _ in x]\ndef train(): return Mean().fit([1, 3])',
      one('model'),
    );
    expect(own.failed).toBeUndefined();
    const played = await run('def f(model): return model.predict([0, 0])', {
      inputs: [handOn(own, 'model', 'model')],
      ...one('value'),
    });
    expect(JSON.parse(await played.read('value'))).toEqual([2, 2]);
    expect(await own.read('model', 'MLmodel')).toContain('loader_module: "drawloom_loader"');
  });

  test('that holds a lambda is refused with a remedy', async () => {
    const { failed } = await run(
      'from sklearn.preprocessing import FunctionTransformer\ndef train(): return FunctionTransformer(lambda x: x)',
      one('model'),
    );
    expect(failed).toMatchObject({
      reason: 'bad_output',
      error: { message: expect.stringMatching(/^The model `model` cannot be kept: .*top level of the code/) },
    });
  });

  test('trained again with the same seed has the same bytes', async () => {
    const forest =
      'from sklearn.ensemble import RandomForestClassifier\nimport numpy as np\ndef train(): return RandomForestClassifier(5).fit(np.random.rand(50, 2), np.random.rand(50) > 0.5)';
    const [a, b] = await Promise.all([run(forest, one('model')), run(forest, one('model'))]);
    expect(await a!.read('model', 'model.pkl')).toBe(await b!.read('model', 'model.pkl'));
  });
});

describe('a figure', () => {
  test('of matplotlib is kept as SVG, with the same bytes each time', async () => {
    const draw =
      'import matplotlib.pyplot as plt\ndef draw():\n  figure, axes = plt.subplots()\n  axes.plot([1, 2], label="x"); axes.legend()\n  return figure';
    const [a, b] = await Promise.all([run(draw, one('figure')), run(draw, one('figure'))]);
    expect(a!.outputs.figure).toMatchObject({ mediaType: 'image/svg+xml' });
    expect(await a!.read('figure')).toBe(await b!.read('figure'));
  });

  test('of very many points is kept as pixels', async () => {
    const played = await run(
      'import matplotlib.pyplot as plt, numpy as np\ndef draw():\n  plt.scatter(np.random.rand(60000), np.random.rand(60000))\n  return plt.gca()',
      one('figure'),
    );
    expect(played.outputs.figure).toMatchObject({ mediaType: 'image/png' });
  });
});

describe('without a declared kind', () => {
  test.each([
    ['pd.DataFrame({"x": [1]})', 'table'],
    ['Metrics(a=1)', 'metrics'],
    ['{"a": np.float32(1), "b": np.arange(2), "c": pd.Timestamp("2013-01-01")}', 'value'],
    ['Markdown("# x")', 'document'],
    ['LogisticRegression()', 'model'],
  ])('%s is kept as a %s', async (value, kind) => {
    const played = await run(
      `import pandas as pd\nimport numpy as np\nfrom drawloom import Metrics, Markdown\nfrom sklearn.linear_model import LogisticRegression\ndef f(): return ${value}`,
      one('any'),
    );
    expect(played.failed).toBeUndefined();
    expect(played.outputs.any).toMatchObject({ kind });
  });
});
