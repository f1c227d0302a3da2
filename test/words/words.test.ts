import { expect, test } from 'vitest';
import { compare, readCatalog, roomOf, type Translated, translated } from './catalogs.ts';
import { readElsewhere } from './fromElsewhere.ts';
import { readSources } from './messages.ts';
import { misfit, placeholders } from './placeholders.ts';

const { messages: own, faults } = readSources();
const messages = new Map([...own, ...readElsewhere()]);

test('whatever the editor says goes through its one catalog, with a value for every placeholder', () => {
  expect(messages.size).toBeGreaterThan(1000);
  expect(faults).toEqual([]);
});

test.each(Object.keys(translated))(
  '%s has words for every message, once, with the same placeholders, and none in vain',
  async (language) => {
    const { words, twice } = await readCatalog(language as Translated);
    const wrong = { twice, ...compare(messages.keys(), words) };
    expect(
      wrong,
      'see docs/words.md; `npm run words` lists it, `-- --arrange` takes away what nobody says any more',
    ).toEqual({
      twice: [],
      missing: [],
      superfluous: [],
      misfits: [],
    });
  },
);

test('placeholders are found at any depth', () => {
  expect(placeholders('{who}: {n, plural, one {# of {all}} other {#}}{more, select, yes {!} other {}}')).toEqual([
    { name: 'who', kind: 'value', cases: '' },
    { name: 'n', kind: 'plural', cases: '' },
    { name: 'all', kind: 'value', cases: '' },
    { name: 'more', kind: 'select', cases: 'other yes' },
  ]);
});

test.each([
  ['Run {n}', 'Lauf {n}', null],
  ['Run {n}', 'Lauf', 'it lacks {n}'],
  ['Run {n}', 'Lauf {run}', 'it has {run}, which the message does not have'],
  ['{n, plural, one {# run} other {# runs}}', '{n} 次运行', null],
  ['{n, plural, one {One run} other {Runs}}', '运行', null],
  ['{n} runs', '{n, plural, one {# Lauf} other {# Läufe}}', '{n} is a plural, and in the message a value'],
  [
    '{m, select, yes {a} other {b}}',
    '{m, select, ja {a} other {b}}',
    '{m} has the cases ja other, and in the message other yes',
  ],
  ['Run', ' ', 'it is empty'],
  ['Run', 'Lauf ', 'it begins or ends with a space'],
  ['Run {n}', 'Lauf {n', '"," is missing at 7 of "Lauf {n".'],
])('of %j, the translation %j is judged', (message, translation, wrong) => {
  expect(misfit(message, translation)).toBe(wrong);
});

test('a message stands with the room that says it, and what several rooms say is common', () => {
  const at = (...files: string[]) => roomOf(files.map((file) => ({ file, line: 1 })));
  expect(at('pages/run/RunPage.tsx', 'pages/run/Items.tsx')).toBe('run');
  expect(at('pages/run/RunPage.tsx', 'pages/runs/RunsPage.tsx')).toBe('common');
  expect(at('pages/settings/Tokens.tsx')).toBe('access');
  expect(at('canvas/drag.ts', 'palette/search.ts')).toBe('drawing');
});
