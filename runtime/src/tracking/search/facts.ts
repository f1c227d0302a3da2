/**
 * Decides what a run is searched by: its own columns, and the facts beside it (numbers, parameters, tags, data sets), each of which has an
 * index by experiment, name and value. A comparison is either asked of one run after the other, or names by itself the runs that fit.
 */
import type { Condition, Entity, Vocabulary } from '@drawloom/shared/tracking/search.ts';
import type { Sql } from '../../db/connection.ts';
import { all, compared, type Fragment } from './question.ts';

export const attributes: Vocabulary['attributes'] = {
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

export function attributeOf(sql: Sql, key: string): Fragment {
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

/** What is kept as one row per run and name. */
export type Fact = Extract<Entity, 'metric' | 'parameter' | 'tag'>;
export const isFact = (entity: Entity): entity is Fact =>
  entity === 'metric' || entity === 'parameter' || entity === 'tag';

export function factTable(sql: Sql, fact: Fact): Fragment {
  switch (fact) {
    case 'metric':
      return sql`drawloom.tracked_latest`;
    case 'parameter':
      return sql`drawloom.tracked_parameter`;
    case 'tag':
      return sql`drawloom.tracked_tag`;
  }
}

/** The expression of the index; a long text counts by how it begins. */
export const beginningOf = (sql: Sql, value: Fragment): Fragment => sql`left(${value}, 250) collate "C"`;
const beginningChars = 250;

export const inExperiments = (sql: Sql, column: Fragment, experiments: readonly number[]): Fragment =>
  sql`${column} = any(${`{${experiments.join(',')}}`}::text::bigint[])`;

/** The comparison alone, of the fact `x`, in words that its index knows. */
export function holdsOf(sql: Sql, condition: Condition): Fragment {
  const { entity, comparator, value } = condition;
  if (entity === 'metric') return sql`${compared(sql, sql`x.value`, condition, 'float8')} and x.value < 'NaN'::float8`;
  const exactly = compared(sql, sql`x.value`, condition, 'text');
  if (comparator === '=')
    return sql`${beginningOf(sql, sql`x.value`)} = left(${value as string}::text, 250) and ${exactly}`;
  if (comparator !== 'LIKE') return exactly;
  const fixed = /^[^%_]{0,250}/.exec(value as string)![0];
  if (fixed === '' || fixed.length >= beginningChars) return exactly;
  // As a range, so that the index is used whatever the pattern goes on with.
  return sql`${beginningOf(sql, sql`x.value`)} >= ${fixed}::text and ${beginningOf(sql, sql`x.value`)} < ${fixed}::text || chr(1114111) and ${exactly}`;
}

/** Asked of one run after the other: never a join, so that the order in which runs are walked through stays. */
export function probe(sql: Sql, condition: Condition): Fragment {
  const { entity, key, comparator } = condition;
  if (isFact(entity)) {
    const one = sql`from ${factTable(sql, entity)} x where x.tracked_id = r.id and x.key = ${key}`;
    if (comparator === 'IS NULL') return sql`(select true ${one}) is null`;
    if (comparator === 'IS NOT NULL') return sql`(select true ${one})`;
    return sql`(select ${holdsOf(sql, condition)} ${one})`;
  }
  if (entity === 'dataset')
    return sql`(select true from drawloom.tracked_input x join drawloom.dataset d on d.id = x.dataset_id
      where x.tracked_id = r.id and ${dataSetHolds(sql, condition)} limit 1)`;
  return compared(sql, attributeOf(sql, key), condition, attributes[key]!.of === 'number' ? 'bigint' : 'text');
}

function dataSetHolds(sql: Sql, condition: Condition): Fragment {
  const value = { name: sql`d.name`, digest: sql`d.digest`, context: sql`x.tags ->> 'mlflow.data.context'` };
  return compared(sql, value[condition.key as keyof typeof value], condition, 'text');
}

/** Comparisons of one thing: all of them hold together or not. Of data sets a run may have several, so each stands for itself. */
export const byThing = (conditions: readonly Condition[]): Condition[][] => [
  ...Map.groupBy(conditions, ({ entity, key, at }) => `${entity} ${key} ${entity === 'dataset' ? at : ''}`).values(),
];

/** The ids of the runs for which comparisons of one thing hold, each once; undefined when no index answers any of them. */
export function matching(
  sql: Sql,
  experiments: readonly number[],
  conditions: readonly Condition[],
): Fragment | undefined {
  const { entity, key } = conditions[0]!;
  if (!conditions.some(isSought)) return undefined;
  if (isFact(entity)) {
    const held = conditions.filter(({ comparator }) => comparator !== 'IS NOT NULL').map((one) => holdsOf(sql, one));
    return sql`select x.tracked_id as id from ${factTable(sql, entity)} x
      where ${all(sql, [inExperiments(sql, sql`x.experiment_id`, experiments), sql`x.key = ${key}`, ...held])}`;
  }
  if (entity === 'dataset')
    return sql`select distinct x.tracked_id as id from drawloom.dataset d join drawloom.tracked_input x on x.dataset_id = d.id
      where ${all(sql, [inExperiments(sql, sql`d.experiment_id`, experiments), ...conditions.map((one) => dataSetHolds(sql, one))])}`;
  return sql`select r.id from drawloom.tracked_run r
    where ${all(sql, [inExperiments(sql, sql`r.experiment_id`, experiments), ...conditions.map((one) => probe(sql, one))])}`;
}

/** Whether an index leads to what fits. */
function isSought({ entity, key, comparator, value }: Condition): boolean {
  switch (entity) {
    case 'metric':
      return comparator !== '!=';
    case 'parameter':
    case 'tag':
      return comparator === '=' || (comparator === 'LIKE' && !/^[%_\\]/.test(String(value)));
    case 'dataset':
      return true;
    case 'attribute':
      return (
        (key === 'run_id' && (comparator === '=' || comparator === 'IN')) || (key === 'run_name' && comparator === '=')
      );
    default:
      return false; // no word of runs
  }
}
