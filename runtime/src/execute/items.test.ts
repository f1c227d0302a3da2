/** A list split into its items, and each item carried out in every language, in real sandboxes. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { AttemptOutcome, Work } from './executor.ts';
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
