/** Joins two tables by equal keys or by the nearest earlier time. Left rows stay in their order where they are kept. */
import { identifier, literal, logMetrics, query, sql, type Table } from 'drawloom';

interface Options {
  how?: 'left' | 'inner' | 'right' | 'full' | 'asof' | 'semi' | 'anti';
  keys?: { left: string; right?: string }[];
  leftTime?: string;
  rightTime?: string;
  tolerance?: string;
  suffix?: string;
  unique?: boolean;
}

export default async function join(left: Table, right: Table, options: Options): Promise<Table> {
  const { how = 'left', suffix = '_right', leftTime = '', tolerance = '', unique = false } = options;
  const rightTime = options.rightTime || leftTime;
  const keys = (options.keys ?? []).map((key) => ({ left: key.left, right: key.right || key.left }));
  if (how === 'asof' && !leftTime) throw new Error('A join by time needs a time column. Choose one under "Left time".');
  if (how !== 'asof' && keys.length === 0) throw new Error('A join needs keys. Add a column under "Keys".');
  left.require(...keys.map((key) => key.left), ...(how === 'asof' ? [leftTime] : []));
  right.require(...keys.map((key) => key.right), ...(how === 'asof' ? [rightTime] : []));
  sameKinds(left, right, how === 'asof' ? [...keys, { left: leftTime, right: rightTime }] : keys);

  const equal = keys.map((key) => `l.${identifier(key.left)} = r.${identifier(key.right)}`);
  const tables = { l: left, r: right };
  const order = 'order by drawloom_row nulls last';
  const from = `(select *, row_number() over () as drawloom_row from l) l`;
  if (how === 'semi' || how === 'anti')
    return sql(`select l.* exclude (drawloom_row) from ${from} ${how} join r on ${equal.join(' and ')} ${order}`, {
      tables,
    });

  if (unique && how !== 'asof') await refuseSeveral(keys, tables);
  const shared = new Set(keys.filter((key) => key.left === key.right).map((key) => key.left));
  const names = new Set(left.columns.map((column) => column.name.toLowerCase()));
  const outer = how === 'right' || how === 'full';
  const leftParts = left.columns.map(({ name }) =>
    outer && shared.has(name)
      ? `coalesce(l.${identifier(name)}, r.${identifier(name)}) as ${identifier(name)}`
      : `l.${identifier(name)}`,
  );
  const rightParts = right.columns
    .filter(({ name }) => !shared.has(name))
    .map(({ name }) => {
      let as = name;
      while (names.has(as.toLowerCase())) as += suffix;
      names.add(as.toLowerCase());
      const value = `r.${identifier(name)}`;
      const kept =
        how === 'asof' && tolerance.trim()
          ? `case when ${near(leftTime, rightTime, tolerance)} then ${value} end`
          : value;
      return `${kept} as ${identifier(as)}`;
    });
  const condition = how === 'asof' ? [...equal, `l.${identifier(leftTime)} >= r.${identifier(rightTime)}`] : equal;
  const word = how === 'asof' ? 'asof left join' : `${how} join`;
  const joined = await sql(
    `select ${[...leftParts, ...rightParts].join(', ')} from ${from} ${word} r on ${condition.join(' and ')} ${order}`,
    { tables },
  );
  logMetrics({
    left_rows: left.rowCount ?? Number.NaN,
    right_rows: right.rowCount ?? Number.NaN,
    joined_rows: joined.rowCount ?? Number.NaN,
  });
  return joined;
}

const near = (leftTime: string, rightTime: string, tolerance: string): string =>
  `l.${identifier(leftTime)} - r.${identifier(rightTime)} <= ${/^[\d.]+$/.test(tolerance.trim()) ? tolerance.trim() : `cast(${literal(tolerance.trim())} as interval)`}`;

/** Text never equals a number: DuckDB would try to convert every value, and stop at the first that is none. */
function sameKinds(left: Table, right: Table, keys: { left: string; right: string }[]): void {
  for (const key of keys) {
    const a = left.columns.find((column) => column.name === key.left)!.type;
    const b = right.columns.find((column) => column.name === key.right)!.type;
    if ((a === 'VARCHAR') !== (b === 'VARCHAR'))
      throw new Error(
        `The key "${key.left}" is ${a} on the left, and "${key.right}" is ${b} on the right. Give them one type with Select columns.`,
      );
  }
}

async function refuseSeveral(keys: { left: string; right: string }[], tables: { l: Table; r: Table }): Promise<void> {
  const names = keys.map((key) => identifier(key.right)).join(', ');
  const found = await query(
    `select ${names}, count(*) as times from r group by all having count(*) > 1 order by times desc limit 1`,
    { tables },
  );
  if (found[0]) {
    const shown = keys.map((key) => `${key.right} = ${String(found[0]![key.right])}`).join(', ');
    throw new Error(
      `The keys are not unique on the right: ${shown} stands there ${found[0].times} times. Choose more keys, or switch the check off.`,
    );
  }
}
