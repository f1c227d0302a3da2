/** Decides how a wanted run is started, once, and what is kept when none could be. */
import type { TriggerKind } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { withNominal } from '@drawloom/shared/trigger/nominal.ts';
import { isClock, type Occasion, timeZoneOf } from '@drawloom/shared/trigger/occasion.ts';
import type { Sql } from '../db/connection.ts';
import type { RunCause } from '../record/runs.ts';
import { pauseAfterFailure } from './deciding.ts';
import type { FireJob } from './enqueue.ts';
import { rightsLost, stopForRights } from './rights.ts';

/** How a trigger starts its pipeline; the key makes a second call answer the first one's run. */
export type LaunchByTrigger = (wanted: {
  pipelineId: string;
  version: number | undefined;
  parameters: Record<string, Json>;
  given?: Record<string, Record<string, Json>>;
  trigger: TriggerKind;
  cause: RunCause;
  idempotencyKey: string;
  reuse: boolean;
  projectId: string;
  /** Whom it acts for. */
  actor: string | null;
  /** The actions of the token that it was saved with; null for all that the person has. */
  within: readonly string[] | null;
}) => Promise<{ run: number } | { problems: Problem[] }>;

/** Starts the run of a fire, or keeps the reason why none could be started. Doing it twice does no harm. */
export async function carryOutFire(sql: Sql, launch: LaunchByTrigger, { fire }: FireJob): Promise<void> {
  const [row] = await sql`
    select f.trigger_id, f.run_set_id, f.attempt, f.parameters as taken, extract(epoch from f.nominal_at) * 1000 as nominal_ms, w.*
    from drawloom.fire f
    cross join lateral (
      select t.project_id, t.pipeline_id, t.spec, t.parameters, t.version, t.acts_for as actor, t.acts_within as within, t.id as cause, true as reuse
      from drawloom.trigger t where t.id = f.trigger_id
      union all
      select s.project_id, s.pipeline_id, s.spec, s.parameters, s.version, s.created_by, null, s.trigger_id, s.reuse
      from drawloom.run_set s where s.id = f.run_set_id
    ) w
    where f.id = ${fire} and f.state = 'launching'`;
  if (!row) return; // removed meanwhile, or done before
  const nominal = Number(row.nominal_ms);
  const result = await launch({
    pipelineId: row.pipeline_id,
    version: row.version ?? undefined,
    parameters: row.taken ?? withNominal(row.parameters, nominal, timeZoneOf(row.spec as Occasion)),
    trigger: row.run_set_id === null ? causeOf(row.spec as Occasion) : 'backfill',
    cause: {
      trigger: row.cause,
      nominalAt: new Date(nominal).toISOString(),
      ...(row.run_set_id !== null && { runSet: row.run_set_id }),
    },
    idempotencyKey: `fire ${fire} ${row.attempt}`,
    reuse: row.reuse,
    projectId: row.project_id,
    actor: row.actor,
    within: row.within,
  });
  if ('run' in result)
    await sql`
      update drawloom.fire set state = 'started', run_id = ${result.run}::bigint, started_at = now()
      where id = ${fire} and state = 'launching' and attempt = ${row.attempt}`;
  else
    await sql.begin(async (tx) => {
      await tx`
        update drawloom.fire set state = 'refused', problems = ${JSON.stringify(result.problems)}::text::jsonb, ended_at = now()
        where id = ${fire} and state = 'launching' and attempt = ${row.attempt}`;
      if (row.trigger_id !== null && result.problems.some(({ code }) => code === rightsLost.code))
        await stopForRights(tx, row.trigger_id);
      else if (row.trigger_id !== null) await pauseAfterFailure(tx, row.trigger_id, null);
    });
}

const causeOf = (on: Occasion): TriggerKind => (isClock(on) ? 'schedule' : on.kind);
