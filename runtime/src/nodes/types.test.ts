import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { carryOut, type Rows, rowsOf } from './carryOut.testing.ts';
import { catalog, codeOf } from './catalog.ts';

const run = (type: string, inputs: Record<string, Rows>, parameters: Record<string, unknown>) =>
  carryOut(catalog.get(type)!, {
    inputs: Object.fromEntries(Object.entries(inputs).map(([port, rows]) => [port, { rows }])),
    parameters,
  });
const messageOf = async (...given: Parameters<typeof run>) => (await run(...given)).failure?.error.message ?? '';
const numbered = (count: number, row: (i: number) => object): Rows =>
  Array.from({ length: count }, (_, i) => ({ i, ...row(i) }));

describe('check table', { timeout: 120_000 }, () => {
  const table = numbered(4, (i) => ({ v: i === 2 ? null : i - 1, s: i % 2 ? 'a' : 'b' }));

  test('stops at what is broken and shows a row of it', async () => {
    const rules = [{ name: 'v is positive', condition: 'v > 0' }];
    const columns = [{ column: 'v', maxMissingShare: 0 }, { column: 'gone' }];
    const { failure, logs } = await run('check-table', { table }, { rules, columns });
    expect(failure?.error.message).toMatch(
      /^3 checks are broken: "v is never missing" does not hold for 1 of 4 rows, such as i: 2, v: null, s: b\. "gone is there" does not hold\. "v is positive/,
    );
    expect(logs).toContain('| ✗ **broken** | v is positive (`v > 0`) | 2 |');
  });

  test('a rule that cannot be asked is named', async () => {
    const rules = [{ name: '', condition: 'nope > 0', level: 'warn' }];
    expect(await messageOf('check-table', { table }, { rules })).toMatch(
      /The check "nope > 0" cannot be asked: There is no column "nope" here/,
    );
  });
});

describe('join', { timeout: 120_000 }, () => {
  const left = [
    { k: 1, x: 'a' },
    { k: 2, x: 'b' },
    { k: 3, x: 'c' },
  ];
  const right = [
    { k: 3, x: 'C', y: 30 },
    { k: 1, x: 'A', y: 10 },
    { k: 4, x: 'D', y: 40 },
  ];
  const keys = [{ left: 'k' }];

  test('keeps left rows in their order, and adds a suffix to a name that is taken', async () => {
    expect(await rowsOf(await run('join', { left, right }, { keys }))).toEqual([
      { k: 1, x: 'a', x_right: 'A', y: 10 },
      { k: 2, x: 'b', x_right: null, y: null },
      { k: 3, x: 'c', x_right: 'C', y: 30 },
    ]);
  });

  test('full keeps the keys of both sides; anti keeps rows without a partner', async () => {
    const full = await rowsOf(await run('join', { left, right }, { keys, how: 'full' }));
    expect(full.map((row) => row.k)).toEqual([1, 2, 3, 4]);
    expect(await rowsOf(await run('join', { left, right }, { keys, how: 'anti' }))).toEqual([{ k: 2, x: 'b' }]);
  });

  test('several partners, keys of different types and missing columns are told', async () => {
    const twice = [...right, { k: 3, x: 'CC', y: 31 }];
    expect(await messageOf('join', { left, right: twice }, { keys, unique: true })).toContain(
      'not unique on the right: k = 3 stands there 2 times',
    );
    expect(await messageOf('join', { left, right: [{ k: 'x' }] }, { keys })).toContain(
      'The key "k" is BIGINT on the left, and "k" is VARCHAR on the right',
    );
    expect(await messageOf('join', { left, right }, { keys: [{ left: 'kk' }] })).toBe(
      'There is no column "kk". Did you mean "k"?',
    );
  });
});

describe('split', { timeout: 120_000 }, () => {
  const table = numbered(100, (i) => ({ g: i % 10, c: i % 5 === 0 }));
  const parts = async (parameters: Record<string, unknown>) => {
    const done = await run('split', { table }, parameters);
    return { train: await rowsOf(done, 'train'), test: await rowsOf(done, 'test') };
  };

  test('random parts have their share, lose no row and repeat with the seed', async () => {
    const [first, again, other] = await Promise.all([
      parts({ testShare: 0.3 }),
      parts({ testShare: 0.3 }),
      parts({ testShare: 0.3, seed: 8 }),
    ]);
    expect(first.test).toHaveLength(30);
    expect([...first.train, ...first.test].map((row) => row.i).sort((a, b) => Number(a) - Number(b))).toEqual(
      table.map((row) => row.i),
    );
    expect(again).toEqual(first);
    expect(other.test).not.toEqual(first.test);
  });

  test('stratified parts hold each class in its share, and a group stays together', async () => {
    const stratified = await parts({ how: 'stratified', column: 'c', testShare: 0.25 });
    expect(stratified.test.filter((row) => row.c)).toHaveLength(5);
    const grouped = await parts({ how: 'group', column: 'g', testShare: 0.4 });
    const groups = new Set(grouped.test.map((row) => row.g));
    expect(grouped.train.some((row) => groups.has(row.g))).toBe(false);
  });

  test('a part without rows is told', async () => {
    expect(await messageOf('split', { table: [{ t: 1 }, { t: 1 }] }, { how: 'time', column: 't' })).toContain(
      'The part "test" would have no rows',
    );
  });
});

describe('select', { timeout: 120_000 }, () => {
  const table = [
    { a: '1', b: 2 },
    { a: 'x', b: 3 },
  ];
  test('a value that does not fit stops the node, and a wrong condition is shown where it is', async () => {
    expect(await messageOf('select', { table }, { types: [{ column: 'a', type: 'BIGINT' }] })).toContain(
      "Could not convert string 'x' to INT64",
    );
    expect(await messageOf('select', { table }, { where: 'c > 1' })).toContain('There is no column "c" here.');
    expect(await messageOf('select', { table }, { rename: [{ column: 'a', name: 'B' }] })).toContain(
      '"a" and "b" would both be called',
    );
  });
});

describe('train', { timeout: 300_000 }, () => {
  const table = numbered(60, (i) => ({ x: i % 7, s: i % 3 ? 'a' : null, late: i % 7 > 3, y: (i % 7) * 2 }));

  /** Importing scikit-learn takes seconds, so one process tries all; its function stands behind the node type's own code. */
  const tried = async (calls: string[]): Promise<Record<string, string>> => {
    const code = `${codeOf(catalog.get('train')!)}
def try_all(table: pd.DataFrame) -> Any:
    found = {}
    for call in ${JSON.stringify(calls)}:
        try:
            model, metrics = eval(call)
            found[call] = f"{model.facts['task']} of {metrics['features']}"
        except ValueError as error:
            found[call] = str(error)
    return found
`;
    const done = await carryOut(catalog.get('python')!, { code, inputs: { table: { rows: table } }, parameters: {} });
    expect(done.failure?.error, done.logs).toBeUndefined();
    const output = Object.values(done.outputs)[0]!;
    return JSON.parse(readFileSync(path.join(done.folder, output.path), 'utf8')) as Record<string, string>;
  };
  const names = (
    catalog.get('train')!.parameters.properties as Record<
      string,
      { oneOf: { properties: { name: { const: string } } }[] }
    >
  ).estimator!.oneOf.map((variant) => variant.properties.name.const);

  test('every estimator of the form learns from numbers and text with missing values', async () => {
    const isRegressor = (name: string) => /regressor|ridge/.test(name);
    const call = (name: string) =>
      `train(table, target='${isRegressor(name) ? 'y' : 'late'}', estimator={'name': '${name}'}, features=['x', 's'])`;
    const found = await tried(names.map(call));
    for (const name of names)
      expect(found[call(name)]).toBe(`${isRegressor(name) ? 'regression' : 'classification'} of 2`);
  });

  test('what cannot be learned is told in a sentence', async () => {
    const expected = {
      "train(table, target='late', features=['late'])": 'is the target and cannot be a feature',
      "train(table, target='gone')": "There is no column 'gone'",
      'train(table.assign(late=True), target="late")': 'nothing to tell apart',
      "train(table, target='s', estimator={'name': 'ridge'})": 'a regression predicts numbers',
      "train(table, target='y', leave_out=['i', 'x', 's', 'late'])": 'No feature is left',
    };
    const found = await tried(Object.keys(expected));
    for (const [call, message] of Object.entries(expected)) expect(found[call]).toContain(message);
  });
});
