/** Decides how the parts of a search become SQL: comparisons, what is sorted by, and the place from which a next page goes on. */
import { type Condition, SearchMistake } from '@drawloom/shared/tracking/search.ts';
import type { PendingQuery, Row } from 'postgres';
import type { Sql } from '../../db/connection.ts';
import { invalidValue } from '../wire/mistake.ts';

export type Fragment = PendingQuery<Row[]>;
export type View = 'ACTIVE_ONLY' | 'DELETED_ONLY' | 'ALL';

/** What is wrong with a filter or an order, in the form that the caller is told. */
export function told<T>(read: () => T): T {
  try {
    return read();
  } catch (mistake) {
    if (mistake instanceof SearchMistake) throw invalidValue(`${mistake.message} (at character ${mistake.at + 1})`);
    throw mistake;
  }
}

export function compared(
  sql: Sql,
  left: Fragment,
  { comparator, value }: Condition,
  type: 'text' | 'float8' | 'bigint',
): Fragment {
  // A number with a fraction must not be cut when it is held against a whole one.
  const right = type === 'text' ? sql`${value as string}::text` : sql`${String(value)}::float8`;
  switch (comparator) {
    case '=':
      return sql`${left} = ${right}`;
    case '!=':
      return sql`${left} <> ${right}`;
    case '<':
      return sql`${left} < ${right}`;
    case '<=':
      return sql`${left} <= ${right}`;
    case '>':
      return sql`${left} > ${right}`;
    case '>=':
      return sql`${left} >= ${right}`;
    // A backslash is a letter like others, as in MLflow's own store; as an escape, one at the end would be a mistake of the database.
    case 'LIKE':
      return sql`${left} like ${right} escape ''`;
    case 'ILIKE':
      return sql`${left} ilike ${right} escape ''`;
    case 'IN':
      return sql`${left} in (${textsIn(sql, value)})`;
    case 'NOT IN':
      return sql`${left} not in (${textsIn(sql, value)})`;
    default:
      return sql`${left} is ${comparator === 'IS NULL' ? sql`null` : sql`not null`}`;
  }
}

const textsIn = (sql: Sql, value: Condition['value']): Fragment =>
  sql`select jsonb_array_elements_text(${JSON.stringify(value)}::text::jsonb)`;

export interface SortKey {
  /** Never null, so that it can be compared with where the last page ended. */
  value: Fragment;
  type: 'bool' | 'float8' | 'text' | 'bigint';
  descending: boolean;
}

/** Text that may be null, or a number that may be: what has no value comes last, whichever way is sorted. */
export const sortedByText = (sql: Sql, value: Fragment, descending: boolean): SortKey[] => [
  { value: sql`(${value} is null)`, type: 'bool', descending: false },
  { value: sql`(left(coalesce(${value}, ''), 250) collate "C")`, type: 'text', descending },
];
export const sortedByNumber = (sql: Sql, value: Fragment, descending: boolean): SortKey[] => [
  { value: sql`(${value} is null)`, type: 'bool', descending: false },
  { value: sql`coalesce(${value}, 0)`, type: 'bigint', descending },
];

/** Where a row stands in the order, as text for `nextPage`. */
export const placeIn = (sql: Sql, keys: readonly SortKey[]): Fragment =>
  sql`jsonb_build_array(${list(
    sql,
    keys.map(({ value }) => value),
  )})::text`;
export const inOrder = (sql: Sql, keys: readonly SortKey[]): Fragment =>
  list(
    sql,
    keys.map(({ value, descending }) => (descending ? sql`${value} desc` : sql`${value}`)),
  );

/** Of rows that were asked for one more than a page holds: the page, and the token of the next. */
export function nextPage<T extends { at: string }>(
  rows: readonly T[],
  limit: number,
): { page: T[]; next: string | undefined } {
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return { page: rows.slice(0, limit), next: last && Buffer.from(last.at).toString('base64url') };
}

/** Holds for what comes after the place that a token names. */
export function beyond(sql: Sql, keys: readonly SortKey[], token: string): Fragment {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    place = undefined;
  }
  if (
    !Array.isArray(place) ||
    place.length !== keys.length ||
    place.some((part) => !['boolean', 'number', 'string'].includes(typeof part))
  )
    throw invalidValue('page_token: this is not a token that a search with the same order gave.');
  const parts = keys.map(({ value, type, descending }, index) => {
    const limit = sql`${String(place[index])}::text::${sql.unsafe(type)}`;
    return {
      same: sql`${value} = ${limit}`,
      after: descending ? sql`${value} < ${limit}` : sql`${value} > ${limit}`,
      // It follows from the rest, and is what an index begins at.
      from: descending ? sql`${value} <= ${limit}` : sql`${value} >= ${limit}`,
    };
  });
  const after = parts.reduceRight<Fragment>(
    (rest, { same, after }) => sql`(${after} or (${same} and ${rest}))`,
    sql`false`,
  );
  return keys[0]!.type === 'bool' ? after : sql`(${parts[0]!.from} and ${after})`;
}

/** The parts of the place that a token names, for whoever reads a sorted list in stages. */
export const partsOf = (token: string): (string | number | boolean)[] => {
  try {
    const place = JSON.parse(Buffer.from(token, 'base64url').toString()) as unknown;
    if (Array.isArray(place)) return place;
  } catch {
    // Told by `beyond`, which every search with a token asks.
  }
  return [];
};

export const list = (sql: Sql, parts: readonly Fragment[]): Fragment =>
  parts.reduce((before, part) => sql`${before}, ${part}`);
export const all = (sql: Sql, parts: readonly Fragment[]): Fragment =>
  parts.reduce((before, part) => sql`${before} and ${part}`);
