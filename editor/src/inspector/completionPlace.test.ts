import { expect, test } from 'vitest';
import { identifier, tableBehind, whereIn } from './completionPlace.ts';

test('in SQL a dot asks for columns of the table or of what its alias stands for', () => {
  const query = 'select f. from flights as f join "weather" w on f.origin = w.origin where ';
  expect(whereIn('sql', 'select f.')).toEqual({ is: 'column', of: 'f', only: true });
  expect(whereIn('sql', 'select "my table".')).toEqual({ is: 'column', of: 'my table', only: true });
  expect([tableBehind('f', query), tableBehind('w', query), tableBehind('flights', query)]).toEqual([
    'flights',
    'weather',
    'flights',
  ]);
  expect(tableBehind('t', 'select 1 from a join b on t.x = 1')).toBe('t');
  expect(whereIn('sql', query)).toEqual({ is: 'word' });
  expect(whereIn('sql', 'where delay > $')).toEqual({ is: 'parameter' });
  expect(whereIn('sql', "where carrier = 'A")).toEqual({ is: 'nothing' });
  expect(whereIn('sql', 'select 1 -- f.')).toEqual({ is: 'nothing' });
  expect([identifier('dep_delay'), identifier('dep delay "x"')]).toEqual(['dep_delay', '"dep delay ""x"""']);
});

test('in Python quotes ask for columns, of the table before the bracket where there is one', () => {
  const column = (of: string | null, only = false) => ({ is: 'column', of, only });
  expect(whereIn('python', 'def f(flights):\n    late = flights["')).toEqual(column('flights'));
  expect(whereIn('python', "    x = flights[['a', '")).toEqual(column('flights'));
  expect(whereIn('python', '    x = flights.groupby("')).toEqual(column('flights'));
  expect(whereIn('python', `    print("it's", y['`)).toEqual(column('y'));
  expect(whereIn('python', '    return flights.')).toEqual(column('flights', true));
  expect(whereIn('python', 'from drawloom import Model, ')).toEqual({ is: 'module' });
  expect(whereIn('python', '    drawloom.')).toEqual({ is: 'module' });
  expect(whereIn('python', '    x = 1  # flights["')).toEqual({ is: 'nothing' });
  expect(whereIn('python', '    url = "a#b" + ')).toEqual({ is: 'word' });
});

test('in TypeScript quotes ask for columns', () => {
  expect(whereIn('typescript', "  flights.require('")).toEqual({ is: 'column', of: 'flights', only: false });
  expect(whereIn('typescript', '  // "')).toEqual({ is: 'nothing' });
  expect(whereIn('typescript', '  const x = ')).toEqual({ is: 'word' });
});
