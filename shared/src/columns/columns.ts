/** Decides what can be said of a table's columns before anything runs: which they are, whether these are all, and what that rests on. */
import type { Json } from '../json.ts';
import type { ColumnStep } from '../node-type/columns.ts';
import type { Column } from '../node-type/ports.ts';

/** What columns were seen in, where the drawing alone does not tell them: a run that other data may not repeat. */
export interface Seen {
  run: number;
  node: string;
}
export interface KnownColumns {
  /** A type is empty where only the name is known. */
  columns: readonly Column[];
  /** Why there may be others; absent when these are all. */
  more?: string;
  seen: Seen | null;
}
export interface UnknownColumns {
  unknown: string;
}
export type Columns = KnownColumns | UnknownColumns;

export const isKnown = (columns: Columns | undefined): columns is KnownColumns =>
  columns !== undefined && 'columns' in columns;

export type Values = Readonly<Record<string, Json | undefined>>;

/** What the steps of a node type give. `undefined` among the values: the run alone tells that parameter. */
export function follow(steps: readonly ColumnStep[], values: Values, arriving: (port: string) => Columns): Columns {
  let so: Columns = { columns: [], seen: null };
  for (const step of steps) {
    const asked = parametersOf(step).find((name) => values[name] === undefined);
    so = asked === undefined ? apply(step, so, values, arriving) : { unknown: `Only the run tells "${asked}".` };
  }
  return so;
}

/** The parameters that a step reads. */
function parametersOf(step: ColumnStep): string[] {
  if ('beside' in step) return [step.keys, step.suffix, ...Object.keys(step.unless ?? {})];
  if ('keep' in step) return [step.keep];
  if ('drop' in step) return [step.drop];
  if ('retype' in step) return [step.retype];
  if ('rename' in step) return [step.rename];
  return 'add' in step ? [step.add] : [];
}

function apply(step: ColumnStep, so: Columns, values: Values, arriving: (port: string) => Columns): Columns {
  if ('take' in step) return arriving(step.take);
  if ('file' in step) return { unknown: 'The file is looked into when it is read.' };
  if ('give' in step) return { columns: step.give, seen: null };
  if ('keep' in step) {
    const names = namesIn(values[step.keep]);
    if (names.length === 0) return so;
    const known = isKnown(so) ? new Map(so.columns.map((column) => [column.name, column])) : new Map<string, Column>();
    return { columns: names.map((name) => known.get(name) ?? { name, type: '' }), seen: null };
  }
  if ('beside' in step) {
    const isLeftOut = Object.entries(step.unless ?? {}).some(([name, words]) => words.includes(String(values[name])));
    return isLeftOut ? so : beside(so, arriving(step.beside), values[step.keys], String(values[step.suffix] ?? ''));
  }
  if (!isKnown(so)) return so;
  if ('drop' in step) {
    const names = new Set(namesIn(values[step.drop]));
    return names.size === 0 ? so : { ...so, columns: so.columns.filter(({ name }) => !names.has(name)) };
  }
  if ('retype' in step) {
    const types = new Map(membersOf(values[step.retype]).map(({ column, type }) => [column, String(type)]));
    const typed = (column: Column): Column => {
      const type = types.get(column.name);
      return type === undefined ? column : { name: column.name, type };
    };
    return types.size === 0 ? so : { ...so, columns: so.columns.map(typed) };
  }
  if ('rename' in step) {
    const names = new Map(membersOf(values[step.rename]).map(({ column, name }) => [column, name]));
    const named = (column: Column): Column => {
      const name = names.get(column.name);
      return typeof name === 'string' && name ? { ...column, name } : column;
    };
    return names.size === 0 ? so : { ...so, columns: so.columns.map(named) };
  }
  const name = values[step.add];
  if (typeof name !== 'string' || name === '') return so;
  const others = so.columns.filter((column) => column.name !== name);
  const added = { name, type: step.type };
  const columns = step.first ? [added, ...others] : [...others, added];
  return { ...so, columns, ...(step.perhaps && { more: so.more ?? step.perhaps }) };
}

/** Two tables side by side: keys that are called the same stand once, other names that are taken get the suffix. */
function beside(left: Columns, right: Columns, keys: Json | undefined, suffix: string): Columns {
  if (!isKnown(left)) return left;
  if (!isKnown(right)) return { ...left, more: left.more ?? right.unknown };
  const shared = new Set(membersOf(keys).flatMap((key) => (!key.right || key.right === key.left ? [key.left] : [])));
  const taken = new Set(left.columns.map(({ name }) => name.toLowerCase()));
  // A row without a partner has no values of the other side.
  const columns: Column[] = left.columns.map(({ name, type }) => ({ name, type }));
  for (const { name, type } of right.columns) {
    if (shared.has(name)) continue;
    let as = name;
    while (suffix && taken.has(as.toLowerCase())) as += suffix;
    taken.add(as.toLowerCase());
    columns.push({ name: as, type });
  }
  const more = left.more ?? right.more;
  return { columns, ...(more !== undefined && { more }), seen: left.seen ?? right.seen };
}

const namesIn = (value: Json | undefined): string[] =>
  Array.isArray(value) ? value.filter((one): one is string => typeof one === 'string' && one !== '') : [];
const membersOf = (value: Json | undefined): Record<string, Json>[] =>
  Array.isArray(value)
    ? value.filter((one): one is Record<string, Json> => typeof one === 'object' && one !== null && !Array.isArray(one))
    : [];
