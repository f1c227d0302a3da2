/** Decides how a wanted run is started, once, and what is kept when none could be. */
import type { TriggerKind } from '@drawloom/shared/api/runs.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { withNominal } from '@drawloom/shared/trigger/nominal.ts';
import type { Clock } from '@drawloom/shared/trigger/when.ts';
import type { Sql } from '../db/connection.ts';
import type { RunCause } from '../record/runs.ts';
import { type FireJob, pauseAfterFailure } from './deciding.ts';

/** How a trigger starts its pipeline; the key makes a second call answer the first one's run. */
export type LaunchByTrigger = (wanted: {
  pipelineId: string;
  version: number | undefined;
  parameters: Record<string, Json>;
  trigger: TriggerKind;
  cause: RunCause;
  idempotencyKey: string;
  /** Who made the trigger. */
  actor: string | null;
}) => Promise<{ run: number } | { problems: Problem[] }>;

/** Starts the run of a fire, or keeps the reason why none could be started. Doing it twice does no harm. */
export async function carryOutFire(sql: Sql, launch: LaunchByTrigger, { fire }: FireJob): Promise<void> {
  const [row] = await sql`
    select f.trigger_id, extract(epoch from f.nominal_at) * 1000 as nominal_ms, t.pipeline_id, t.spec, t.parameters, t.version, t.created_by
    from drawloom.fire f join drawloom.trigger t on t.id = f.trigger_id
    where f.id = ${fire} and f.state = 'launching'`;
  if (!row) return; // removed meanwhile, or done before
  const nominal = Number(row.nominal_ms);
  const result = await launch({
    pipelineId: row.pipeline_id,
    version: row.version ?? undefined,
    parameters: withNominal(row.parameters, nominal, (row.spec as Clock).timeZone),
    trigger: 'schedule',
    cause: { trigger: row.trigger_id, nominalAt: new Date(nominal).toISOString() },
    idempotencyKey: `fire ${fire}`,
    actor: row.created_by,
  });
  if ('run' in result)
    await sql`
      update drawloom.fire set state = 'started', run_id = ${result.run}::bigint, started_at = now()
      where id = ${fire} and state = 'launching'`;
  else
    await sql.begin(async (tx) => {
      await tx`
        update drawloom.fire set state = 'refused', problems = ${JSON.stringify(result.problems)}::text::jsonb, ended_at = now()
        where id = ${fire} and state = 'launching'`;
      await pauseAfterFailure(tx, row.trigger_id, null);
    });
}
