/**
 * Decides which SQL a request for rows becomes. Names are quoted and known to be there, values only ever travel as bound
 * parameters, types are those that DuckDB itself told: nothing a person typed becomes part of the query.
 */
import type { Column, Filter, PageRequest, ReaderProblem } from './request.ts';

export class Refusal extends Error {
  readonly code: ReaderProblem;
  constructor(code: ReaderProblem, message: string) {
    super(message);
    this.code = code;
  }
}

export interface Condition {
  sql: string;
  values: string[];
  /** Values that must be readable as a type before the condition is asked. */
  casts: { value: string; type: string; column: string }[];
}

export const named = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const ordered =
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\s?\d+\)|DATE|TIME|TIMESTAMP(_S|_MS|_NS)?|TIMESTAMP WITH TIME ZONE|BOOLEAN)$/;
export const isNumeric = (type: string): boolean =>
  /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL\(\d+,\s?\d+\))$/.test(type);

export function columnOf(columns: readonly Column[], name: string): Column {
  const found = columns.find((column) => column.name === name);
  if (!found) throw new Refusal('unknown_column', `There is no column "${name.slice(0, 100)}" in this table.`);
  return found;
}

export function conditionOf(columns: readonly Column[], filters: readonly Filter[]): Condition {
  const condition: Condition = { sql: '', values: [], casts: [] };
  const parts = filters.map((filter) => partOf(columns, filter, condition));
  condition.sql = parts.map((part) => `(${part})`).join(' and ');
  return condition;
}

function partOf(columns: readonly Column[], filter: Filter, { values, casts }: Condition): string {
  const { type, name } = columnOf(columns, filter.column);
  const column = named(name);
  const isOrdered = ordered.test(type);
  const bind = (value: unknown, as?: string): string => {
    if (value === undefined || value === null || typeof value === 'object')
      throw new Refusal('bad_value', `The filter on "${name}" needs a value.`);
    const text = String(value);
    values.push(text);
    if (as) casts.push({ value: text, type: as, column: name });
    return as ? `cast($${values.length} as ${as})` : `$${values.length}`;
  };
  // Numbers are compared as numbers of any size: 1.5 against a column of whole numbers is asked as it was typed.
  const as = isOrdered ? (isNumeric(type) ? 'DOUBLE' : type) : undefined;
  const exact = /INT/.test(type) && /^-?\d+$/.test(String(filter.value)) ? 'HUGEINT' : as;
  const left = isOrdered ? column : `${column}::varchar`;
  switch (filter.is) {
    case 'null':
      return `${column} is null`;
    case 'not-null':
      return `${column} is not null`;
    case '=':
      return `${left} is not distinct from ${bind(filter.value, exact)}`;
    case '!=':
      return `${left} is distinct from ${bind(filter.value, exact)}`;
    case '<':
    case '<=':
    case '>':
    case '>=':
      return `${left} ${filter.is} ${bind(filter.value, exact)}`;
    case 'contains':
      return `contains(lower(${column}::varchar), lower(${bind(filter.value)}))`;
    case 'starts':
      return `starts_with(lower(${column}::varchar), lower(${bind(filter.value)}))`;
    case 'in': {
      if (!Array.isArray(filter.value))
        throw new Refusal('bad_value', `The filter on "${name}" needs a list of values.`);
      if (filter.value.length === 0) return 'false';
      return `${left} in (${filter.value.map((value) => bind(value, as)).join(', ')})`;
    }
    default:
      throw new Refusal('bad_value', 'There is no such filter.');
  }
}

/**
 * Rows of a page. Equal values keep the order of the file, so that pages never overlap. Without sort and filter the place
 * in the file is the page's own, and only the row groups it lies in are read.
 */
export function pageSql(
  source: string,
  columns: readonly Column[],
  request: PageRequest,
  condition: Condition,
): string {
  const wanted = (request.columns ?? columns.map((column) => column.name)).map((name) =>
    named(columnOf(columns, name).name),
  );
  const offset = Math.max(0, Math.trunc(request.offset));
  const limit = Math.min(1000, Math.max(0, Math.trunc(request.limit)));
  const sort = (request.sort ?? []).map(
    ({ column, descending }) => `${named(columnOf(columns, column).name)} ${descending ? 'desc' : 'asc'} nulls last`,
  );
  const select = `select ${wanted.length ? wanted.join(', ') : '1'} from ${source}`;
  if (!condition.sql && sort.length === 0)
    return `${select} where file_row_number >= ${offset} and file_row_number < ${offset + limit} order by file_row_number`;
  const where = condition.sql ? ` where ${condition.sql}` : '';
  return `${select}${where} order by ${[...sort, 'file_row_number'].join(', ')} limit ${limit} offset ${offset}`;
}
