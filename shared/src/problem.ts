/** Decides how a user's mistake is told: what is wrong, where, and what to do now. */
import * as z from 'zod';

export const Problem = z.object({
  code: z.string().meta({ description: 'Stable name of the kind of problem, for programs.' }),
  message: z.string().meta({ description: 'What is wrong and what to do now, for people.' }),
  at: z.string().meta({ description: 'JSON pointer to the place; empty when it concerns the whole.' }),
  severity: z.enum(['error', 'warning']),
  node: z.string().optional(),
  edge: z.string().optional(),
  line: z.int().optional().meta({ description: 'Line in the node’s code, from 1.' }),
  column: z.int().optional(),
  instead: z.string().optional().meta({ description: 'The name that was probably meant, for one that is not there.' }),
});
export type Problem = z.infer<typeof Problem>;

/** The body of every answer that is not a success (RFC 9457, with our own members). Some codes bring further ones, such as what a conflict is with. */
export const ProblemBody = z
  .looseObject({
    code: z.string(),
    message: z.string(),
    at: z.string(),
    status: z.int(),
    problems: z.array(Problem).optional(),
    requestId: z.string().optional().meta({ description: 'Of a 500: what the log of the server tells more under.' }),
  })
  .meta({ id: 'ProblemBody' });
export type ProblemBody = z.infer<typeof ProblemBody>;
