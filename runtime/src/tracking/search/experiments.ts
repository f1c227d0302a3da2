/** Decides how a search for experiments is answered: by name, times and tags, a page at a time. */
import { type Condition, readFilter, readOrder, type Vocabulary } from '@drawloom/shared/tracking/search.ts';
import type { Sql, Tx } from '../../db/connection.ts';
import { defaultExperiment, type Experiment, experimentsWith } from '../experiments.ts';
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

const vocabulary: Vocabulary = {
  entities: ['attribute', 'tag'],
  attributes: {
    name: { key: 'name', of: 'text' },
    experiment_id: { key: 'experiment_id', of: 'text' },
    creation_time: { key: 'creation_time', of: 'number' },
    last_update_time: { key: 'last_update_time', of: 'number' },
  },
};

export async function searchExperiments(
  db: Tx,
  sql: Sql,
  projectId: string,
  {
    filter,
    orderBy,
    view,
    limit,
    after,
  }: { filter: string; orderBy: readonly string[]; view: View; limit: number; after: string | undefined },
): Promise<{ found: Experiment[]; next: string | undefined }> {
  await defaultExperiment(db, projectId);
  const [conditions, orders] = told(() => [
    readFilter(filter, vocabulary),
    orderBy.map((text) => readOrder(text, vocabulary)),
  ]);
  const keys: SortKey[] = [
    ...orders.flatMap(({ key, descending }) =>
      vocabulary.attributes[key]!.of === 'number'
        ? sortedByNumber(sql, attributeOf(sql, key), descending)
        : sortedByText(sql, attributeOf(sql, key), descending),
    ),
    { value: sql`(extract(epoch from e.created_at) * 1000)::bigint`, type: 'bigint', descending: true },
    { value: sql`e.id`, type: 'bigint', descending: true },
  ];
  const where = [
    sql`e.project_id = ${projectId}`,
    ...(view === 'ACTIVE_ONLY' ? [sql`e.deleted_at is null`] : []),
    ...(view === 'DELETED_ONLY' ? [sql`e.deleted_at is not null`] : []),
    ...conditions.map((condition) => holds(sql, condition)),
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
  ];
  const rows = await sql<{ id: string; at: string }[]>`
    select e.id, ${placeIn(sql, keys)} as at from drawloom.experiment e
    where ${all(sql, where)} order by ${inOrder(sql, keys)} limit ${limit + 1}`;
  const { page, next } = nextPage(rows, limit);
  return {
    found: await experimentsWith(
      db,
      projectId,
      page.map(({ id }) => Number(id)),
    ),
    next,
  };
}

function holds(sql: Sql, condition: Condition): Fragment {
  const { entity, key, comparator } = condition;
  if (entity === 'attribute')
    return compared(
      sql,
      attributeOf(sql, key),
      condition,
      vocabulary.attributes[key]!.of === 'number' ? 'bigint' : 'text',
    );
  const one = sql`from drawloom.experiment_tag x where x.experiment_id = e.id and x.key = ${key}`;
  if (comparator === 'IS NULL') return sql`not exists (select ${one})`;
  if (comparator === 'IS NOT NULL') return sql`exists (select ${one})`;
  return sql`exists (select ${one} and ${compared(sql, sql`x.value`, condition, 'text')})`;
}

function attributeOf(sql: Sql, key: string): Fragment {
  switch (key) {
    case 'name':
      return sql`e.name`;
    case 'creation_time':
      return sql`(extract(epoch from e.created_at) * 1000)::bigint`;
    case 'last_update_time':
      return sql`(extract(epoch from e.updated_at) * 1000)::bigint`;
    default:
      return sql`(case when e.is_default then '0' else e.id::text end)`;
  }
}
