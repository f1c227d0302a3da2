import { expect, test } from 'vitest';
import { canonical, parseJson, pointer, pretty } from './json.ts';

const limits = { maxLength: 1_000_000, maxDepth: 64, maxValues: 10_000 };
const problemOf = (text: string) => {
  const parsed = parseJson(text, limits);
  return 'problem' in parsed ? parsed.problem : null;
};

test('equal values have equal canonical text, however their keys were written', () => {
  expect(canonical({ b: [1, { d: null, c: 'ü' }], a: true })).toBe('{"a":true,"b":[1,{"c":"ü","d":null}]}');
  expect(canonical({ a: 1, b: undefined })).toBe(canonical({ a: 1 }));
  expect(pretty({ b: 1, a: 2 })).toBe('{\n  "a": 2,\n  "b": 1\n}\n');
});

test('a number that JSON cannot hold is refused rather than turned to null', () => {
  expect(() => canonical({ a: Number.NaN })).toThrow('NaN has no place in JSON');
  expect(() => canonical([undefined])).toThrow(TypeError);
});

test('text from somebody else is read as it is, a byte-order mark aside', () => {
  expect(parseJson('\ufeff{"a": [1, "x:\\"{"]}', limits)).toEqual({ value: { a: [1, 'x:"{'] } });
});

test('nesting that would overflow a stack later is refused at its place', () => {
  expect(problemOf('['.repeat(100_000) + ']'.repeat(100_000))).toMatchObject({ code: 'json_too_deep' });
});

test('a key given twice is told, since the last would silently win', () => {
  expect(problemOf('{"nodes": {"a": 1,\n "b": 2, "a": 3}}')).toMatchObject({
    code: 'json_duplicate_key',
    message: 'The key "a" is given twice in one object; keep one (line 2, column 10).',
  });
  expect(problemOf('{"\\u0061": 1, "a": 2}')).toMatchObject({ code: 'json_duplicate_key' });
});

test('keys that reach the prototype are refused, escaped or not', () => {
  expect(problemOf('{"x": {"__proto__": {"admin": true}}}')).toMatchObject({ code: 'json_key' });
  expect(problemOf('{"\\u005f_proto__": 1}')).toMatchObject({ code: 'json_key' });
  expect(problemOf('{"x": "__proto__"}')).toBe(null);
});

test('more values than allowed and text longer than allowed are refused before anything is built', () => {
  expect(problemOf(`[${'1,'.repeat(20_000)}1]`)).toMatchObject({ code: 'json_too_many' });
  expect(problemOf(`"${'x'.repeat(1_000_001)}"`)).toMatchObject({ code: 'json_too_long' });
});

test.each([
  ['{\n  "a": tru\n}', 'expected a value, found "tru\\n}" (line 2, column 8).'],
  ['{"a": 1', 'expected a comma or the end of this level, found its end (line 1, column 8).'],
  ['', 'expected a value, found its end (line 1, column 1).'],
  ['[1, 2,]', 'expected a value, found "]" (line 1, column 7).'],
  ['{"a" 1}', 'expected a colon, found "1}" (line 1, column 6).'],
  ['[1}', 'expected a comma or the end of this level, found "}" (line 1, column 3).'],
  ['{} []', 'expected nothing more, found "[]" (line 1, column 4).'],
  ['[01]', 'expected a comma or the end of this level, found "1]" (line 1, column 3).'],
  ['["tab\there"]', 'expected a value or ], found "\\"tab\\there\\"]" (line 1, column 2).'],
  ['[NaN]', 'expected a value or ], found "NaN]" (line 1, column 2).'],
])('%j is told with what was expected, what was found, line and column', (text, told) => {
  expect(problemOf(text)?.message).toBe(`The text is not JSON: ${told}`);
});

test('whatever JSON.parse accepts without loss is accepted alike', () => {
  for (const text of [
    '0',
    '-0.5e+10',
    '"\\ud83d\\ude00 \\" / \\/"',
    '[[],{}]',
    ' {"a":{"a":[null,true,false]}} \n',
    '""',
  ])
    expect(parseJson(text, limits)).toEqual({ value: JSON.parse(text) });
});

test('a pointer escapes what has a meaning in pointers', () => {
  expect(pointer('edges', 'a.b>c/d', 0)).toBe('/edges/a.b>c~1d/0');
});
