/** Decides how a search for logged models becomes one question to the database, with pages that go on from the last row. */
import { type Condition, readFilter, readOrder, type Vocabulary } from '@drawloom/shared/tracking/search.ts';
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
} from './question.ts';

const vocabulary: Vocabulary = {
  entities: ['metric', 'parameter', 'tag', 'attribute'],
  attributes: {
    name: { key: 'name', of: 'text' },
    model_id: { key: 'model_id', of: 'text', list: true },
    model_type: { key: 'model_type', of: 'text' },
    status: { key: 'status', of: 'text' },
    source_run_id: { key: 'source_run_id', of: 'text', list: true },
    creation_timestamp: { key: 'creation_timestamp', of: 'number' },
    creation_time: { key: 'creation_timestamp', of: 'number' },
    last_updated_timestamp: { key: 'last_updated_timestamp', of: 'number' },
  },
};

/** A data set on which the numbers that a search compares were measured. */
export interface MeasuredOn {
  name: string;
  digest: string | undefined;
}

export interface LoggedModelSearch {
  /** Ids in the database, of experiments that the caller may see. */
  experiments: readonly number[];
  filter: string;
  datasets: readonly MeasuredOn[];
  orderBy: readonly { field: string; ascending: boolean; dataset: MeasuredOn | undefined }[];
  limit: number;
  after: string | undefined;
}

export async function searchLoggedModels(
  sql: Sql,
  { experiments, filter, datasets, orderBy, limit, after }: LoggedModelSearch,
): Promise<{ ids: number[]; next: string | undefined }> {
  const [conditions, orders] = told(() => [
    readFilter(filter, vocabulary),
    orderBy.map(({ field, ascending, dataset }) => ({
      ...readOrder(field, vocabulary),
      descending: !ascending,
      dataset,
    })),
  ]);
  if (experiments.length === 0) return { ids: [], next: undefined };
  const keys: SortKey[] = [
    ...orders.flatMap(({ entity, key, descending, dataset }): SortKey[] => {
      if (entity === 'metric') {
        const last = sql`(select x.value from drawloom.logged_model_metric x where x.model_id = m.id and x.key = ${key} and x.value <> 'NaN'
          and ${measured(sql, dataset ? [dataset] : [])} order by x.at_ms desc, x.step desc limit 1)`;
        return [
          { value: sql`(${last} is null)`, type: 'bool', descending: false },
          { value: sql`coalesce(${last}, 0)`, type: 'float8', descending },
        ];
      }
      if (entity !== 'attribute')
        throw invalidValue(`Models are not sorted by ${entity}s. Sort by an attribute or by metrics.`);
      return vocabulary.attributes[key]!.of === 'number'
        ? sortedByNumber(sql, attributeOf(sql, key), descending)
        : sortedByText(sql, attributeOf(sql, key), descending);
    }),
    { value: sql`(extract(epoch from m.created_at) * 1000000)::bigint`, type: 'bigint', descending: true },
    { value: sql`m.id`, type: 'bigint', descending: true },
  ];
  const where = [
    sql`m.experiment_id = any(${`{${experiments.join(',')}}`}::text::bigint[])`,
    sql`m.deleted_at is null`,
    ...conditions.map((condition) => holds(sql, condition, datasets)),
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
  ];
  const rows = await sql<{ id: string; at: string }[]>`
    select m.id, ${placeIn(sql, keys)} as at from drawloom.logged_model m left join drawloom.tracked_run r on r.id = m.source_run_id
    where ${all(sql, where)} order by ${inOrder(sql, keys)} limit ${limit + 1}`;
  const { page, next } = nextPage(rows, limit);
  return { ids: page.map(({ id }) => Number(id)), next };
}

function holds(sql: Sql, condition: Condition, datasets: readonly MeasuredOn[]): Fragment {
  const { entity, key, comparator } = condition;
  if (entity === 'attribute')
    return compared(
      sql,
      attributeOf(sql, key),
      condition,
      vocabulary.attributes[key]!.of === 'number' ? 'bigint' : 'text',
    );
  if (entity === 'metric')
    return sql`exists (select from drawloom.logged_model_metric x where x.model_id = m.id and x.key = ${key} and x.value <> 'NaN'
      and ${measured(sql, datasets)} and ${compared(sql, sql`x.value`, condition, 'float8')})`;
  const table = entity === 'tag' ? sql`drawloom.logged_model_tag` : sql`drawloom.logged_model_parameter`;
  const one = sql`from ${table} x where x.model_id = m.id and x.key = ${key}`;
  if (comparator === 'IS NULL') return sql`not exists (select ${one})`;
  if (comparator === 'IS NOT NULL') return sql`exists (select ${one})`;
  return sql`exists (select ${one} and ${compared(sql, sql`x.value`, condition, 'text')})`;
}

/** On any of these, or on whatever it was when none is named. */
const measured = (sql: Sql, datasets: readonly MeasuredOn[]): Fragment =>
  datasets.reduce<Fragment | undefined>((before, { name, digest }) => {
    const on = digest
      ? sql`(x.dataset_name = ${name} and x.dataset_digest = ${digest})`
      : sql`(x.dataset_name = ${name})`;
    return before ? sql`(${before} or ${on})` : on;
  }, undefined) ?? sql`true`;

function attributeOf(sql: Sql, key: string): Fragment {
  switch (key) {
    case 'name':
      return sql`m.name`;
    case 'model_id':
      return sql`m.uuid`;
    case 'model_type':
      return sql`m.model_type`;
    case 'status':
      return sql`m.status`;
    case 'source_run_id':
      return sql`r.uuid`;
    case 'last_updated_timestamp':
      return sql`(extract(epoch from m.updated_at) * 1000)::bigint`;
    default:
      return sql`(extract(epoch from m.created_at) * 1000)::bigint`;
  }
}
