/**
 * Decides what a column's profile says. Two passes over the file for all columns together: counts and moments first, then
 * histograms between the smallest and the largest value; the most frequent values of columns that have few.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { cellOf } from './cells.ts';
import { isNumeric, named } from './pageQuery.ts';
import type { Column, ColumnProfile, Profile } from './request.ts';

const bins = 24;
const mostColumns = 500;
/** Above this share of distinct values, the most frequent ones say nothing and cost much. */
const mostDistinct = 10_000;

const isOrdered = (type: string): boolean =>
  isNumeric(type) || /^(DATE|TIME|TIMESTAMP|VARCHAR|BOOLEAN|UUID)/.test(type);
const isPlain = (type: string): boolean => !/[[(]/.test(type) || /^DECIMAL/.test(type);

export async function profileOf(
  connection: DuckDBConnection,
  source: string,
  columns: readonly Column[],
  rowCount: number,
): Promise<Profile> {
  const profiles: ColumnProfile[] = [];
  for (let from = 0; from < Math.min(columns.length, mostColumns); from += 50) {
    const part = columns.slice(from, Math.min(from + 50, mostColumns));
    profiles.push(...(await partOf(connection, source, part, rowCount)));
  }
  return { rowCount, columns: profiles };
}

async function partOf(
  connection: DuckDBConnection,
  source: string,
  columns: readonly Column[],
  rowCount: number,
): Promise<ColumnProfile[]> {
  const asked = columns.flatMap((column, index) => {
    const name = named(column.name);
    const numeric = isNumeric(column.type);
    // Not-a-number is a value to Parquet, and to a profile it is one that is missing from every moment.
    const value = /^(FLOAT|DOUBLE)$/.test(column.type) ? `(case when isfinite(${name}) then ${name} end)` : name;
    return [
      `count(${name}) as n${index}`,
      isPlain(column.type) ? `approx_count_distinct(${name}) as d${index}` : `null as d${index}`,
      ...(isOrdered(column.type)
        ? [`min(${value}) as a${index}`, `max(${value}) as z${index}`]
        : [`null as a${index}`, `null as z${index}`]),
      ...(numeric
        ? [
            `avg(${value}) as m${index}`,
            `stddev_samp(${value}::double) as s${index}`,
            `approx_quantile(${value}::double, [0.25, 0.5, 0.75]) as q${index}`,
          ]
        : [`null as m${index}`, `null as s${index}`, `null as q${index}`]),
    ];
  });
  const row = await one(connection, `select ${asked.join(', ')} from ${source}`);
  const found = columns.map((column, index): ColumnProfile => {
    const [count, distinct, min, max, mean, deviation, quartiles] = row.slice(index * 7, index * 7 + 7);
    return {
      name: column.name,
      type: column.type,
      nullCount: rowCount - Number(count ?? 0),
      distinctCount: distinct === null || distinct === undefined ? null : Math.min(Number(distinct), Number(count)),
      min: scalar(min),
      max: scalar(max),
      mean: number(mean),
      deviation: number(deviation),
      quartiles: quartilesOf(quartiles),
      histogram: null,
      top: null,
    };
  });
  await histograms(connection, source, columns, found);
  for (const [index, column] of columns.entries()) {
    const profile = found[index]!;
    const few = profile.distinctCount !== null && profile.distinctCount <= mostDistinct;
    if (isPlain(column.type) && few && (!isNumeric(column.type) || profile.distinctCount! <= 20))
      profile.top = await topOf(connection, source, column);
  }
  return found;
}

async function histograms(
  connection: DuckDBConnection,
  source: string,
  columns: readonly Column[],
  profiles: ColumnProfile[],
): Promise<void> {
  const drawn = columns.flatMap((column, index) => {
    const low = Number(profiles[index]!.min);
    const high = Number(profiles[index]!.max);
    if (!isNumeric(column.type) || profiles[index]!.min === null || !Number.isFinite(high - low)) return [];
    const whole = /INT/.test(column.type);
    const count = low === high ? 1 : whole ? Math.min(bins, high - low + 1) : bins;
    // Whole numbers get bins with whole borders, so that no bin holds more numbers than the next by accident.
    const width = low === high ? 1 : whole ? Math.ceil((high - low + 1) / count) : (high - low) / count;
    return [{ column, index, low, count, width }];
  });
  if (drawn.length === 0) return;
  const asked = drawn.map(({ column, low, count, width }) => {
    const name = named(column.name);
    const value = /^(FLOAT|DOUBLE)$/.test(column.type) ? `(case when isfinite(${name}) then ${name} end)` : name;
    return `histogram(least(${count - 1}, floor((${value}::double - ${low}) / ${width}))::int)`;
  });
  const row = await one(connection, `select ${asked.join(', ')} from ${source}`);
  drawn.forEach(({ index, low, count, width }, place) => {
    const map = new Map<number, number>();
    const entries = (row[place] as { entries?: { key: unknown; value: unknown }[] } | null)?.entries ?? [];
    for (const { key, value } of entries) map.set(Number(key), Number(value));
    profiles[index]!.histogram = Array.from({ length: count }, (_, bin) => ({
      from: low + bin * width,
      to: low + (bin + 1) * width,
      count: map.get(bin) ?? 0,
    }));
  });
}

async function topOf(connection: DuckDBConnection, source: string, column: Column): Promise<ColumnProfile['top']> {
  const name = named(column.name);
  const result = await connection.runAndReadAll(
    `select ${name}::varchar, count(*) as n from ${source} where ${name} is not null group by ${name} order by n desc, 1 limit 10`,
  );
  return result.getRows().map(([value, count]) => ({ value: String(value).slice(0, 200), count: Number(count) }));
}

async function one(connection: DuckDBConnection, sql: string): Promise<readonly unknown[]> {
  return (await connection.runAndReadAll(sql)).getRows()[0]!;
}

function scalar(value: unknown): number | string | null {
  const cell = cellOf(value);
  if (cell === null || typeof cell === 'number') return cell;
  return String(cell).slice(0, 200);
}
function number(value: unknown): number | null {
  const cell = cellOf(value);
  return typeof cell === 'number' ? cell : cell === null || Number.isNaN(Number(cell)) ? null : Number(cell);
}
function quartilesOf(value: unknown): number[] | null {
  const cell = cellOf(value);
  return Array.isArray(cell) && cell.every((each) => typeof each === 'number') ? (cell as number[]) : null;
}
