/**
 * Decides how a search for runs becomes a question to the database: a filter of comparisons, an order of any keys, and pages that go
 * on from the last run of the page before, so that the thousandth page costs what the first does.
 *
 * There are three ways. Where a comparison names few runs, these are fetched and sorted. Else runs are walked through in the order asked for,
 * along an index, and the comparisons are asked of one after the other until the page is full. Else, for an order that no index has, all
 * are sorted. The planner of the database cannot choose well among them: it knows values and names by themselves, not together.
 */
import {
  type Condition,
  type Order,
  readFilter,
  readOrder,
  type Vocabulary,
} from '@drawloom/shared/tracking/search.ts';
import type { Sql } from '../../db/connection.ts';
import { invalidValue } from '../wire/mistake.ts';
import {
  attributeOf,
  attributes,
  beginningOf,
  byThing,
  factTable,
  holdsOf,
  inExperiments,
  isFact,
  matching,
  probe,
} from './facts.ts';
import {
  all,
  beyond,
  type Fragment,
  inOrder,
  list,
  nextPage,
  partsOf,
  placeIn,
  type SortKey,
  sortedByNumber,
  sortedByText,
  told,
  type View,
} from './question.ts';

export const runVocabulary: Vocabulary = {
  entities: ['metric', 'parameter', 'tag', 'attribute', 'dataset'],
  attributes,
};

export interface RunSearch {
  /** Ids in the database, of experiments that the caller may see. */
  experiments: readonly number[];
  filter: string;
  orderBy: readonly string[];
  view: View;
  limit: number;
  /** What the page before gave as its `next`. */
  after: string | undefined;
}

interface Asked extends Omit<RunSearch, 'filter' | 'orderBy'> {
  conditions: readonly Condition[];
  orders: readonly Order[];
}

interface Found {
  id: string;
  at: string;
}

/** Ids in the order asked for, and the token of the next page. */
export async function searchRuns(
  sql: Sql,
  { filter, orderBy, ...rest }: RunSearch,
): Promise<{ ids: number[]; next: string | undefined }> {
  const [conditions, orders] = told(() => [
    readFilter(filter, runVocabulary),
    orderBy.map((text) => readOrder(text, runVocabulary)),
  ]);
  if (orders.some(({ entity }) => entity === 'dataset'))
    throw invalidValue('Runs cannot be sorted by a dataset, since a run may have several.');
  if (rest.experiments.length === 0) return { ids: [], next: undefined };
  const asked: Asked = { ...rest, conditions, orders };
  const few = await narrowest(sql, asked);
  const first = orders.length === 1 ? orders[0]! : undefined;
  const rows = few
    ? await sorted(sql, asked, few)
    : orders.length === 0 || first?.key === 'start_time'
      ? await byTime(sql, asked)
      : first && isFact(first.entity)
        ? await byFact(sql, asked, first)
        : await sorted(sql, asked, undefined);
  const { page, next } = nextPage(rows, rest.limit);
  return { ids: page.map(({ id }) => Number(id)), next };
}

/** Fetching so many runs costs about what a walk to a full page costs where that many of a hundred thousand fit. */
const fewRuns = 5000;

/** The comparisons of one thing that leave the fewest runs, when these are few. */
async function narrowest(sql: Sql, { experiments, conditions }: Asked): Promise<Condition[] | undefined> {
  const candidates = byThing(conditions).flatMap((together) => {
    const found = matching(sql, experiments, together);
    return found ? [{ together, found }] : [];
  });
  if (candidates.length === 0) return undefined;
  const counts = candidates.map(
    ({ found }) => sql`(select count(*)::int from (select from (${found}) m limit ${fewRuns + 1}) c)`,
  );
  const [row] = await sql<{ counts: string }[]>`select jsonb_build_array(${list(sql, counts)})::text as counts`;
  const found = JSON.parse(row!.counts) as number[];
  const least = Math.min(...found);
  return least > fewRuns ? undefined : candidates[found.indexOf(least)]!.together;
}

const seen = (sql: Sql, view: View): Fragment[] =>
  view === 'ALL' ? [] : [view === 'ACTIVE_ONLY' ? sql`r.deleted_at is null` : sql`r.deleted_at is not null`];

/** All that fit, sorted: those that the comparisons of one thing name, or else those of the experiments. */
async function sorted(sql: Sql, asked: Asked, few: Condition[] | undefined): Promise<Found[]> {
  const { experiments, view, conditions, orders, after, limit } = asked;
  const keys = sortKeys(sql, orders);
  const where = [
    ...(few ? [] : [inExperiments(sql, sql`r.experiment_id`, experiments)]),
    ...seen(sql, view),
    ...conditions.filter((condition) => !few?.includes(condition)).map((condition) => probe(sql, condition)),
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
  ];
  const from = few
    ? sql`with few as materialized (${matching(sql, experiments, few)!})
        select r.id, ${placeIn(sql, keys)} as at from few join drawloom.tracked_run r on r.id = few.id`
    : sql`select r.id, ${placeIn(sql, keys)} as at from drawloom.tracked_run r`;
  return sql<Found[]>`${from} ${joins(sql, orders)} where ${all(sql, [sql`true`, ...where])}
    order by ${inOrder(sql, keys)} limit ${limit + 1}`;
}

/** Runs as they began, newest or oldest first; `also` is one thing more that must hold. */
async function byTime(
  sql: Sql,
  asked: Asked,
  also: Fragment[] = [],
  keys = sortKeys(sql, asked.orders),
): Promise<Found[]> {
  const { experiments, view, conditions, orders, after, limit } = asked;
  const oldestFirst = orders[0]?.key === 'start_time' && !orders[0].descending;
  const order = oldestFirst ? sql`r.start_ms, r.id desc` : sql`r.start_ms desc, r.id desc`;
  const where = [
    ...seen(sql, view),
    ...also,
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
    ...conditions.map((condition) => probe(sql, condition)),
  ];
  return sql<Found[]>`
    select r.id, ${placeIn(sql, keys)} as at from unnest(${`{${experiments.join(',')}}`}::text::bigint[]) e (id)
    cross join lateral (select r.* from drawloom.tracked_run r where ${all(sql, [sql`r.experiment_id = e.id`, ...where])}
      order by ${order} limit ${limit + 1}) r
    order by ${order} limit ${limit + 1}`;
}

/** Along the values of one fact: first those that have it, then, for a number, those where it is none, then the rest as they began. */
async function byFact(sql: Sql, asked: Asked, order: Order): Promise<Found[]> {
  const { entity, key, descending } = order;
  if (!isFact(entity)) throw new Error(`${entity} is no fact.`);
  const { experiments, view, conditions, after, limit } = asked;
  const keys = sortKeys(sql, [order]);
  const numeric = entity === 'metric';
  // Where the last page ended: its flags are the first parts of the token.
  const place = after === undefined ? [] : partsOf(after);
  const without = place[0] === true;
  const notNumber = numeric && place[1] === true;
  const value = numeric ? sql`x.value` : beginningOf(sql, sql`x.value`);
  const same = conditions.filter((one) => one.entity === entity && one.key === key && one.comparator !== 'IS NULL');
  const others = conditions.filter((one) => !same.includes(one)).map((one) => probe(sql, one));
  if (after !== undefined) beyond(sql, keys, after); // refuses a token of another order
  const along = async (stage: 'values' | 'none', from: boolean, most: number): Promise<Found[]> => {
    const way = stage === 'values' && descending ? sql`${value} desc` : value;
    const keysHere: SortKey[] = [
      ...(stage === 'values' ? [{ value, type: numeric ? 'float8' : 'text', descending } as SortKey] : []),
      { value: sql`x.start_ms`, type: 'bigint', descending: true },
      { value: sql`x.tracked_id`, type: 'bigint', descending: true },
    ];
    const rest = from ? place.slice(numeric ? 2 : 1).slice(stage === 'values' ? 0 : 1) : [];
    const where = [
      sql`x.experiment_id = e.id and x.key = ${key}`,
      ...(numeric ? [stage === 'values' ? sql`x.value < 'NaN'::float8` : sql`x.value = 'NaN'::float8`] : []),
      ...same.flatMap((one) => (one.comparator === 'IS NOT NULL' ? [] : [holdsOf(sql, one)])),
      ...(from ? [beyond(sql, keysHere, tokenOf(rest))] : []),
    ];
    const outer =
      stage === 'values'
        ? sql`${descending ? sql`r.along desc` : sql`r.along`}, r.start_ms desc, r.id desc`
        : sql`r.start_ms desc, r.id desc`;
    const alongWay = stage === 'none' ? sql`` : descending ? sql`x.along desc, ` : sql`x.along, `;
    const flags = numeric ? sql`false, ${stage === 'none'}::bool` : sql`false`;
    const shown = stage === 'values' ? sql`r.along` : sql`0`;
    return sql<Found[]>`
      select r.id, jsonb_build_array(${flags}, ${shown}, r.start_ms, r.id)::text as at
      from unnest(${`{${experiments.join(',')}}`}::text::bigint[]) e (id)
      cross join lateral (
        select r.id, r.start_ms, x.along from (
          select x.tracked_id, x.start_ms, ${value} as along from ${factTable(sql, entity)} x where ${all(sql, where)}
          order by ${way}, x.start_ms desc, x.tracked_id desc) x
        join drawloom.tracked_run r on r.id = x.tracked_id
        where ${all(sql, [sql`true`, ...seen(sql, view), ...others])}
        order by ${alongWay}x.start_ms desc, x.tracked_id desc limit ${most}) r
      order by ${outer} limit ${most}`;
  };
  const rows: Found[] = [];
  const left = () => limit + 1 - rows.length;
  if (!without && !notNumber) rows.push(...(await along('values', after !== undefined, left())));
  if (same.length > 0) return rows; // it has the fact, and as a number
  if (numeric && !without && left() > 0) rows.push(...(await along('none', notNumber, left())));
  if (left() > 0) {
    const lacking = sql`(select true from ${factTable(sql, entity)} x where x.tracked_id = r.id and x.key = ${key}) is null`;
    const flags: SortKey[] = [
      { value: sql`true`, type: 'bool', descending: false },
      ...(numeric ? [{ value: sql`false`, type: 'bool', descending: false } as SortKey] : []),
      numeric ? { value: sql`0`, type: 'float8', descending } : { value: sql`''::text`, type: 'text', descending },
    ];
    const newest = sortKeys(sql, []);
    const rest = without ? tokenOf(place.slice(flags.length)) : undefined;
    const also = [lacking, ...(rest === undefined ? [] : [beyond(sql, newest, rest)])];
    const asLast = { ...asked, orders: [], after: undefined, limit: left() - 1 };
    rows.push(...(await byTime(sql, asLast, also, [...flags, ...newest])));
  }
  return rows;
}

const tokenOf = (parts: readonly unknown[]): string => Buffer.from(JSON.stringify(parts)).toString('base64url');

function joins(sql: Sql, orders: readonly Order[]): Fragment {
  return orders.reduce((before, { entity, key }, index) => {
    if (!isFact(entity)) return before;
    const name = sql(`o${index}`);
    return sql`${before} left join ${factTable(sql, entity)} ${name} on ${name}.tracked_id = r.id and ${name}.key = ${key}`;
  }, sql``);
}

function sortKeys(sql: Sql, orders: readonly Order[]): SortKey[] {
  const keys = orders.flatMap(({ entity, key, descending }, index): SortKey[] => {
    if (key === 'start_time' && entity === 'attribute') return [{ value: sql`r.start_ms`, type: 'bigint', descending }];
    const value = isFact(entity) ? sql`${sql(`o${index}`)}.value` : attributeOf(sql, key);
    if (entity === 'metric')
      return [
        { value: sql`(${value} is null)`, type: 'bool', descending: false },
        // What is no number comes after the numbers, before the runs that have none.
        { value: sql`coalesce(${value} = 'NaN', false)`, type: 'bool', descending: false },
        { value: sql`case when ${value} = 'NaN' then 0 else coalesce(${value}, 0) end`, type: 'float8', descending },
      ];
    const numeric = entity === 'attribute' && attributes[key]!.of === 'number';
    return numeric ? sortedByNumber(sql, value, descending) : sortedByText(sql, value, descending);
  });
  const byTime = orders.some(({ entity, key }) => entity === 'attribute' && key === 'start_time');
  return [
    ...keys,
    ...(byTime ? [] : [{ value: sql`r.start_ms`, type: 'bigint', descending: true } as SortKey]),
    { value: sql`r.id`, type: 'bigint', descending: true },
  ];
}
