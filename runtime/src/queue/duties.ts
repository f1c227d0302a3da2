/** Decides which jobs a process of the house takes, and what is swept away with time. */
import type { Sql } from '../db/connection.ts';
import { carryOutFire, fireTask, type LaunchBySchedule, type ScheduleFire } from '../triggers/schedules.ts';
import type { JobsOptions } from './jobs.ts';
import type { RunningWorker } from './worker-loop.ts';

/** How long a wake-up waits for the worker to have looked. It is not waited for a worker whose hands are full. */
const drainPatienceMs = 5000;

/** For a process with a worker, with the means to start runs, or with both. */
export function dutiesOf({
  sql,
  worker,
  launch,
}: {
  sql: Sql;
  worker?: RunningWorker;
  launch?: LaunchBySchedule;
}): Pick<JobsOptions, 'tasks' | 'crontab'> {
  return {
    tasks: {
      ...(worker && {
        drain: () =>
          Promise.race([worker.idle(), new Promise((resolve) => setTimeout(resolve, drainPatienceMs).unref())]),
      }),
      ...(launch && { [fireTask]: (payload: unknown) => carryOutFire(sql, launch, payload as ScheduleFire) }),
      sweep: () => sweep(sql),
    },
    crontab: '*/10 * * * * sweep',
  };
}

/** Events are for watching, and a run can be read without them; workers that left a month ago are forgotten. */
export async function sweep(sql: Sql): Promise<void> {
  await sql`delete from drawloom.event where at < now() - interval '3 days'`;
  await sql`delete from drawloom.worker w where last_beat < now() - interval '30 days'
    and not exists (select from drawloom.lease l where l.worker_id = w.id)`;
}
