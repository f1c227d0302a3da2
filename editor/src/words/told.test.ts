import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { beforeAll, expect, test } from 'vitest';
import { startWords } from './index.ts';
import { spokenType, told } from './told.ts';

beforeAll(async () => {
  Object.assign(globalThis, { document: { documentElement: {} }, localStorage: { getItem: () => 'de' } });
  await startWords();
});

test.each([
  ['It was stopped.', 'Er wurde angehalten.'],
  ['Look at line 7 of its code.', 'Sehen Sie sich Zeile 7 seines Codes an.'],
  ['Held 900 MB at most, of 1 GB', 'Hielt höchstens 900 MB, von 1 GB'],
  ['Held 900 MB at most', 'Hielt höchstens 900 MB'],
  [
    '"Table" of "Split" needs a table. Connect an output to it.',
    '„Table“ von „Split“ braucht eine Tabelle. Verbinden Sie einen Ausgang damit.',
  ],
  [
    '"Load" has no output "rows" (it has table, log). Connect another output, or remove the edge.',
    '„Load“ hat keinen Ausgang „rows“ (er hat table, log). Verbinden Sie einen anderen Ausgang, oder entfernen Sie die Verbindung.',
  ],
  ['Something that nobody has translated.', 'Something that nobody has translated.'],
  ['', ''],
])('%j is said in German', (sentence, words) => {
  expect(told(sentence)).toBe(words);
});

test('a name with signs of an expression in it stays as it is', () => {
  expect(told('Look at “$& (.*) {0}”.')).toBe('Sehen Sie sich „$& (.*) {0}“ an.');
});

test('what a person reads of a node type is German, and what programs read is as it was', () => {
  const type = {
    type: 'figure',
    title: 'Figure',
    summary: 'Histogram, line, bar or scatter of a table',
    description: 'Unknown to the catalog',
    inputs: [{ name: 'table', kind: 'table', label: 'Training rows' }],
    outputs: [{ name: 'figure', kind: 'figure' }],
    parameters: {
      properties: {
        title: { title: 'Title', default: 'Title' },
        kind: { title: 'Kind', group: 'Columns', default: 'bars', oneOf: [{ const: 'bars', title: 'Bars' }] },
      },
      required: ['title'],
    },
  } as unknown as NodeType;
  expect(spokenType(type)).toEqual({
    ...type,
    title: 'Abbildung',
    summary: 'Histogramm, Linie, Balken oder Punkte aus einer Tabelle',
    inputs: [{ name: 'table', kind: 'table', label: 'Zeilen zum Trainieren' }],
    parameters: {
      properties: {
        title: { title: 'Titel', default: 'Title' },
        kind: { title: 'Art', group: 'Spalten', default: 'bars', oneOf: [{ const: 'bars', title: 'Balken' }] },
      },
      required: ['title'],
    },
  });
});
