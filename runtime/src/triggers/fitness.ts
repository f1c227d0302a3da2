/** Decides whether what is to start a pipeline by itself can ever do so: its times, its version, its parameters. */
import { type Json, pointer } from '@drawloom/shared/json.ts';
import { bindPipeline } from '@drawloom/shared/pipeline/checks.ts';
import type { PipelineParameter } from '@drawloom/shared/pipeline/document.ts';
import { upgradeDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { BodyValue, isFromBody, withBody } from '@drawloom/shared/trigger/message.ts';
import { isNominal, NominalValue, withNominal } from '@drawloom/shared/trigger/nominal.ts';
import { isClock, type Occasion, timeZoneOf } from '@drawloom/shared/trigger/occasion.ts';
import type { Clock } from '@drawloom/shared/trigger/when.ts';
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { pipelines, pipelineVersions } from '../db/tables/pipelines.ts';
import { catalog } from '../nodes/catalog.ts';
import { checkClock, timesOf } from './clock/times.ts';
import { dataProblems } from './dataFitness.ts';
import { sensorProblems } from './sensorFitness.ts';

/** What time it is, by the one clock that counts. */
export async function databaseNow(db: Tx): Promise<Date> {
  const [row] = await db.execute<{ ms: string }>(sql`select extract(epoch from now()) * 1000 as ms`);
  return new Date(Math.floor(Number(row!.ms)));
}

export interface Start {
  version: number | null;
  parameters: Record<string, Json>;
}

export async function triggerProblems(
  db: Tx,
  pipelineId: string,
  { on, ...start }: Start & { on: Occasion },
  now: Date,
): Promise<Problem[]> {
  if (on.kind === 'data')
    return [...(await dataProblems(db, pipelineId, on)), ...(await messageProblems(db, pipelineId, start, now))];
  if (on.kind === 'sensor')
    return [...sensorProblems(on, catalog), ...(await messageProblems(db, pipelineId, start, now, true))];
  if (!isClock(on)) return messageProblems(db, pipelineId, start, now);
  const problems = clockProblems(on, now);
  const sample = problems.length === 0 ? timesOf(on).next(now.getTime()) : null;
  return [...problems, ...(await startProblems(db, pipelineId, start, sample, on.timeZone))];
}

/** What is wrong before any message came. What messages will hold is judged when they do. */
async function messageProblems(
  db: Tx,
  pipelineId: string,
  { version, parameters }: Start,
  now: Date,
  /** What is not given here may come with each run, as a sensor gives it. */
  mayCome = false,
): Promise<Problem[]> {
  const declared = await declaredParameters(db, pipelineId, version);
  if ('problems' in declared) return declared.problems;
  const problems = [...nominalProblems(parameters), ...bodyProblems(parameters)];
  if (problems.length > 0) return problems;
  const bound = bindPipeline(declared.parameters, withNominal(parameters, now.getTime(), 'UTC'));
  if (!('problems' in bound)) return [];
  return bound.problems
    .filter(({ code }) => !mayCome || code !== 'parameter_missing')
    .filter(({ code, at }) => code === 'parameter_unknown' || !isFromBody(parameters[nameAt(at)]));
}

/** The parameters that a message gives a run, or what of it does not fit, with the place in the message. */
export async function messageParameters(
  db: Tx,
  trigger: Start & { pipelineId: string; spec: Occasion },
  body: Json,
  now: Date,
): Promise<{ values: Record<string, Json> } | { problems: Problem[] }> {
  const { pipelineId, version, parameters, spec } = trigger;
  const declared = await declaredParameters(db, pipelineId, version);
  if ('problems' in declared) return declared;
  const fixed = withNominal(parameters, now.getTime(), timeZoneOf(spec));
  const given = withBody(fixed, body);
  const bound = bindPipeline(declared.parameters, given);
  if (!('problems' in bound)) return { values: given };
  return {
    problems: bound.problems.map((problem) => {
      const name = nameAt(problem.at);
      const value = parameters[name];
      if (!isFromBody(value)) return problem;
      const at = BodyValue.parse(value).$body;
      if (problem.code !== 'parameter_missing') return { ...problem, at };
      return {
        ...problem,
        at,
        message: `The message has nothing at ${at}, where the parameter "${name}" is taken from.`,
      };
    }),
  };
}

const nameAt = (at: string): string => at.split('/')[2] ?? '';

export const clockProblems = (on: Clock, now: Date): Problem[] =>
  checkClock(on, now).map((problem) => ({ ...problem, at: `/on${problem.at}` }));

/** What is wrong with the version and the parameters, with those filled in that come from a nominal time. */
export async function startProblems(
  db: Tx,
  pipelineId: string,
  { version, parameters }: Start,
  sample: number | null,
  timeZone: string,
): Promise<Problem[]> {
  const declared = await declaredParameters(db, pipelineId, version);
  if ('problems' in declared) return declared.problems;
  const problems = [...nominalProblems(parameters), ...bodiless(parameters)];
  if (problems.length > 0 || sample === null) return problems;
  const bound = bindPipeline(declared.parameters, withNominal(parameters, sample, timeZone));
  return 'problems' in bound ? bound.problems : [];
}

/** The parameters of the drawing, or of the version that is to run. */
async function declaredParameters(
  db: Tx,
  pipelineId: string,
  version: number | null,
): Promise<{ parameters: Record<string, PipelineParameter> } | { problems: Problem[] }> {
  const [row] =
    version === null
      ? await db.select({ document: pipelines.document }).from(pipelines).where(eq(pipelines.id, pipelineId))
      : await db
          .select({ document: pipelineVersions.document })
          .from(pipelineVersions)
          .where(and(eq(pipelineVersions.pipelineId, pipelineId), eq(pipelineVersions.number, version)));
  if (!row)
    return {
      problems: [
        {
          code: 'no_version',
          message: `The pipeline has no version ${version}. Choose one that it has, or leave it out to run the drawing as it is saved.`,
          at: '/version',
          severity: 'error',
        },
      ],
    };
  const read = upgradeDocument(row.document as unknown as Json);
  return 'problems' in read ? read : read.document;
}

function nominalProblems(given: Record<string, Json>): Problem[] {
  return Object.entries(given).flatMap(([name, value]): Problem[] => {
    const read = isNominal(value) ? NominalValue.safeParse(value) : null;
    if (!read || read.success) return [];
    const why = read.error.issues[0]!.message;
    return [
      {
        code: 'nominal_invalid',
        message: `The parameter "${name}" is no part of the nominal time: ${why}. {"$nominal": "date"} is its date.`,
        at: pointer('parameters', name),
        severity: 'error',
      },
    ];
  });
}

function bodyProblems(given: Record<string, Json>): Problem[] {
  return Object.entries(given).flatMap(([name, value]): Problem[] => {
    const read = isFromBody(value) ? BodyValue.safeParse(value) : null;
    if (!read || read.success) return [];
    return [
      {
        code: 'body_invalid',
        message: `The parameter "${name}" names no place in the message: ${read.error.issues[0]!.message}`,
        at: pointer('parameters', name),
        severity: 'error',
      },
    ];
  });
}

/** What comes at a time brings no message to take anything from. */
const bodiless = (given: Record<string, Json>): Problem[] =>
  Object.entries(given)
    .filter(([, value]) => isFromBody(value))
    .map(([name]) => ({
      code: 'no_message',
      message: `The parameter "${name}" is to come from a message, and a time brings none. Give it a value, or a part of the time: {"$nominal": "date"}.`,
      at: pointer('parameters', name),
      severity: 'error',
    }));
