/**
 * Splits a table's rows. Random parts come from a hash of the row's place and the seed: the same on every machine, whatever
 * the number of threads. By time, the border lies at an instant, so that rows of one instant are never torn apart.
 */
import { identifier, logMetrics, query, type Row, sql, type Table } from 'drawloom';

interface Options {
  how?: 'time' | 'random' | 'stratified' | 'group';
  column?: string;
  testShare?: number;
  validationShare?: number;
  testFrom?: string;
  validationFrom?: string;
  seed?: number;
}

interface Parts {
  train: Table;
  test: Table;
  validation?: Table;
}

export default async function split(table: Table, options: Options): Promise<Parts> {
  const { how = 'random', column = '', testShare = 0.2, validationShare = 0, seed = 7 } = options;
  if (how !== 'random' && !column) throw new Error(`${titles[how]} needs a column. Choose one under "Column".`);
  if (column && how !== 'random') table.require(column);
  if (testShare + validationShare >= 1)
    throw new Error('Test and validation take all rows, and none is left for training. Lower their shares.');
  const part = how === 'time' ? await byTime(table, options) : byHash(how, column, testShare, validationShare, seed);
  const tagged = await sql(
    `select *, ${part} as drawloom_part from (select *, row_number() over () as drawloom_row from this)`,
    { tables: { this: table } },
  );
  const take = (name: string) =>
    sql('select * exclude (drawloom_part, drawloom_row) from this where drawloom_part = $name order by drawloom_row', {
      tables: { this: tagged },
      parameters: { name },
    });
  const parts: Parts = { train: await take('train'), test: await take('test') };
  if (validationShare > 0) parts.validation = await take('validation');
  const counts = Object.fromEntries(
    Object.entries(parts).map(([name, each]: [string, Table]) => [`${name}_rows`, each.rowCount ?? 0]),
  );
  logMetrics(counts);
  for (const [name, rows] of Object.entries(counts))
    if (rows === 0)
      throw new Error(
        `The part "${name.replace('_rows', '')}" would have no rows. Choose another border or share, or give more rows.`,
      );
  return parts;
}

const titles = {
  time: 'A split by time',
  stratified: 'A stratified split',
  group: 'A split by group',
  random: 'A random split',
};

/** A number from 0 to 1 for each row; all random ways differ only in what they hash. */
function byHash(how: string, column: string, testShare: number, validationShare: number, seed: number): string {
  const of = how === 'group' ? `coalesce(${identifier(column)}::varchar, '')` : 'drawloom_row';
  const drawn = `(md5_number_lower(concat(${of}, ':', ${Math.trunc(seed)})) / 18446744073709551616.0)`;
  const place =
    how === 'stratified'
      ? `(row_number() over (partition by ${identifier(column)} order by ${drawn}, drawloom_row) - 0.5) / count(*) over (partition by ${identifier(column)})`
      : how === 'random'
        ? `(row_number() over (order by ${drawn}, drawloom_row) - 0.5) / count(*) over ()`
        : drawn;
  return `case when ${place} < ${testShare} then 'test' when ${place} < ${testShare + validationShare} then 'validation' else 'train' end`;
}

async function byTime(table: Table, options: Options): Promise<string> {
  const { column = '', testShare = 0.2, validationShare = 0 } = options;
  const time = identifier(column);
  const type = table.columns.find((each) => each.name === column)!.type;
  const border = async (from: string | undefined, share: number): Promise<string> => {
    if (from) return `${time} >= cast('${from.replaceAll("'", "''")}' as ${type})`;
    const found: Row[] = await query(
      `select quantile_disc(${time}, ${1 - share})::varchar as at from this where ${time} is not null`,
      { tables: { this: table } },
    );
    if (found[0]?.at === null || found[0]?.at === undefined)
      throw new Error(`"${column}" is empty in every row, so there is no time to split by.`);
    return `${time} > cast('${String(found[0].at).replaceAll("'", "''")}' as ${type})`;
  };
  const test = await border(options.testFrom, testShare);
  const cases = [`when ${time} is null then null`, `when ${test} then 'test'`];
  if (validationShare > 0)
    cases.push(`when ${await border(options.validationFrom, testShare + validationShare)} then 'validation'`);
  return `case ${cases.join(' ')} else 'train' end`;
}
