/** Decides what an assessment of a trace is: what somebody thought of it, or expected of it; one may take the place of another. */
import { randomUUID } from 'node:crypto';
import type { Json } from '@drawloom/shared/json.ts';
import type { TransactionSql } from 'postgres';
import type { Sql } from '../../db/connection.ts';
import { notThere } from '../wire/mistake.ts';

export interface AssessmentText {
  name: string;
  kind: 'feedback' | 'expectation';
  /** The message of its kind as it was sent, and what it says. */
  content: Json;
  value: Json;
  rationale: string | null;
  metadata: Readonly<Record<string, string>>;
}

export interface NewAssessment extends AssessmentText {
  spanId: string | null;
  sourceType: string;
  sourceId: string;
  overrides: string | null;
  valid: boolean;
}

export interface Assessment extends Omit<NewAssessment, 'value'> {
  uuid: string;
  /** The name of its trace outside. */
  trace: string;
  createdMs: number;
  updatedMs: number;
}

export const mostAssessments = 1000;

const noAssessment = (uuid: string, trace: string) =>
  notThere(`Assessment with ID '${uuid.slice(0, 300)}' not found for trace '${trace}'`);

export async function addAssessments(
  sql: Sql,
  trace: { id: number; uuid: string },
  given: readonly NewAssessment[],
): Promise<string[]> {
  return sql.begin(async (tx) => {
    const uuids: string[] = [];
    for (const one of given) {
      if (one.overrides !== null) {
        const { count } =
          await tx`update drawloom.logged_assessment set valid = false where trace_id = ${trace.id} and uuid = ${one.overrides}`;
        if (count === 0) throw noAssessment(one.overrides, trace.uuid);
      }
      const uuid = `a-${randomUUID().replaceAll('-', '')}`;
      await tx`
        insert into drawloom.logged_assessment (trace_id, uuid, name, kind, content, value, span_id, source_type, source_id, rationale, metadata, overrides, valid)
        values (${trace.id}, ${uuid}, ${one.name}, ${one.kind}, ${JSON.stringify(one.content)}::text::jsonb, ${JSON.stringify(one.value)}::text::jsonb,
          ${one.spanId}, ${one.sourceType}, ${one.sourceId}, ${one.rationale}, ${JSON.stringify(one.metadata)}::text::jsonb, ${one.overrides}, ${one.valid})`;
      uuids.push(uuid);
    }
    return uuids;
  });
}

export async function assessmentNamed(
  sql: Sql | TransactionSql,
  trace: { id: number; uuid: string },
  uuid: string,
): Promise<Assessment> {
  const [found] = await sql<{ assessment: string }[]>`
    select jsonb_build_object('uuid', a.uuid, 'trace', ${trace.uuid}::text, 'name', a.name, 'kind', a.kind, 'content', a.content, 'spanId', a.span_id,
      'sourceType', a.source_type, 'sourceId', a.source_id, 'rationale', a.rationale, 'metadata', a.metadata, 'overrides', a.overrides,
      'valid', a.valid, 'createdMs', (extract(epoch from a.created_at) * 1000)::bigint,
      'updatedMs', (extract(epoch from a.updated_at) * 1000)::bigint)::text as assessment
    from drawloom.logged_assessment a where a.trace_id = ${trace.id} and a.uuid = ${uuid}`;
  if (!found) throw noAssessment(uuid, trace.uuid);
  return JSON.parse(found.assessment) as Assessment;
}

/** Changes what is given of it; its kind, its source and its span stay. */
export async function changeAssessment(
  sql: Sql,
  trace: { id: number; uuid: string },
  uuid: string,
  change: Partial<AssessmentText>,
): Promise<void> {
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value));
  const { count } = await sql`
    update drawloom.logged_assessment set name = coalesce(${change.name ?? null}, name), rationale = coalesce(${change.rationale ?? null}, rationale),
      content = coalesce(${json(change.content)}::text::jsonb, content),
      value = case when ${change.content === undefined} then value else ${json(change.value ?? null)}::text::jsonb end,
      metadata = metadata || coalesce(${json(change.metadata)}::text::jsonb, '{}'), updated_at = now()
    where trace_id = ${trace.id} and uuid = ${uuid}`;
  if (count === 0) throw noAssessment(uuid, trace.uuid);
}

/** What it took the place of counts again. That there is none is no mistake. */
export async function deleteAssessment(sql: Sql, trace: number, uuid: string): Promise<void> {
  await sql`
    with gone as (delete from drawloom.logged_assessment where trace_id = ${trace} and uuid = ${uuid} returning overrides)
    update drawloom.logged_assessment a set valid = true from gone where a.trace_id = ${trace} and a.uuid = gone.overrides`;
}
