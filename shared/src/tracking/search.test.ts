import { expect, test } from 'vitest';
import { readFilter, readOrder, SearchMistake, type Vocabulary } from './search.ts';

const vocabulary: Vocabulary = {
  entities: ['metric', 'parameter', 'tag', 'attribute', 'dataset'],
  attributes: {
    run_id: { key: 'run_id', of: 'text', list: true },
    start_time: { key: 'start_time', of: 'number' },
    created: { key: 'start_time', of: 'number' },
  },
};
const read = (text: string) => readFilter(text, vocabulary);

test.each([
  ['metrics.rmse<1e-3', 'metric', 'rmse', '<', 0.001],
  ['metric.`a b` >= -2', 'metric', 'a b', '>=', -2],
  ['`metrics`.`rmse` = .5', 'metric', 'rmse', '=', 0.5],
  ["params.a/b.c-d != 'x'", 'parameter', 'a/b.c-d', '!=', 'x'],
  [`parameter."it's" = "say ""hi"""`, 'parameter', "it's", '=', 'say "hi"'],
  ["tags.größe ilike '%groß%'", 'tag', 'größe', 'ILIKE', '%groß%'],
  ['tag.x is not  null', 'tag', 'x', 'IS NOT NULL', null],
  ["run_id not in ('a' , 'b')", 'attribute', 'run_id', 'NOT IN', ['a', 'b']],
  ["attr.run_id IN ('a')", 'attribute', 'run_id', 'IN', ['a']],
  ['created > 5', 'attribute', 'start_time', '>', 5],
  ["datasets.context = 'training'", 'dataset', 'context', '=', 'training'],
])('%s is read', (text, entity, key, comparator, value) => {
  expect(read(text)).toEqual([{ entity, key, comparator, value, at: 0 }]);
});

test('comparisons are joined by AND, in any case, and a value may hold the word', () => {
  expect(read("params.a = 'x AND y' and\n metrics.b > 1").map(({ key, at }) => [key, at])).toEqual([
    ['a', 0],
    ['b', 26],
  ]);
  expect(read('  ')).toEqual([]);
});

test.each([
  ["params.a = 'x' OR params.b = 'y'", 15, /AND alone/],
  ["params.a = 'x", 11, /no end/],
  ["params.a = 'x' params.b = 'y'", 15, /AND is missing/],
  ["params.a = 'x' AND", 18, /must follow/],
  ['params.a = x', 11, /single quotes/],
  ['params.a < 5', 9, /does not go with parameter\.a/],
  ['metrics.a LIKE 5', 10, /does not go with metric\.a/],
  ["metrics.a = '5'", 12, /without quotes/],
  ['metrics.a = 5x', 12, /without quotes/],
  ['metrics. = 5', 8, /name of what is compared is missing/],
  ['colour = 1', 0, /no attribute “colour”/],
  ['constructor = 1', 0, /no attribute/],
  ["__proto__.x = '1'", 0, /nothing to search by/],
  ["start_time IN ('1')", 11, /does not go with/],
  ['run_id IN (1)', 11, /parentheses/],
  ["run_id IN ('a'", 14, /parentheses/],
  ["datasets.size = '1'", 0, /name, digest, context/],
  ['metrics.a ~ 1', 10, /comparison must stand/],
  ['= 1', 0, /name of what is compared/],
])('%s is refused at its place', (text, at, message) => {
  const mistake = (() => {
    try {
      read(text);
    } catch (problem) {
      return problem as SearchMistake;
    }
  })();
  expect(mistake).toBeInstanceOf(SearchMistake);
  expect(mistake).toMatchObject({ at, message: expect.stringMatching(message) });
});

test('a filter of thousands of comparisons is refused, and a long one is read in no time', () => {
  expect(() => read(Array(300).fill('metrics.a > 1').join(' AND '))).toThrow(/at most 200/);
  expect(() => read(`params.a = '${'x'.repeat(1_000_000)}' AND ${'('.repeat(1_000_000)}`)).toThrow(SearchMistake);
});

test('what is sorted by is a name and a direction', () => {
  expect(readOrder('metrics.`a b` desc', vocabulary)).toEqual({ entity: 'metric', key: 'a b', descending: true });
  expect(readOrder('start_time', vocabulary)).toEqual({ entity: 'attribute', key: 'start_time', descending: false });
  expect(() => readOrder('start_time DOWN', vocabulary)).toThrow(/ASC, DESC/);
  expect(() => readOrder('start_time ASC, metrics.a', vocabulary)).toThrow(/one key/);
});
