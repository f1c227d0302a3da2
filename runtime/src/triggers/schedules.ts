/**
 * Decides when schedules start their pipelines: each nominal time once, however many programs look at the clock. The key of
 * `schedule_fire` says who was first; a job in the same transaction sees to it that the start is not forgotten.
 */
import type { Json } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import type { Sql } from '../db/connection.ts';
import { type CronSpec, lastTime, timesAfter } from './cron.ts';

/** How a schedule starts its pipeline; the key makes a second call answer the first one's run. */
export type LaunchBySchedule = (fire: {
  pipelineId: string;
  parameters: Record<string, Json>;
  idempotencyKey: string;
  /** Who made the schedule. */
  actor: string | null;
}) => Promise<{ run: number } | { problems: Problem[] }>;

export interface ScheduleFire {
  schedule: string;
  /** ISO 8601, UTC. */
  nominalAt: string;
}

/** The task of the queue that carries a fire out. */
export const fireTask = 'fire_schedule';

/** Times missed for longer than this (nobody was up) are passed over, all but the last. */
const catchUpMs = 10 * 60_000;

/** The time that an enabled schedule waits for, from now on; to be stored as `nextAt` whenever it is made, changed or enabled. */
export const firstTime = (spec: CronSpec, now = new Date()): Date => timesAfter(spec, now, 1)[0]!;

/** The next five times as people are shown them; none while it is disabled. */
export const nextFive = (schedule: CronSpec & { enabled: boolean }, now = new Date()): Date[] =>
  schedule.enabled ? timesAfter(schedule, now, 5) : [];

/**
 * Notes what fell due and puts its start into the queue. Any number of programs may look at once: a schedule that another one is
 * looking at is left to it. Returns how many times were noted. `now` is the database's own clock unless a test has another.
 */
export async function noteDueSchedules(sql: Sql, now?: Date): Promise<number> {
  return sql.begin(async (tx) => {
    const due = await tx`
      select id, cron, time_zone, extract(epoch from next_at) * 1000 as next_ms,
        extract(epoch from coalesce(${now?.toISOString() ?? null}::text::timestamptz, now())) * 1000 as now_ms
      from drawloom.schedule
      where enabled and next_at <= coalesce(${now?.toISOString() ?? null}::text::timestamptz, now())
      order by next_at limit 50 for update skip locked`;
    let noted = 0;
    for (const row of due) {
      const spec = { cron: row.cron as string, timeZone: row.time_zone as string };
      const nowMs = Number(row.now_ms);
      let nominal = new Date(Number(row.next_ms));
      if (nowMs - nominal.getTime() > catchUpMs) nominal = lastTime(spec, new Date(nowMs));
      const [next] = timesAfter(spec, nominal, 1);
      const fire: ScheduleFire = { schedule: row.id, nominalAt: nominal.toISOString() };
      const [first] = await tx`
        insert into drawloom.schedule_fire (schedule_id, nominal_at) values (${fire.schedule}, ${fire.nominalAt}::text::timestamptz)
        on conflict do nothing returning true`;
      if (first) {
        noted++;
        await tx`select graphile_worker.add_job(${fireTask}, ${JSON.stringify(fire)}::text::json,
          job_key := ${`${fireTask}:${fire.schedule}:${fire.nominalAt}`}, max_attempts := 10)`;
      }
      await tx`update drawloom.schedule set next_at = ${next!.toISOString()}::text::timestamptz where id = ${fire.schedule}`;
    }
    return noted;
  });
}

/** Carries one fire out: starts the run, or keeps the reason why none could be started. Doing it twice does no harm. */
export async function carryOutFire(
  sql: Sql,
  launch: LaunchBySchedule,
  { schedule, nominalAt }: ScheduleFire,
): Promise<void> {
  const [row] = await sql`
    select s.pipeline_id, s.parameters, s.created_by, f.run_id from drawloom.schedule s
    join drawloom.schedule_fire f on f.schedule_id = s.id and f.nominal_at = ${nominalAt}::text::timestamptz
    where s.id = ${schedule}`;
  if (!row || row.run_id !== null) return; // removed meanwhile, or done before
  const result = await launch({
    pipelineId: row.pipeline_id,
    parameters: row.parameters,
    idempotencyKey: `schedule ${schedule} ${nominalAt}`,
    actor: row.created_by,
  });
  const [run, problems] = 'run' in result ? [result.run, null] : [null, JSON.stringify(result.problems)];
  await sql`
    update drawloom.schedule_fire set run_id = ${run}::bigint, problems = ${problems}::text::jsonb, fired_at = now()
    where schedule_id = ${schedule} and nominal_at = ${nominalAt}::text::timestamptz`;
}
