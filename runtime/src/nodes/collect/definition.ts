/** Decides what a collect node is: what several gave, as one thing, in their order. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'collect',
  version: 1,
  title: 'Collect',
  summary: 'What several items gave, as one table, list or folder',
  description: `Takes what a node gave **once per item**, or what several nodes gave, and makes one thing of it, in the order of the items.

- **Table**: tables under each other. Their columns have to agree in names and types; whole and broken numbers become broken ones. What differs is told with its column and its item. Columns that some do not have can be filled up with missing values.
- **Table of metrics**: a row per item and a column per metric.
- **List**: values as the members of one.
- **Folder**: files, figures, documents, models and folders, each under the name of its item.

**Column for the item** puts the name of the item beside its rows: the member of the list, or the group. Items that failed, where some may, are not there. From no item at all come an empty list, an empty folder, and no table: what follows is left out.`,
  category: 'transform',
  icon: 'collect',
  language: 'typescript',
  code: 'own',
  inputs: [{ name: 'items', kind: 'any', label: 'What the items gave', many: true }],
  outputs: [
    { name: 'table', kind: 'table', optional: true, when: 'as', is: ['table', 'metrics'] },
    { name: 'list', kind: 'value', optional: true, when: 'as', is: ['list'] },
    { name: 'folder', kind: 'folder', optional: true, when: 'as', is: ['folder'] },
  ],
  columns: { table: [{ take: 'items' }, { add: 'item', type: 'VARCHAR', first: true }] },
  parameters: z.strictObject({
    as: choice('As', {
      table: 'Table',
      metrics: 'Table of metrics',
      list: 'List',
      folder: 'Folder',
    })
      .default('table')
      .meta({ title: 'As' }),
    item: z.string().max(200).default('').meta({
      title: 'Column for the item',
      description: 'Of tables: the name of a column that says which item a row comes from; none when empty.',
    }),
    columns: choice('Columns', {
      same: 'All have the same',
      fill: 'Missing where an item has none',
    })
      .default('same')
      .meta({ title: 'Columns' }),
  }),
  card: ['as', 'item'],
  reusable: true,
});
