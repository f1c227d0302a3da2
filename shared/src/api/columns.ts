/** Routes about columns before anything runs: those that the last good runs gave, and those that a query would give. */
import * as z from 'zod';
import { mostQuestions } from '../columns/flow.ts';
import { Json } from '../json.ts';
import { Column } from '../node-type/ports.ts';
import { PipelinePath, ProjectPath, route } from './contract.ts';

export const SeenTable = z
  .object({
    node: z.string(),
    port: z.string(),
    columns: z.array(Column),
    run: z.int(),
    fingerprint: z.string().meta({
      description: 'Names the node with all before it as it was; with the same name, it still stands as it ran.',
    }),
  })
  .meta({ id: 'SeenTable' });

export const listSeenTables = route('get /pipelines/{pipeline}/tables', {
  summary: 'The columns of the tables that each node last gave',
  action: 'data.read',
  scope: 'pipeline',
  params: PipelinePath,
  answer: z.object({ tables: z.array(SeenTable) }),
});

const Question = z.strictObject({
  query: z.string().max(256 * 1024),
  tables: z
    .record(z.string().max(100), z.array(Column).max(20_000))
    .nullable()
    .meta({ description: 'The columns of its inputs by name; null where they are not known, and it is only read.' }),
  parameters: z.record(z.string().max(100), Json),
});
const Answer = z.union([
  z.object({ columns: z.array(Column) }),
  z.object({
    problem: z.object({
      kind: z.enum(['syntax', 'column', 'other']),
      message: z.string(),
      line: z.int().optional(),
      column: z.int().optional(),
      name: z.string().optional(),
    }),
  }),
  z.object({ unknown: z.string() }),
]);

export const planQueries = route('post /projects/{project}/queries/plan', {
  summary: 'The columns that queries would give, or what is wrong with them; nothing is read',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  body: z.strictObject({ questions: z.array(Question).max(mostQuestions) }),
  changes: false,
  answer: z.object({ answers: z.array(Answer) }),
});
