/** Decides how a search for traces becomes one question to the database, with pages that go on from the last row. */
import { type Condition, readFilter, readOrder, type Vocabulary } from '@drawloom/shared/tracking/search.ts';
import type { Sql } from '../../db/connection.ts';
import { invalidValue } from '../wire/mistake.ts';
import { beginningOf, inExperiments } from './facts.ts';
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

export const traceVocabulary: Vocabulary = {
  entities: ['attribute', 'tag', 'metadata', 'span', 'feedback', 'expectation'],
  attributes: {
    request_id: { key: 'trace_id', of: 'text', list: true },
    trace_id: { key: 'trace_id', of: 'text', list: true },
    status: { key: 'status', of: 'text', list: true },
    state: { key: 'status', of: 'text', list: true },
    name: { key: 'name', of: 'text', list: true },
    client_request_id: { key: 'client_request_id', of: 'text', list: true },
    run_id: { key: 'run_id', of: 'text', list: true },
    prompt: { key: 'prompt', of: 'text' },
    text: { key: 'text', of: 'text' },
    timestamp: { key: 'timestamp_ms', of: 'number' },
    timestamp_ms: { key: 'timestamp_ms', of: 'number' },
    request_time: { key: 'timestamp_ms', of: 'number' },
    execution_time: { key: 'execution_time_ms', of: 'number' },
    execution_time_ms: { key: 'execution_time_ms', of: 'number' },
    execution_duration: { key: 'execution_time_ms', of: 'number' },
    end_time: { key: 'end_time_ms', of: 'number' },
    end_time_ms: { key: 'end_time_ms', of: 'number' },
    experiment_id: { key: 'experiment_id', of: 'number' },
  },
};

export interface TraceSearch {
  /** Ids in the database, of experiments that the caller may see. */
  experiments: readonly number[];
  filter: string;
  orderBy: readonly string[];
  limit: number;
  after: string | undefined;
}

export async function searchTraces(
  sql: Sql,
  { experiments, filter, orderBy, limit, after }: TraceSearch,
): Promise<{ ids: number[]; next: string | undefined }> {
  const [conditions, orders] = told(() => [
    readFilter(filter, traceVocabulary),
    orderBy.map((text) => readOrder(text, traceVocabulary)),
  ]);
  if (experiments.length === 0) return { ids: [], next: undefined };
  const keys: SortKey[] = [
    ...orders.flatMap(({ entity, key, descending }): SortKey[] => {
      if (entity !== 'attribute' || key === 'text')
        throw invalidValue(`Traces are sorted by attributes alone, such as timestamp_ms, not by '${entity}.${key}'.`);
      // Never null, so that its index gives the order.
      if (key === 'timestamp_ms') return [{ value: sql`t.at_ms`, type: 'bigint', descending }];
      return traceVocabulary.attributes[key === 'trace_id' ? 'request_id' : key]?.of === 'number'
        ? sortedByNumber(sql, attributeOf(sql, key), descending)
        : sortedByText(sql, attributeOf(sql, key), descending);
    }),
    ...(orders.some(({ key }) => key === 'timestamp_ms')
      ? []
      : [{ value: sql`t.at_ms`, type: 'bigint' as const, descending: true }]),
    { value: sql`t.id`, type: 'bigint', descending: orders[0]?.descending ?? true },
  ];
  const where = [
    inExperiments(sql, sql`t.experiment_id`, experiments),
    ...conditions.map((condition) => holds(sql, condition)),
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
  ];
  const rows = await sql<{ id: string; at: string }[]>`
    select t.id, ${placeIn(sql, keys)} as at from drawloom.logged_trace t
    where ${all(sql, where)} order by ${inOrder(sql, keys)} limit ${limit + 1}`;
  const { page, next } = nextPage(rows, limit);
  return { ids: page.map(({ id }) => Number(id)), next };
}

function attributeOf(sql: Sql, key: string): Fragment {
  const pair = (of: string, name: string) =>
    sql`(select p.value from drawloom.logged_trace_pair p where p.trace_id = t.id and p.of = ${of} and p.key = ${name})`;
  switch (key) {
    case 'trace_id':
      return sql`t.uuid`;
    case 'status':
      return sql`t.state`;
    case 'client_request_id':
      return sql`t.client_request_id`;
    case 'timestamp_ms':
      return sql`t.at_ms`;
    case 'execution_time_ms':
      return sql`t.duration_ms`;
    case 'end_time_ms':
      return sql`(t.at_ms + t.duration_ms)`;
    case 'experiment_id':
      return sql`t.experiment_id`;
    case 'name':
      return pair('tag', 'mlflow.traceName');
    case 'prompt':
      return pair('tag', 'mlflow.linkedPrompts');
    default:
      return pair('metadata', 'mlflow.sourceRun');
  }
}

function holds(sql: Sql, condition: Condition): Fragment {
  const { entity, key } = condition;
  switch (entity) {
    case 'attribute': {
      if (key === 'text') return span(sql, condition, sql`s.content`);
      // What is asked of a pair goes by its index.
      if (key === 'name') return pair(sql, { ...condition, key: 'mlflow.traceName' }, 'tag');
      if (key === 'prompt') return prompted(sql, condition);
      if (key === 'run_id') return ofRun(sql, condition);
      const numeric = ['timestamp_ms', 'execution_time_ms', 'end_time_ms', 'experiment_id'].includes(key);
      return compared(sql, attributeOf(sql, key), condition, numeric ? 'bigint' : 'text');
    }
    case 'tag':
    case 'metadata':
      return pair(sql, condition, entity);
    case 'span':
      return span(sql, condition, spanPart(sql, key));
    default:
      return assessed(sql, condition);
  }
}

function pair(sql: Sql, condition: Condition, of: 'tag' | 'metadata'): Fragment {
  const { comparator, value } = condition;
  const one = sql`from drawloom.logged_trace_pair p where p.trace_id = t.id and p.of = ${of} and p.key = ${condition.key}`;
  if (comparator === 'IS NULL') return sql`not exists (select ${one})`;
  if (comparator === 'IS NOT NULL') return sql`exists (select ${one})`;
  const holds = compared(sql, sql`p.value`, condition, 'text');
  return comparator === '='
    ? sql`exists (select ${one} and ${beginningOf(sql, sql`p.value`)} = left(${value as string}::text, 250) and ${holds})`
    : sql`exists (select ${one} and ${holds})`;
}

/** A trace belongs to the run in which it was made, and to those that it was linked to. */
function ofRun(sql: Sql, condition: Condition): Fragment {
  const made = pair(sql, { ...condition, key: 'mlflow.sourceRun' }, 'metadata');
  if (condition.comparator !== '=' && condition.comparator !== 'IN') return made;
  return sql`(${made} or exists (
    select from drawloom.logged_trace_run l join drawloom.tracked_run r on r.id = l.tracked_id
    where l.trace_id = t.id and ${compared(sql, sql`r.uuid`, condition, 'text')}))`;
}

/** Asked for as `name/version`, among all that a trace was linked to. */
function prompted(sql: Sql, { comparator, value }: Condition): Fragment {
  const [, name, version] = /^(.+)\/([^/]+)$/s.exec(String(value)) ?? [];
  if (comparator !== '=' || !name || !version)
    throw invalidValue("A prompt is asked for by its name and version: prompt = 'name/1'.");
  const wanted = JSON.stringify([{ name, version }]);
  return sql`exists (select from drawloom.logged_trace_pair p where p.trace_id = t.id and p.of = 'tag' and p.key = 'mlflow.linkedPrompts'
    and case when p.value is json array then p.value::jsonb @> ${wanted}::text::jsonb else false end)`;
}

function spanPart(sql: Sql, key: string): Fragment {
  if (key === 'name') return sql`s.name`;
  if (key === 'type') return sql`s.type`;
  return key === 'status' ? sql`s.status` : sql`s.content`;
}

const span = (sql: Sql, condition: Condition, part: Fragment): Fragment =>
  sql`exists (select from drawloom.logged_span s where s.trace_id = t.id and ${compared(sql, part, condition, 'text')})`;

function assessed(sql: Sql, condition: Condition): Fragment {
  const { entity, key, comparator, value } = condition;
  const one = sql`from drawloom.logged_assessment a where a.trace_id = t.id and a.valid and a.kind = ${entity} and a.name = ${key}`;
  if (comparator === 'IS NULL') return sql`not exists (select ${one})`;
  if (comparator === 'IS NOT NULL') return sql`exists (select ${one})`;
  const holds =
    typeof value === 'number'
      ? sql`case when jsonb_typeof(a.value) = 'number' then ${compared(sql, sql`(a.value #>> '{}')::float8`, condition, 'float8')} else false end`
      : compared(sql, sql`(a.value #>> '{}')`, condition, 'text');
  return sql`exists (select ${one} and ${holds})`;
}
