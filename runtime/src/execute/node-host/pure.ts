/**
 * Decides which table functions read nothing from outside. The same list as in the shared reading of SQL, which the sandbox
 * does not bind; judge.test.ts holds them equal.
 */
export const pureTableFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'range',
  'generate_series',
  'generate_subscripts',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
]);
