/**
 * Decides how a search for runs becomes one question to the database: a filter of comparisons, an order of any keys, and pages that go
 * on from the last run of the page before, so that the thousandth page costs what the first does.
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
  all,
  beyond,
  compared,
  type Fragment,
  inOrder,
  nextPage,
  placeIn,
  type SortKey,
  sortedByNumber,
  sortedByText,
  told,
  type View,
} from './question.ts';

const names: Vocabulary['attributes'] = {
  run_id: { key: 'run_id', of: 'text', list: true },
  run_uuid: { key: 'run_id', of: 'text', list: true },
  run_name: { key: 'run_name', of: 'text' },
  'run name': { key: 'run_name', of: 'text' },
  'Run name': { key: 'run_name', of: 'text' },
  'Run Name': { key: 'run_name', of: 'text' },
  user_id: { key: 'user_id', of: 'text' },
  status: { key: 'status', of: 'text' },
  artifact_uri: { key: 'artifact_uri', of: 'text' },
  start_time: { key: 'start_time', of: 'number' },
  created: { key: 'start_time', of: 'number' },
  Created: { key: 'start_time', of: 'number' },
  end_time: { key: 'end_time', of: 'number' },
};

export const runVocabulary: Vocabulary = {
  entities: ['metric', 'parameter', 'tag', 'attribute', 'dataset'],
  attributes: names,
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

/** Ids in the order asked for, and the token of the next page. */
export async function searchRuns(
  sql: Sql,
  { experiments, filter, orderBy, view, limit, after }: RunSearch,
): Promise<{ ids: number[]; next: string | undefined }> {
  const [conditions, orders] = told(() => [
    readFilter(filter, runVocabulary),
    orderBy.map((text) => readOrder(text, runVocabulary)),
  ]);
  if (experiments.length === 0) return { ids: [], next: undefined };
  const keys = sortKeys(sql, orders);
  const where = [
    sql`r.experiment_id = any(${`{${experiments.join(',')}}`}::text::bigint[])`,
    ...(view === 'ACTIVE_ONLY' ? [sql`r.deleted_at is null`] : []),
    ...(view === 'DELETED_ONLY' ? [sql`r.deleted_at is not null`] : []),
    ...conditions.map((condition) => holds(sql, condition)),
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
  ];
  const rows = await sql<{ id: string; at: string }[]>`
    select r.id, ${placeIn(sql, keys)} as at from drawloom.tracked_run r ${joins(sql, orders)}
    where ${all(sql, where)} order by ${inOrder(sql, keys)} limit ${limit + 1}`;
  const { page, next } = nextPage(rows, limit);
  return { ids: page.map(({ id }) => Number(id)), next };
}

function holds(sql: Sql, condition: Condition): Fragment {
  const { entity, key } = condition;
  switch (entity) {
    case 'metric':
      return sql`exists (select from drawloom.tracked_latest x where x.tracked_id = r.id and x.experiment_id = r.experiment_id
        and x.key = ${key} and x.value <> 'NaN' and ${compared(sql, sql`x.value`, condition, 'float8')})`;
    case 'parameter':
    case 'tag': {
      const table = entity === 'tag' ? sql`drawloom.tracked_tag` : sql`drawloom.tracked_parameter`;
      const one = sql`from ${table} x where x.tracked_id = r.id and x.key = ${key}`;
      if (condition.comparator === 'IS NULL') return sql`not exists (select ${one})`;
      if (condition.comparator === 'IS NOT NULL') return sql`exists (select ${one})`;
      return sql`exists (select ${one} and ${compared(sql, sql`x.value`, condition, 'text')})`;
    }
    case 'dataset': {
      const value = { name: sql`d.name`, digest: sql`d.digest`, context: sql`x.tags ->> 'mlflow.data.context'` }[key]!;
      return sql`exists (select from drawloom.tracked_input x join drawloom.dataset d on d.id = x.dataset_id
        where x.tracked_id = r.id and ${compared(sql, value, condition, 'text')})`;
    }
    case 'attribute':
      return compared(sql, attributeOf(sql, key), condition, names[key]!.of === 'number' ? 'bigint' : 'text');
  }
}

function attributeOf(sql: Sql, key: string): Fragment {
  switch (key) {
    case 'run_id':
      return sql`r.uuid`;
    case 'run_name':
      return sql`r.name`;
    case 'user_id':
      return sql`r.user_id`;
    case 'status':
      return sql`r.status`;
    case 'start_time':
      return sql`r.start_ms`;
    case 'end_time':
      return sql`r.end_ms`;
    default:
      return sql`('mlflow-artifacts:/' || r.experiment_id || '/' || r.uuid || '/artifacts')`;
  }
}

const joined = ({ entity }: Order) => entity === 'metric' || entity === 'parameter' || entity === 'tag';

function joins(sql: Sql, orders: readonly Order[]): Fragment {
  return orders.reduce((before, order, index) => {
    if (!joined(order)) return before;
    const table = {
      metric: sql`drawloom.tracked_latest`,
      parameter: sql`drawloom.tracked_parameter`,
      tag: sql`drawloom.tracked_tag`,
    }[order.entity as 'metric' | 'parameter' | 'tag'];
    const name = sql(`o${index}`);
    return sql`${before} left join ${table} ${name} on ${name}.tracked_id = r.id and ${name}.key = ${order.key}`;
  }, sql``);
}

function sortKeys(sql: Sql, orders: readonly Order[]): SortKey[] {
  const keys = orders.flatMap((order, index): SortKey[] => {
    const { entity, key, descending } = order;
    if (entity === 'dataset') throw invalidValue('Runs cannot be sorted by a dataset, since a run may have several.');
    const value = joined(order) ? sql`${sql(`o${index}`)}.value` : attributeOf(sql, key);
    if (entity === 'metric')
      return [
        { value: sql`(${value} is null)`, type: 'bool', descending: false },
        // What is no number comes after the numbers, before the runs that have none.
        { value: sql`coalesce(${value} = 'NaN', false)`, type: 'bool', descending: false },
        { value: sql`case when ${value} = 'NaN' then 0 else coalesce(${value}, 0) end`, type: 'float8', descending },
      ];
    const numeric = entity === 'attribute' && names[key]!.of === 'number';
    return numeric ? sortedByNumber(sql, value, descending) : sortedByText(sql, value, descending);
  });
  return [
    ...keys,
    { value: sql`r.start_ms`, type: 'bigint', descending: true },
    { value: sql`r.uuid`, type: 'text', descending: false },
  ];
}
