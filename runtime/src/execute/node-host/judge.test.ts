import { pureTableFunctions, readSql } from '@drawloom/shared/signature/sql.ts';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { judge } from './judge.ts';
import * as pure from './pure.ts';

/** Queries on the left, the tables they read on the right; both readings must find the same ones. */
const queries: [string, string[]][] = [
  ['select 1 as one', []],
  ['select * from flights', ['flights']],
  ['from flights', ['flights']],
  ['from flights select carrier, count(*) group by all', ['flights']],
  ['select * from flights f, weather as w where f.origin = w.origin', ['flights', 'weather']],
  ['select * from flights join weather using (origin, time_hour)', ['flights', 'weather']],
  ['select * from Flights a join flights b on a.id = b.id', ['Flights']],
  ['select * from flights left join (weather cross join planes) on true', ['flights', 'weather', 'planes']],
  ['select * from (flights natural join weather) x, airports', ['flights', 'weather', 'airports']],
  [
    'select * from prices asof join trades on prices.t >= trades.t and prices.s in (trades.s, 1), extra',
    ['prices', 'trades', 'extra'],
  ],
  ['select * from a positional join b semi join c using (x) anti join d using (x)', ['a', 'b', 'c', 'd']],
  ['select * from a where x in (from b)', ['a', 'b']],
  ['select * from a where x in (select y from b where b.z = a.z) and exists (select 1 from c)', ['a', 'b', 'c']],
  [
    'select (select max(x) from b), extract(year from d), substring(s from 2 for 3), trim(both from s) from a',
    ['b', 'a'],
  ],
  ['select x is distinct from y, x is not distinct from z from a', ['a']],
  ['with a as (select * from t) select * from a', ['t']],
  ['with t as (select * from t) select * from t', ['t']],
  ['with a as (from b), b as (from a) select * from b', ['b']],
  ['with a as (with b as (from c) from b) from a, b', ['c', 'b']],
  ['with recursive n as (select 1 as i union all select i + 1 from n, lim where i < top) from n', ['lim']],
  ['with recursive n as (from n) from n', ['n']],
  [
    'with a(x, y) as materialized (values (1, 2)), b as not materialized (from a) select * from b join q on q.x = b.x',
    ['q'],
  ],
  [
    'select *, row_number() over w as r from a window w as (partition by k order by t rows between 3 preceding and current row) qualify r = 1',
    ['a'],
  ],
  ['select * from a union all by name select * from b except (from c intersect from d)', ['a', 'b', 'c', 'd']],
  ['(select * from a) union (select * from b) order by 1 limit 3', ['a', 'b']],
  ['((from a))', ['a']],
  ['select * from ((select 1 as x) union all (select x from a)) s join b using (x)', ['a', 'b']],
  ['select unnest(list) from a', ['a']],
  ['select * from a, unnest(a.list) as u(x), range(3) r(i), b', ['a', 'b']],
  ['select * from a, lateral (select * from b where b.x = a.x limit 1) l, c', ['a', 'b', 'c']],
  ['pivot cities on year in (2000, 2010) using sum(pop) group by country', ['cities']],
  [
    'from cities pivot (sum(pop) for year in (2000, 2010) group by country) p join other using (country)',
    ['cities', 'other'],
  ],
  ['unpivot sales on jan, feb into name month value n', ['sales']],
  ['select * exclude (a, b) replace (x + 1 as x) from t', ['t']],
  ["select columns('d.*'), meta.b.c, x[1:2], {'k': [1, 2]}, list_transform(l, lambda v: v + 1) from t", ['t']],
  ['select "from", t."join" from t', ['t']],
  [
    "select 'from nowhere', $$ from nowhere $$, $q$ 'from' $q$, e'it\\'s from nowhere' from t -- from comment\n /* from /* nested */ too */",
    ['t'],
  ],
  ['select * from (values (1, 2), (3, 4)) v(a, b) join t on t.a = v.a', ['t']],
  ['table flights', ['flights']],
  ['summarize flights', ['flights']],
  ['select * from f: flights join w: weather using (x)', ['flights', 'weather']],
  [
    "select count(*) filter (where x > 1), string_agg(y, ',' order by y), quantile_cont(z, [0.1, 0.5]) from t tablesample 10%",
    ['t'],
  ],
  ['select * from a using sample 5 rows', ['a']],
  [
    'select case when x then (from b select max(y)) else 1 end c, cast(x as decimal(3, 1)), x::varchar[] from a order by all limit 1 offset 2',
    ['b', 'a'],
  ],
  [
    'select not exists (from b), array(select x from c), interval 3 day from a group by grouping sets ((x), (y), ())',
    ['b', 'c', 'a'],
  ],
  ['select * from t where a = $limit and b between $low::date and $high::double', ['t']],
];

describe('the quick reading of a query and DuckDB agree on its tables', () => {
  let instance: DuckDBInstance;
  beforeAll(async () => {
    instance = await DuckDBInstance.create(':memory:');
  });
  afterAll(() => instance.closeSync());

  test.each(queries)('%s', async (sql, tables) => {
    const connection = await instance.connect();
    const verdict = await judge(connection, sql);
    expect(verdict).toMatchObject({ tables });
    expect(verdict.error).toBeUndefined();
    const signature = readSql(sql);
    expect(signature.inputs.map((port) => port.name)).toEqual(tables);
    expect(signature.problems).toEqual([]);
    connection.closeSync();
  });

  test.each([
    ["select * from 'x.parquet'", 'sql_undeclared_input', 1, 15],
    ['select *\nfrom "data/x.csv"', 'sql_undeclared_input', 2, 6],
    ["select * from read_csv('x.csv')", 'sql_undeclared_input', 1, 15],
    ['select * from main.flights', 'sql_qualified_name', 1, 15],
    ['select * from "my flights"', 'sql_port_name', 1, 15],
    ['select 1;\nselect 2', 'sql_statements', 2, 1],
    ['insert into a values (1)', 'sql_not_select', 1, 1],
    ['  create table t as select 1', 'sql_not_select', 1, 3],
    ['-- nothing\n', 'sql_empty', 1, 1],
    ['select (1', 'sql_unclosed', 1, 8],
    ["select 'abc", 'sql_unclosed', 1, 8],
    ['select $1 from t', 'sql_parameter_name', 1, 8],
    ['pivot cities on year using sum(pop)', 'sql_pivot_values', 1, 1],
  ])('%s is told at its place', (sql, code, line, column) => {
    expect(readSql(sql).problems[0]).toMatchObject({ code, line, column });
  });

  test('both readings let the same table functions pass', () => {
    expect([...pure.pureTableFunctions]).toEqual([...pureTableFunctions]);
  });

  test('what is half typed keeps the tables that are already there', () => {
    expect(
      readSql('select a. from flights f join (select * from weather where').inputs.map((port) => port.name),
    ).toEqual(['flights', 'weather']);
    expect(readSql("select * from flights where carrier = 'A").inputs.map((port) => port.name)).toEqual(['flights']);
  });

  test('a parameter gets a field, and a cast right after it its type', () => {
    expect(readSql('select $low::date, $share::double, $any from t').parameters).toMatchObject({
      properties: {
        low: { type: 'string', format: 'date' },
        share: { type: 'number', title: 'Share' },
        any: { title: 'Any' },
      },
      required: ['low', 'share', 'any'],
    });
  });

  test('a hostile query is read in no time', () => {
    const start = performance.now();
    readSql('('.repeat(250_000));
    readSql(`select ${'(select 1 from t),'.repeat(14_000)} 1`);
    readSql(`select ${'$1,'.repeat(80_000)} 1`);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
