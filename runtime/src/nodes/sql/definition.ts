/** Decides what a SQL node is: a query that the node carries, whose ports and parameters are read from it. */
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'sql',
  version: 1,
  title: 'SQL',
  summary: 'One SELECT over the tables it names',
  description: `Runs **one SELECT** with DuckDB over Parquet.

- Every table that the query names is an **input port**: \`from flights join weather using (origin)\` has the inputs \`flights\` and \`weather\`.
- \`$name\` is a **parameter** with a field in the form. A cast right after it gives the field its type: \`$from::date\`.
- The result is the output **table**.

Names after \`with\` are the query's own and make no port. Files and table functions that read files are refused, since what they read could not be traced: read files with *Read file*. \`random()\` repeats with the node's seed.`,
  category: 'code',
  icon: 'sql',
  language: 'sql',
  code: 'user',
  template: 'select *\nfrom input\n',
  reusable: true,
});
