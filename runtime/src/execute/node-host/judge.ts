/**
 * Decides what a query reads, by DuckDB's own parse of it: the judge over the quick reading in `shared/src/signature/sql.ts`.
 * Lies beside the host, since the sandbox binds this folder and the child asks before it runs anything.
 */
import type { DuckDBConnection } from '@duckdb/node-api';

export interface Verdict {
  /** Tables the query names that no CTE in scope stands for, in order of appearance, as first written. */
  tables: string[];
  /** Names with a schema or a catalog in front. */
  qualified: string[];
  functions: string[];
  error?: { message: string; position?: number; several?: boolean };
}

interface Tree {
  [key: string]: unknown;
}

export async function judge(connection: DuckDBConnection, sql: string): Promise<Verdict> {
  const reader = await connection.runAndReadAll(
    'select json_serialize_sql($1::varchar, skip_null := true, skip_empty := true)',
    [sql],
  );
  const tree = JSON.parse(String(reader.getRows()[0]![0])) as Tree;
  const verdict: Verdict = { tables: [], qualified: [], functions: [] };
  if (tree.error) {
    const position = tree.position === undefined ? undefined : Number(tree.position);
    return { ...verdict, error: { message: String(tree.error_message), ...(position !== undefined && { position }) } };
  }
  const statements = tree.statements as Tree[];
  if (statements.length !== 1)
    return {
      ...verdict,
      error: { message: 'A SQL node is one SELECT, and this holds several statements.', several: true },
    };
  const found: { name: string; at: number }[] = [];
  walk(statements[0], new Set(), verdict, found);
  found.sort((a, b) => a.at - b.at);
  const seen = new Set<string>();
  for (const { name } of found) {
    if (!seen.has(name.toLowerCase())) verdict.tables.push(name);
    seen.add(name.toLowerCase());
  }
  return verdict;
}

function walk(
  value: unknown,
  scope: ReadonlySet<string>,
  verdict: Verdict,
  found: { name: string; at: number }[],
): void {
  if (Array.isArray(value)) {
    for (const member of value) walk(member, scope, verdict, found);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const node = value as Tree;
  let names = scope;
  if (node.type === 'RECURSIVE_CTE_NODE') names = new Set([...names, String(node.cte_name).toLowerCase()]);
  const ctes = ((node.cte_map as Tree | undefined)?.map as Tree[] | undefined) ?? [];
  for (const cte of ctes) {
    walk(cte.value, names, verdict, found);
    names = new Set([...names, String(cte.key).toLowerCase()]);
  }
  if (node.type === 'BASE_TABLE') {
    const name = String(node.table_name);
    if (node.schema_name || node.catalog_name)
      verdict.qualified.push([node.catalog_name, node.schema_name, name].filter(Boolean).join('.'));
    else if (!names.has(name.toLowerCase())) found.push({ name, at: Number(node.query_location ?? 0) });
  }
  if (node.type === 'TABLE_FUNCTION')
    verdict.functions.push(String((node.function as Tree).function_name).toLowerCase());
  for (const [key, member] of Object.entries(node)) if (key !== 'cte_map') walk(member, names, verdict, found);
}
