/** A list split into its items, and each item carried out in every language, in real sandboxes. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AttemptOutcome, OutputArtifact, Work } from './executor.ts';
import { splitList } from './items.ts';
import { type Bench, handOn, openBench } from './work.testing.ts';

// Interpreters with libraries of data take their time on a busy machine.
vi.setConfig({ testTimeout: 90_000 });

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
}, 600_000);
afterAll(() => bench.close());

const split = (text: string) => splitList(Buffer.from(text))?.map((item) => Buffer.from(item).toString());

test('a list is split into its members as they are written', () => {
  expect(split('[]')).toEqual([]);
  expect(split(' [ \n ] ')).toEqual([]);
  expect(split('[1]')).toEqual(['1']);
  expect(split('[12345678901234567890, 1.50 ,null]')).toEqual(['12345678901234567890', '1.50', 'null']);
  expect(split('["a,]b", "\\"],[", {"k": [1, {"m": "}"}]}, [[], [2]]]')).toEqual([
    '"a,]b"',
    '"\\"],["',
    '{"k": [1, {"m": "}"}]}',
    '[[], [2]]',
  ]);
  expect(split('["é", "日本"]')).toEqual(['"é"', '"日本"']);
});

test.each(['', '{}', '1', '"[1]"', '[1', '[1,]', '[,1]', '[1,,2]', '["a]', '[[1]', '[1]]', '[}{]'])(
  'what is no list is not taken for one: %s',
  (text) => expect(split(text)).toBeUndefined(),
);

/** What a node gives that has `code` of this body. */
const given = async (json: string) =>
  handOn(
    await bench.carry({ code: `def f() -> list:\n    import json\n    return json.loads(${JSON.stringify(json)})` }),
    'value',
    'item',
  );
const mapped = (work: Partial<Work>): Partial<Work> => ({ mapOver: 'item', ...work });
/** The items of a list, then what each of them gives. */
async function goThrough(work: Partial<Work>, json: string, port: string): Promise<string[]> {
  const told = await bench.carry({ ...mapped(work), inputs: [await given(json), ...(work.inputs ?? [])] });
  expect(told).toMatchObject({ reason: 'parked', park: 'map' });
  const all: string[] = [];
  for (const [index, item] of told.outputs.entries()) {
    const outcome: AttemptOutcome = { ...told, outputs: [item] };
    const inputs = [handOn(outcome, 'item'), ...(work.inputs ?? [])];
    const done = await bench.carry({ ...mapped(work), mapIndex: index + 1, inputs });
    expect(done.error).toBeUndefined();
    all.push(await bench.read(done, port));
  }
  return all;
}

test('Python gets each item at its input, or in a parameter', async () => {
  const code = "def f(item: dict) -> str:\n    return f\"{item['carrier']} {item['n'] * 2}\"";
  expect(await goThrough({ code }, '[{"carrier": "UA", "n": 1}, {"carrier": "AA", "n": 2}]', 'value')).toEqual([
    '"UA 2"',
    '"AA 4"',
  ]);
  const inForm = 'def f(*, item: int = 0, factor: int = 10) -> int:\n    return item * factor';
  expect(await goThrough({ code: inForm, parameters: { factor: 3 } }, '[1, 2]', 'value')).toEqual(['3', '6']);
});

test('TypeScript gets each item at its input, or in a parameter', async () => {
  const language = 'typescript';
  const code = 'export default function f(item: number): number { return item + 1; }';
  expect(await goThrough({ language, code }, '[1, 2]', 'value')).toEqual(['2', '3']);
  const inForm = 'export default function f({ item = 0 }: { item?: number }): number { return item * 2; }';
  expect(await goThrough({ language, code: inForm }, '[4, 5]', 'value')).toEqual(['8', '10']);
});

test('SQL gets each item in a parameter', async () => {
  const flights = await bench.carry({
    code: 'import pandas as pd\ndef f() -> pd.DataFrame:\n    return pd.DataFrame({"carrier": ["UA", "AA", "UA"]})',
  });
  const work: Partial<Work> = {
    language: 'sql',
    code: 'select carrier from flights where carrier = $item',
    inputs: [handOn(flights, 'table', 'flights')],
  };
  const told = await bench.carry({ ...mapped(work), inputs: [await given('["UA", "AA", "DL"]'), ...work.inputs!] });
  const rows: (number | null | undefined)[] = [];
  for (const [index, item] of told.outputs.entries()) {
    const inputs = [handOn({ ...told, outputs: [item] }, 'item'), ...work.inputs!];
    const done = await bench.carry({ ...mapped(work), mapIndex: index + 1, inputs });
    rows.push(done.outputs[0]?.rowCount);
  }
  expect(rows).toEqual([2, 1, 0]);
});

test('no list is refused with what arrived, and where nothing arrived there are no items', async () => {
  const work = mapped({ code: 'def f(item: int) -> int:\n    return item', name: 'Each' });
  const number = handOn(await bench.carry({ code: 'def f() -> int:\n    return 5' }), 'value', 'item');
  expect(await bench.carry({ ...work, inputs: [number] })).toMatchObject({
    reason: 'bad_input',
    error: {
      message:
        '"Each" goes through a list item by item, and what arrived at "item" is no list: it begins with "5". Give a list, such as [1, 2, 3].',
    },
  });
  expect(await bench.carry({ ...work, inputs: [] })).toMatchObject({ reason: 'parked', park: 'map', outputs: [] });
  const many = await bench.carry({ code: 'def f() -> list:\n    return [0] * 100_001' });
  expect((await bench.carry({ ...work, inputs: [handOn(many, 'value', 'item')] })).error?.message).toContain(
    '100000 is the most',
  );
});

test('a long list is told in windows while its attempt runs, and the last of them with its result', async () => {
  const work = mapped({ code: 'def f(item: int) -> int:\n    return item' });
  const carry = async (count: number, heard: (window: OutputArtifact[]) => boolean, signal?: AbortSignal) =>
    few.carry({ ...work, inputs: [await listOf(count)] }, signal, { onItems: async (window) => heard(window) });
  const listOf = async (count: number) =>
    handOn(await few.carry({ code: `def f() -> list:\n    return list(range(${count}))` }), 'value', 'item');
  const few = await openBench({ limits: { itemsToldAtOnce: 3 } });
  try {
    for (const [count, sizes] of [
      [0, [0]],
      [1, [1]],
      [3, [3]],
      [4, [3, 1]],
      [7, [3, 3, 1]],
    ] as const) {
      const windows: OutputArtifact[][] = [];
      const outcome = await carry(count, (window) => windows.push(window) > 0);
      expect(outcome).toMatchObject({ reason: 'parked', park: 'map' });
      const all = [...windows, outcome.outputs];
      expect(all.map((window) => window.length)).toEqual(sizes);
      expect(all.flat().map(({ position, itemName }) => `${position} ${itemName}`)).toEqual(
        Array.from({ length: count }, (_, index) => `${index} ${index}`),
      );
    }
    let asked = 0;
    expect(await carry(9, () => ++asked < 1)).toMatchObject({ reason: 'cancelled', outputs: [] });
    expect(asked).toBe(1);
    const stop = new AbortController();
    const windows: OutputArtifact[][] = [];
    const stopped = await carry(
      9,
      (window) => {
        stop.abort('cancelled');
        return windows.push(window) > 0;
      },
      stop.signal,
    );
    expect(stopped).toMatchObject({ reason: 'cancelled', outputs: [] });
    expect(windows.length).toBe(1);
    const rows = handOn(
      await few.carry({
        code: 'import pandas as pd\ndef f() -> pd.DataFrame:\n    return pd.DataFrame({"n": range(7)})',
      }),
      'table',
      'flights',
    );
    const groups: OutputArtifact[][] = [];
    const cut = await few.carry({ ...query, mapBy: ['n'], inputs: [rows] }, undefined, {
      onItems: async (window) => groups.push(window) > 0,
    });
    expect(cut).toMatchObject({ reason: 'parked', park: 'map' });
    expect([...groups, cut.outputs].map((window) => window.map(({ itemName }) => itemName).join(' '))).toEqual([
      '0 1 2',
      '3 4 5',
      '6',
    ]);
  } finally {
    await few.close();
  }
});

/** A table of flights, and what a node that goes through it takes for its items. */
const flights = async (frame: string) =>
  handOn(
    await bench.carry({ code: `import pandas as pd\ndef f() -> pd.DataFrame:\n    return ${frame}` }),
    'table',
    'flights',
  );
const query: Partial<Work> = {
  name: 'Each',
  language: 'sql',
  code: 'select count(*) as rows, min(n) as first, max(n) as last from flights',
  mapOver: 'flights',
};
async function cut(how: Partial<Work>, frame: string): Promise<string[]> {
  const told = await bench.carry({ ...query, ...how, inputs: [await flights(frame)] });
  expect(told.error).toBeUndefined();
  expect(told).toMatchObject({ reason: 'parked', park: 'map' });
  expect(told.outputs.map(({ position }) => position)).toEqual(told.outputs.map((_, index) => index));
  const all: string[] = [];
  for (const [index, item] of told.outputs.entries()) {
    const inputs = [handOn({ ...told, outputs: [item] }, 'flights')];
    const done = await bench.carry({ ...query, ...how, mapIndex: index + 1, inputs });
    expect(done.error).toBeUndefined();
    all.push(`${item.itemName}: ${item.rowCount} rows`);
  }
  return all;
}
const frame = (rows: string) => `pd.DataFrame(${rows})`;
const flown = frame('{"carrier": ["UA", "AA", None, "UA"], "month": [2, 1, 1, 1], "n": [1, 2, 3, 4]}');

test('a table is gone through by its groups, each named by what it has in common, and what is missing is a group too', async () => {
  expect(await cut({ mapBy: ['carrier'] }, flown)).toEqual(['AA: 1 rows', 'UA: 2 rows', '(missing): 1 rows']);
  expect(await cut({ mapBy: ['month', 'carrier'] }, flown)).toEqual([
    '1, AA: 1 rows',
    '1, UA: 1 rows',
    '1, (missing): 1 rows',
    '2, UA: 1 rows',
  ]);
});

test('a table is gone through by so many rows at once, in their order', async () => {
  expect(await cut({ mapRows: 3 }, flown)).toEqual(['rows 1 to 3: 3 rows', 'rows 4 to 4: 1 rows']);
  expect(await cut({ mapRows: 100 }, flown)).toEqual(['rows 1 to 4: 4 rows']);
});

test('a table without rows has no items, neither groups nor chunks', async () => {
  const empty = frame('{"carrier": pd.Series([], dtype=str), "n": pd.Series([], dtype=int)}');
  expect(await cut({ mapBy: ['carrier'] }, empty)).toEqual([]);
  expect(await cut({ mapRows: 3 }, empty)).toEqual([]);
});

test('an equal group is an equal item, whatever else the table holds', async () => {
  const itemsOf = async (rows: string) =>
    (await bench.carry({ ...query, mapBy: ['carrier'], inputs: [await flights(frame(rows))] })).outputs;
  const before = await itemsOf('{"carrier": ["UA", "AA", "UA"], "n": [1, 2, 3]}');
  const after = await itemsOf('{"carrier": ["DL", "UA", "UA"], "n": [9, 1, 3]}');
  const of = (outputs: typeof before, name: string) => outputs.find(({ itemName }) => itemName === name)!.sha256;
  expect(of(after, 'UA')).toBe(of(before, 'UA'));
  expect(of(after, 'DL')).not.toBe(of(before, 'AA'));
});

test('a column that is not there, and more groups than may be, are refused before there is any item', async () => {
  const refused = async (how: Partial<Work>, rows: string) => {
    const outcome = await bench.carry({ ...query, ...how, inputs: [await flights(rows)] });
    expect(outcome).toMatchObject({ reason: 'bad_input', outputs: [] });
    return outcome.error!.message;
  };
  expect(await refused({ mapBy: ['carier'] }, flown)).toBe(
    'The table at "flights" is gone through by its column "carier", and has none of that name. It has "carrier", "month", "n". Choose one of these.',
  );
  expect(await refused({ mapBy: ['n'] }, frame('{"n": range(100_001)}'))).toMatch(
    /makes 100001 items; 100000 is the most. Group by fewer columns/,
  );
  expect(await refused({ mapRows: 1 }, frame('{"n": range(100_001)}'))).toMatch(/100000 is the most. Take more rows/);
});
