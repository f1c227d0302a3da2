/** The route that says how many rows each output has, and how many it had in the last run before that went well. */
import * as z from 'zod';
import { RunPath, route } from './contract.ts';

export const RowChange = z
  .object({
    node: z.string(),
    port: z.string(),
    rows: z.int().meta({ description: 'Of all artifacts of the output together.' }),
    before: z
      .object({ run: z.int(), rows: z.int() })
      .nullable()
      .meta({ description: 'The newest earlier run of the pipeline that succeeded and had this output. Null: none.' }),
  })
  .meta({ id: 'RowChange' });
export type RowChange = z.infer<typeof RowChange>;

export const getRowChanges = route('get /runs/{run}/rows', {
  summary: 'Rows of each output that is a table, and how many there were in the last run before that succeeded',
  action: 'project.view',
  scope: 'run',
  params: RunPath,
  answer: z.object({ outputs: z.array(RowChange) }),
});
