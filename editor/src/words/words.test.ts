import { expect, test } from 'vitest';
import { compile, fillIn } from './compile.ts';
import { spokenOf, startWords, t } from './index.ts';
import { accented } from './pseudo.ts';

test.each([
  ['plain', ['plain']],
  ['{n, plural, one {# node} other {# nodes}}', [['n', 'plural', { one: ['#', ' node'], other: ['#', ' nodes'] }]]],
  [
    'run {run}, {n, plural, =0 {} other {a {x}}}',
    ['run ', ['run'], ', ', ['n', 'plural', { 0: [], other: ['a ', ['x']] }]],
  ],
])('%s is read', (message, tokens) => {
  expect(compile(message)).toEqual(tokens);
});

test('a message without its name says so', () => {
  expect(() => compile('a {, plural}')).toThrow('A name is missing');
});

test('the English sentence is its own key', async () => {
  Object.assign(globalThis, { document: { documentElement: {} } });
  await startWords();
  expect(t('{n, plural, one {# node} other {# nodes}}', { n: 1 })).toBe('1 node');
  expect(t('{n, plural, one {# node} other {# nodes}}', { n: 3 })).toBe('3 nodes');
});

test('of a word with two meanings, English leaves away which one is meant', () => {
  expect(t('mail::From')).toBe('From');
});

test.each([
  [['de-AT', 'en'], 'de'],
  [['fr', 'zh', 'en'], 'zh-CN'],
  [['zh-Hant', 'zh-TW', 'zh-HK'], 'en'],
  [['zh-SG'], 'zh-CN'],
  [['zh-Hans-TW'], 'en'],
  [['deb', 'ZH-CN'], 'zh-CN'],
  [['en-GB', 'de'], 'en'],
  [['fr', 'ja'], 'en'],
  [[], 'en'],
  [['en-US@posix'], 'en'],
  [['', 'C', '*', 'de_DE.UTF-8', 'de@euro'], 'de'],
])('whoever reads %j is spoken to in %s', (wanted, language) => {
  expect(spokenOf(wanted)).toBe(language);
});

test('the language that nobody speaks accents all letters but those of names', () => {
  expect(accented('Run {run}')).toBe('[Řŭñ {run}~~~]');
  const plural = accented('{n, plural, =0 {none} one {# run} other {{n} runs of {who}}}');
  expect(plural).toMatch(/^\[\{n, plural, =0 \{ñǿñḗ\} one \{# řŭñ\} other \{\{n\} řŭñš ǿƒ \{who\}\}\}~+\]$/);
});

test.each([
  ['en', 1, '1 node'],
  ['en', 0, 'no node'],
  ['en', 1200, '1,200 nodes'],
  ['de', 1200, '1.200 nodes'],
  ['zh-CN', 1, '1 nodes'],
])('in %s, %d of something is told as %j', (locale, n, words) => {
  const message = compile('{n, plural, =0 {no node} one {# node} other {# nodes}}');
  expect(fillIn(message, { n }, locale)).toBe(words);
});

test('choices stand within choices, a sign that is not right in a plural stays, and what is not given is nothing', () => {
  const message = compile('#{who}{n, plural, one {{more, select, yes {#!} other {#}} of {who}} other {#}}{none}');
  expect(fillIn(message, { who: 'Ann', n: 1, more: 'yes' }, 'en')).toBe('#Ann#! of Ann');
  expect(fillIn(message, { who: 'Ann', n: 1, more: 'constructor' }, 'en')).toBe('#Ann# of Ann');
});
