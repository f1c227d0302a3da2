/** The examples are what a newcomer sees first: they must be sound, and the drawing must say what the files beside it say. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pretty } from '@drawloom/shared/json.ts';
import { checkPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { readDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import { expect, test } from 'vitest';
import { catalog } from '../runtime/src/nodes/catalog.ts';

const folder = path.resolve(import.meta.dirname, '../examples/flights');
const file = (name: string) => readFile(path.join(folder, name), 'utf8');

test('the flights pipeline has no problems, is written canonically, and runs the SQL that lies beside it', async () => {
  const text = await file('pipeline.json');
  const read = readDocument(text);
  if ('problems' in read) throw new Error(read.problems[0]?.message);
  expect(checkPipeline(read.document, catalog)).toEqual([]);
  expect(text).toBe(pretty(read.document));
  for (const node of ['joined', 'features'])
    expect(read.document.nodes[node]?.code?.trim()).toBe((await file(`${node}.sql`)).trim());
});
