/** Decides how a project's policy is read. */
import type { RetentionPolicy } from '@drawloom/shared/api/retention.ts';
import type { Sql } from '../db/connection.ts';

export async function policyOf(sql: Sql, project: string): Promise<RetentionPolicy> {
  const [row] = await sql<RetentionPolicy[]>`
    select run_days as "runDays", runs_per_pipeline as "runsPerPipeline", log_days as "logDays", artifact_days as "artifactDays"
    from drawloom.retention_policy where project_id = ${project}::uuid`;
  if (!row) throw new Error(`Project ${project} has no retention policy.`);
  return { ...row };
}
