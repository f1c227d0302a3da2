/** Decides what a TypeScript node is: an exported function that the node carries, whose signature gives ports and form. */
import { defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'typescript',
  version: 1,
  title: 'TypeScript',
  summary: 'A function of your own in TypeScript',
  description: `Runs **the default export**, or else the function exported last.

- Positional parameters are **input ports**; their type is the kind: \`Table\`, \`Model\`, \`Metrics\`, \`Figure\`, \`Document\`, \`File\`, \`Folder\`, or any plain type for a value. \`Table[]\` takes several edges, \`weather?: Table\` may stay unconnected.
- The members of a last object parameter are **fields of the form**: \`{ rate = 0.1 }: { rate?: number }\`.
- The return type names the **outputs**: \`Table\`, \`[Table, Metrics]\`, or \`{ train: Table; test: Table }\`.

Tables stay on disk: \`for await (const row of table.rows())\` streams them, \`table.sql('select … from this')\` queries them with DuckDB. Types are only taken away, so enums and namespaces are not available; Node's own modules are.`,
  category: 'code',
  icon: 'typescript',
  language: 'typescript',
  code: 'user',
  template: `import type { Table } from 'drawloom';

export default async function transform(table: Table, { limit = 1000 }: { limit?: number }): Promise<Table> {
  return table.sql('select * from this limit $limit', { limit });
}
`,
  reusable: true,
});
