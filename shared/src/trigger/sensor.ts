/**
 * Decides what a sensor is: code of its own that is asked every so often whether there is something to run for; and what it may answer.
 * An ask is a run of a pipeline of one node, so that it has the sandbox, the log and the limits of every other node.
 */
import * as z from 'zod';
import { Json, pointer } from '../json.ts';
import { emptyPipeline, ParameterName, type PipelineDocument } from '../pipeline/document.ts';
import type { Problem } from '../problem.ts';
import { signatureOf } from '../signature/index.ts';

export const Sensor = z
  .strictObject({
    kind: z.literal('sensor'),
    language: z.enum(['python', 'typescript']).default('python'),
    code: z
      .string()
      .min(1, 'A sensor needs code. Its function returns {"cursor": …, "runs": [{"key": …}]}.')
      .max(256 * 1024)
      .meta({
        description:
          'A function with the fields `cursor` (what the last ask gave) and `files` (the data folder), each if it wants it.',
      }),
    everySeconds: z
      .int()
      .min(5, 'A sensor is asked every 5 seconds at most.')
      .max(366 * 86_400, 'An interval is 366 days at most.')
      .default(60)
      .meta({ description: 'From the end of one ask to the next.' }),
    timeoutSeconds: z.int().min(1).max(3600).default(60).meta({ description: 'How long one ask may take.' }),
    environment: z.string().max(64).optional().meta({ description: 'Of Python; the default one when absent.' }),
  })
  .meta({ description: 'Code that is asked every so often, and answers with the runs that it wants.' });
export type Sensor = z.infer<typeof Sensor>;

export const mostRuns = 100;
export const longestKey = 200;
export const largestCursor = 10_000;
/** Of a whole answer, in bytes. */
export const largestAnswer = 2 ** 20;

export const WantedRun = z.strictObject({
  key: z.string().min(1, 'it is empty').max(longestKey, `it is longer than ${longestKey} characters`),
  parameters: z.record(ParameterName, Json).default({}),
});
export type WantedRun = z.infer<typeof WantedRun>;

export const Cursor = Json.refine((cursor) => JSON.stringify(cursor).length <= largestCursor, {
  error: `it is longer than ${largestCursor} characters as JSON. Keep the place where the next ask goes on, and not what was seen`,
});

export const Answer = z.strictObject({
  /** Left out: it stays as it is. */
  cursor: Cursor.optional(),
  runs: z
    .array(WantedRun)
    .max(mostRuns, `it holds more than ${mostRuns} runs. Give the first of them, and the others at the next ask`)
    .default([]),
});
export type Answer = z.infer<typeof Answer>;

/** What a sensor answered, or the place in it that is wrong. */
export function readAnswer(given: Json): Answer | { problems: Problem[] } {
  const read = Answer.safeParse(given ?? {});
  if (read.success) return read.data;
  return {
    problems: read.error.issues.map((issue) => {
      const unknown = issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : null;
      const at = pointer(...(issue.path as (string | number)[]));
      return {
        code: 'answer_invalid',
        message: unknown
          ? `The sensor's answer has ${unknown}${at && ` at ${at}`}, which nobody reads. An answer is {"cursor": …, "runs": [{"key": …, "parameters": …}]}.`
          : `${at || 'The whole'} of the sensor's answer is not what it is to be: ${issue.message}. An answer is {"cursor": …, "runs": [{"key": …, "parameters": …}]}.`,
        at,
        severity: 'error' as const,
      };
    }),
  };
}

/** The one node of an ask. */
export const askNode = 'ask';

export function askDocument({ language, code, environment, timeoutSeconds }: Sensor, name: string): PipelineDocument {
  return {
    ...emptyPipeline(name),
    nodes: {
      [askNode]: {
        type: language,
        name: 'Ask',
        parameters: {},
        code,
        reuse: false, // the world may have changed, whatever the code and the cursor
        execution: { timeoutMs: timeoutSeconds * 1000 },
        ...(environment !== undefined && { environment }),
      },
    },
  };
}

/** A file of the data folder, as a sensor is told of it. */
export interface SensedFile {
  name: string;
  sizeBytes: number;
  /** ISO 8601, UTC. */
  changedAt: string;
}

const fieldsOf = ({ language, code }: Pick<Sensor, 'language' | 'code'>) => signatureOf(language, code).parameters;

/** Whether its code wants to hear of the files of the data folder. */
export const wantsFiles = (sensor: Sensor): boolean =>
  Object.hasOwn((fieldsOf(sensor).properties as object | undefined) ?? {}, 'files');

/** What its function is called with. Before the first answer there is no cursor: the function's own default stands, or null. */
export function askedWith(sensor: Sensor, cursor: Json, files: readonly SensedFile[]): Record<string, Json> {
  const { properties, required } = fieldsOf(sensor);
  const has = (name: string) => Object.hasOwn((properties as object | undefined) ?? {}, name);
  const needs = ((required as string[] | undefined) ?? []).includes('cursor');
  return {
    ...(has('cursor') && (cursor !== null || needs) && { cursor }),
    ...(has('files') && { files: files as unknown as Json }),
  };
}
