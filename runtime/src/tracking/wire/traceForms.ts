/** Decides how traces and assessments are written on the wire, and read from it: times as text, durations in seconds, messages by name. */
import type { Json } from '@drawloom/shared/json.ts';
import * as z from 'zod';
import type { Assessment, NewAssessment } from '../traces/assessments.ts';
import { cut, storedPairs } from '../traces/pairs.ts';
import type { ToldTrace, TraceInfo } from '../traces/records.ts';
import { checkedLength, limits } from './limits.ts';
import { invalidValue } from './mistake.ts';
import { flag, text } from './rpc.ts';

const longestPreview = 10_000;
const longestRationale = 65_535;
const longestContent = 2 ** 20;

const time = z
  .string()
  .regex(
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/,
    'it must be a time as 2026-11-25T16:00:00.125Z',
  )
  .transform((value) => Date.parse(value))
  .refine((ms) => ms >= Date.parse('0001-01-01T00:00:00Z'), 'there is no such time');
const duration = z
  .string()
  .regex(/^-?\d{1,12}(\.\d{1,9})?s$/, 'it must be seconds as "1.5s"')
  .transform((value) => Math.max(0, Math.round(Number(value.slice(0, -1)) * 1000)));
const pairs = z.record(z.string(), text).default({});

export const experimentPlace = z.object({
  type: z.string().default('MLFLOW_EXPERIMENT'),
  mlflow_experiment: z.object({ experiment_id: text }).optional(),
});

/** The experiment that a location names; others, in tables of a cloud, are not ours. */
export function experimentOf({ type, mlflow_experiment: experiment }: z.output<typeof experimentPlace>): string {
  if (!experiment)
    throw invalidValue(
      `Traces are kept in experiments; a location of the type '${type.slice(0, 60)}' is not known here.`,
    );
  return experiment.experiment_id;
}

const Source = z.object({ source_type: z.string().default('HUMAN'), source_id: text.default('default') });
const Content = z.record(z.string(), z.json());
export const AssessmentFields = z.object({
  assessment_id: text.optional(),
  assessment_name: text.optional(),
  trace_id: text.optional(),
  span_id: text.nullish(),
  source: Source.optional(),
  feedback: Content.optional(),
  expectation: Content.optional(),
  issue: Content.optional(),
  rationale: text.nullish(),
  metadata: pairs,
  overrides: text.nullish(),
  valid: flag.default(true),
});
export type AssessmentFields = z.output<typeof AssessmentFields>;

const sources = ['HUMAN', 'LLM_JUDGE', 'AI_JUDGE', 'CODE', 'SOURCE_TYPE_UNSPECIFIED'];

export function checkedAssessmentName(name: string): string {
  if (name === '') throw invalidValue("Missing value for required parameter 'assessment_name'.");
  return checkedLength("assessment's name", name, limits.key);
}

/** What a message of its kind says; a value that the client wrote as text of JSON is read. */
export function checkedContent(kind: 'feedback' | 'expectation', content: Record<string, Json>): Json {
  checkedLength(`${kind} as JSON`, JSON.stringify(content), longestContent);
  const { value, serialized_value: serialized } = content;
  if (value !== undefined && value !== null) return value;
  const written = (serialized as { value?: unknown } | null | undefined)?.value;
  if (typeof written === 'string')
    try {
      return JSON.parse(written) as Json;
    } catch {
      return written;
    }
  if (kind === 'expectation')
    throw invalidValue("An expectation must have a value: give 'expectation.value' or 'expectation.serialized_value'.");
  return null;
}

export function readAssessment(given: AssessmentFields): NewAssessment {
  const { feedback, expectation, source = Source.parse({}) } = given;
  if (given.issue) throw invalidValue('Issues are not kept here. Give feedback or an expectation.');
  if (!feedback === !expectation) throw invalidValue('An assessment has either feedback or an expectation.');
  const kind = feedback ? 'feedback' : 'expectation';
  const content = (feedback ?? expectation)!;
  if (!sources.includes(source.source_type))
    throw invalidValue(`Invalid source type '${source.source_type.slice(0, 60)}'. It is one of ${sources.join(', ')}.`);
  return {
    name: checkedAssessmentName(given.assessment_name ?? ''),
    kind,
    content,
    value: checkedContent(kind, content),
    spanId: given.span_id ? checkedLength('span_id', given.span_id, limits.key) : null,
    sourceType: source.source_type,
    sourceId: checkedLength('source_id', source.source_id, limits.key),
    rationale: given.rationale ? checkedLength('rationale', given.rationale, longestRationale) : null,
    metadata: storedPairs(given.metadata),
    overrides: given.overrides || null,
    valid: given.valid,
  };
}

export const checkedRationale = (rationale: string) => checkedLength('rationale', rationale, longestRationale);

export const wiredAssessment = (one: Assessment) => ({
  assessment_id: one.uuid,
  assessment_name: one.name,
  trace_id: one.trace,
  ...(one.spanId !== null && { span_id: one.spanId }),
  source: { source_type: one.sourceType, source_id: one.sourceId },
  create_time: new Date(one.createdMs).toISOString(),
  last_update_time: new Date(one.updatedMs).toISOString(),
  [one.kind]: one.content,
  ...(one.rationale !== null && { rationale: one.rationale }),
  metadata: one.metadata,
  ...(one.overrides !== null && { overrides: one.overrides }),
  valid: one.valid,
});

export const TraceFields = z.object({
  trace_id: text.default(''),
  client_request_id: text.nullish(),
  trace_location: experimentPlace,
  request_preview: text.nullish(),
  response_preview: text.nullish(),
  request_time: time.default(() => Date.now()),
  execution_duration: duration.nullish(),
  state: z.enum(['STATE_UNSPECIFIED', 'IN_PROGRESS', 'OK', 'ERROR']).default('STATE_UNSPECIFIED'),
  trace_metadata: pairs,
  tags: pairs,
  assessments: z.array(AssessmentFields).default([]),
});

/** The name that a client draws for a trace; it becomes part of addresses. */
export function checkedTraceId(id: string): string {
  if (!/^[A-Za-z0-9][\w.-]{0,249}$/.test(id))
    throw invalidValue(
      `Invalid trace ID: '${id.slice(0, 100)}'. It may hold letters, digits, '_', '-' and '.', at most 250 of them.`,
    );
  return id;
}

export const readTrace = (given: z.output<typeof TraceFields>): ToldTrace => ({
  uuid: checkedTraceId(given.trace_id),
  state: given.state,
  atMs: given.request_time,
  durationMs: given.execution_duration ?? null,
  clientRequestId: given.client_request_id ? cut(given.client_request_id, limits.key) : null,
  requestPreview: given.request_preview == null ? null : cut(given.request_preview, longestPreview),
  responsePreview: given.response_preview == null ? null : cut(given.response_preview, longestPreview),
  tags: storedPairs(given.tags),
  metadata: storedPairs(given.trace_metadata),
});

export const wiredTrace = (trace: TraceInfo) => ({
  trace_id: trace.uuid,
  ...(trace.clientRequestId !== null && { client_request_id: trace.clientRequestId }),
  trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: trace.experiment } },
  ...(trace.requestPreview !== null && { request_preview: trace.requestPreview }),
  ...(trace.responsePreview !== null && { response_preview: trace.responsePreview }),
  request_time: new Date(trace.atMs).toISOString(),
  ...(trace.durationMs !== null && { execution_duration: `${(trace.durationMs / 1000).toFixed(3)}s` }),
  state: trace.state,
  trace_metadata: trace.metadata,
  tags: trace.tags,
  assessments: trace.assessments.map(wiredAssessment),
});
