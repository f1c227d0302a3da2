/** Decides what a read-file node is: one file of the project, pinned by its digest, as a table. */
import * as z from 'zod';
import { choice, defineNodeType } from '../define.ts';

export const definition = defineNodeType({
  type: 'read-file',
  version: 1,
  title: 'Read file',
  summary: 'CSV, Parquet or JSON as a table',
  description: `Reads **one file** of the project's data folder, or one that was uploaded, as a table.

The file is pinned by its content when a run starts: the run records exactly which bytes it read, and the node runs again only when they change.

- **CSV**: delimiter, quotes, header and types are found by looking at the file; set what is found wrong. Types are checked over the whole file.
- **Parquet** keeps the types it has. **JSON** is a list of objects, or one object per line.
- Compressed files (gzip, zstd) are read as they are. Memory stays bounded whatever the size.

**Columns** and the **date window** keep only what is needed, and for Parquet nothing else is even read.`,
  category: 'data',
  icon: 'file',
  language: 'typescript',
  code: 'own',
  outputs: [{ name: 'table', kind: 'table', label: 'Table' }],
  columns: { table: [{ file: 'file' }, { keep: 'columns' }] },
  parameters: z.strictObject({
    file: z
      .string()
      .min(1)
      .meta({ title: 'File', description: 'A file of the data folder, or an upload.', widget: 'file' }),
    format: choice('Format', { auto: 'By its content', csv: 'CSV', parquet: 'Parquet', json: 'JSON' }).default('auto'),
    columns: z.array(z.string().min(1)).default([]).meta({
      title: 'Columns',
      description: 'Only these, in this order; all when empty.',
      group: 'Rows and columns',
    }),
    dateColumn: z
      .string()
      .default('')
      .meta({ title: 'Date column', description: 'What the window looks at.', group: 'Rows and columns' }),
    from: z.iso.date().nullable().default(null).meta({
      title: 'From',
      description: 'First day of the window, included.',
      group: 'Rows and columns',
    }),
    until: z.iso.date().nullable().default(null).meta({
      title: 'Until',
      description: 'The day after the last one.',
      group: 'Rows and columns',
    }),
    delimiter: choice('Delimiter', { auto: 'By its content', ',': 'Comma', ';': 'Semicolon', '\t': 'Tab', '|': 'Bar' })
      .default('auto')
      .meta({ title: 'Delimiter', group: 'CSV', advanced: true }),
    header: choice('First row', { auto: 'By its content', yes: 'Holds the names', no: 'Is data' })
      .default('auto')
      .meta({ title: 'First row', group: 'CSV', advanced: true }),
    encoding: choice('Encoding', {
      auto: 'UTF-8, or by its mark',
      'utf-8': 'UTF-8',
      'latin-1': 'Latin-1 (Western)',
      'utf-16': 'UTF-16',
    })
      .default('auto')
      .meta({ title: 'Encoding', group: 'CSV', advanced: true }),
    decimal: choice('Decimal mark', { '.': 'Point: 1.5', ',': 'Comma: 1,5' })
      .default('.')
      .meta({ title: 'Decimal mark', group: 'CSV', advanced: true }),
    nulls: z.array(z.string()).default(['', 'NA', 'NULL']).meta({
      title: 'Missing values',
      description: 'Texts that stand for no value.',
      group: 'CSV',
      advanced: true,
    }),
    text: z.boolean().default(false).meta({
      title: 'Everything as text',
      description: 'Keep every column as it is written.',
      group: 'CSV',
      advanced: true,
    }),
    badRows: choice('Broken rows', { fail: 'Stop and say where', skip: 'Leave out and count' })
      .default('fail')
      .meta({ title: 'Broken rows', group: 'CSV', advanced: true }),
  }),
  card: ['file', 'from', 'until'],
  reusable: true,
});
