/** Decides how searches for registered models and their versions become questions to the database. */
import { type Condition, readFilter, readOrder, type Vocabulary } from '@drawloom/shared/tracking/search.ts';
import type { Sql } from '../../db/connection.ts';
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

/** What a prompt is marked with, which is kept as a model and is none. */
const promptTag = 'mlflow.prompt.is_prompt';

export interface RegistrySearch {
  project: string;
  filter: string;
  orderBy: readonly string[];
  limit: number;
  after: string | undefined;
  /** Part of a name, a description or an alias, in any case; for models. */
  text?: string | undefined;
  /** For models: some version is in this stage. */
  stage?: string | undefined;
  /** For versions: only those of this model, by its id in the database. */
  model?: number | undefined;
}
interface Asked {
  vocabulary: Vocabulary;
  table: Fragment;
  id: Fragment;
  attribute(key: string): Fragment;
  tags: Fragment;
  byDefault: SortKey[];
  prompt: Fragment;
  also?: Fragment[];
}

const inMs = (sql: Sql, of: Fragment): Fragment => sql`(extract(epoch from ${of}) * 1000)::bigint`;

export function searchModels(sql: Sql, search: RegistrySearch): Promise<{ ids: number[]; next: string | undefined }> {
  const { text, stage } = search;
  const like = `%${(text ?? '').replaceAll(/[\\%_]/g, (char) => `\\${char}`)}%`;
  const attribute = (key: string): Fragment =>
    key === 'name' ? sql`m.name` : inMs(sql, key === 'creation_timestamp' ? sql`m.created_at` : sql`m.updated_at`);
  return answered(sql, search, {
    vocabulary: {
      entities: ['tag', 'attribute'],
      attributes: {
        name: { key: 'name', of: 'text', list: true },
        creation_timestamp: { key: 'creation_timestamp', of: 'number' },
        last_updated_timestamp: { key: 'last_updated_timestamp', of: 'number' },
        timestamp: { key: 'last_updated_timestamp', of: 'number' },
      },
    },
    table: sql`drawloom.registered_model m`,
    id: sql`m.id`,
    attribute,
    tags: sql`drawloom.registered_model_tag x where x.model_id = m.id`,
    byDefault: [{ value: sql`(m.name collate "C")`, type: 'text', descending: false }],
    prompt: sql`exists (select from drawloom.registered_model_tag p where p.model_id = m.id and p.key = ${promptTag} and p.value = 'true')`,
    also: [
      ...(text
        ? [
            sql`(m.name ilike ${like} or m.description ilike ${like}
              or exists (select from drawloom.model_alias a where a.model_id = m.id and a.alias ilike ${like}))`,
          ]
        : []),
      ...(stage
        ? [sql`exists (select from drawloom.model_version v where v.model_id = m.id and v.stage = ${stage})`]
        : []),
    ],
  });
}

export function searchVersions(sql: Sql, search: RegistrySearch): Promise<{ ids: number[]; next: string | undefined }> {
  const attribute = (key: string): Fragment => {
    switch (key) {
      case 'name':
        return sql`m.name`;
      case 'run_id':
        return sql`r.uuid`;
      case 'source_path':
        return sql`v.source`;
      case 'version_number':
        return sql`v.version::bigint`;
      case 'creation_timestamp':
        return inMs(sql, sql`v.created_at`);
      default:
        return inMs(sql, sql`v.updated_at`);
    }
  };
  return answered(sql, search, {
    vocabulary: {
      entities: ['tag', 'attribute'],
      attributes: {
        name: { key: 'name', of: 'text', list: true },
        run_id: { key: 'run_id', of: 'text', list: true },
        source_path: { key: 'source_path', of: 'text' },
        version_number: { key: 'version_number', of: 'number' },
        version: { key: 'version_number', of: 'number' },
        creation_timestamp: { key: 'creation_timestamp', of: 'number' },
        last_updated_timestamp: { key: 'last_updated_timestamp', of: 'number' },
      },
    },
    table: sql`drawloom.model_version v join drawloom.registered_model m on m.id = v.model_id
      left join drawloom.tracked_run r on r.id = v.tracked_id`,
    id: sql`v.id`,
    attribute,
    tags: sql`drawloom.model_version_tag x where x.version_id = v.id`,
    byDefault: [
      { value: inMs(sql, sql`v.updated_at`), type: 'bigint', descending: true },
      { value: sql`(m.name collate "C")`, type: 'text', descending: false },
      { value: sql`v.version::bigint`, type: 'bigint', descending: true },
    ],
    prompt: sql`exists (select from drawloom.model_version_tag p where p.version_id = v.id and p.key = ${promptTag} and p.value = 'true')`,
    also: search.model === undefined ? [] : [sql`m.id = ${search.model}`],
  });
}

async function answered(
  sql: Sql,
  { project, filter, orderBy, limit, after }: RegistrySearch,
  { vocabulary, table, id, attribute, tags, byDefault, prompt, also = [] }: Asked,
): Promise<{ ids: number[]; next: string | undefined }> {
  const [conditions, orders] = told(() => [
    readFilter(filter, vocabulary),
    orderBy.map((text) => readOrder(text, vocabulary)),
  ]);
  const isNumber = (key: string) => vocabulary.attributes[key]!.of === 'number';
  const holds = (condition: Condition): Fragment => {
    const { entity, key, comparator } = condition;
    if (entity === 'attribute') return compared(sql, attribute(key), condition, isNumber(key) ? 'bigint' : 'text');
    const one = sql`from ${tags} and x.key = ${key}`;
    if (comparator === 'IS NULL') return sql`not exists (select ${one})`;
    if (comparator === 'IS NOT NULL') return sql`exists (select ${one})`;
    // What does not say that it is a prompt is none.
    const unsaid = key === promptTag && (comparator === '=' ? condition.value === 'false' : condition.value === 'true');
    const said = sql`exists (select ${one} and ${compared(sql, sql`x.value`, condition, 'text')})`;
    return unsaid ? sql`(${said} or not exists (select ${one}))` : said;
  };
  const keys: SortKey[] = [
    ...orders.flatMap(({ entity, key, descending }) =>
      entity === 'attribute' && isNumber(key)
        ? sortedByNumber(sql, attribute(key), descending)
        : sortedByText(
            sql,
            entity === 'attribute' ? attribute(key) : sql`(select x.value from ${tags} and x.key = ${key})`,
            descending,
          ),
    ),
    ...byDefault,
    { value: id, type: 'bigint', descending: false },
  ];
  const asksForPrompts = conditions.some(({ entity, key }) => entity === 'tag' && key === promptTag);
  const where = [
    sql`m.project_id = ${project}`,
    ...(asksForPrompts ? [] : [sql`not ${prompt}`]),
    ...conditions.map(holds),
    ...also,
    ...(after === undefined ? [] : [beyond(sql, keys, after)]),
  ];
  const rows = await sql<{ id: string; at: string }[]>`
    select ${id} as id, ${placeIn(sql, keys)} as at from ${table}
    where ${all(sql, where)} order by ${inOrder(sql, keys)} limit ${limit + 1}`;
  const { page, next } = nextPage(rows, limit);
  return { ids: page.map((row) => Number(row.id)), next };
}
