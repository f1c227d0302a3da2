/** Decides how the asks of sensors are read: of each sensor the latest that began. */
import type { Trigger } from '@drawloom/shared/api/triggers.ts';
import type { RunStatus } from '@drawloom/shared/run/status.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../../db/connection.ts';
import { instant } from './instant.ts';

type LastAsk = NonNullable<NonNullable<Trigger['sensor']>['lastAsk']>;

export async function lastAsks(tx: Tx, triggers: readonly string[]): Promise<Map<string, LastAsk>> {
  const rows = await tx.execute<{ trigger: string; run: string; status: RunStatus; at: string }>(sql`
    select p.sensor_of as trigger, r.id as run, r.status, ${instant(sql`r.created_at`)} as at
    from drawloom.pipeline p
    cross join lateral (
      select r.id, r.status, r.created_at from drawloom.run r
      where r.pipeline_id = p.id and r.leaving_at is null order by r.id desc limit 1) r
    where p.sensor_of = any(${`{${triggers.join(',')}}`}::text::uuid[])`);
  return new Map(rows.map(({ trigger, run, status, at }) => [trigger, { run: Number(run), status, at }]));
}
