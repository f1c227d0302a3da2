/** Decides which jobs a process of the house takes, and what is swept away with time. */
import type { ArtifactStore } from '../artifacts/store.ts';
import type { Sql } from '../db/connection.ts';
import { exportTask, exportTraces, type TraceTarget, wantTraces } from '../observe/exportTraces.ts';
import { type DeliverOptions, deliverDue, deliverTask } from '../outbox/deliver.ts';
import { sweepBytes } from '../retention/bytes.ts';
import { forgetAll } from '../retention/forget.ts';
import { type AskJob, askTask, carryOutAsk } from '../triggers/asking.ts';
import { carryOutFire, type LaunchByTrigger } from '../triggers/carrying.ts';
import { type FireJob, fireTask } from '../triggers/enqueue.ts';
import { forgetFires } from '../triggers/forgetting.ts';
import { stopWithoutRights } from '../triggers/rights.ts';
import type { JobsOptions } from './jobs.ts';
import type { RunningWorker } from './worker-loop.ts';

/** What an interrupted put left behind is swept when nobody has written to it for so long; a put that lives writes. */
export const abandonedAfterMs = 600_000;

/** How long a wake-up waits for the worker to have looked. It is not waited for a worker whose hands are full. */
const drainPatienceMs = 5000;

/** For a process with a worker, with the means to start runs, with those to send messages, or with several of these. */
export function dutiesOf({
  sql,
  worker,
  launch,
  home,
  messages,
  traces,
  store,
  logsFolder,
}: {
  sql: Sql;
  worker?: RunningWorker;
  launch?: LaunchByTrigger;
  /** Where the data folders lie that sensors are told of; goes with `launch`. */
  home?: string;
  messages?: DeliverOptions;
  traces?: TraceTarget | undefined;
  /** The store of artifacts, where this process can reach it. */
  store?: ArtifactStore;
  /** Where the logs of runs are, for a process that carries out how long they are kept. */
  logsFolder?: string;
}): Pick<JobsOptions, 'tasks' | 'crontab'> {
  return {
    tasks: {
      ...(worker && {
        drain: () =>
          Promise.race([worker.idle(), new Promise((resolve) => setTimeout(resolve, drainPatienceMs).unref())]),
      }),
      ...(launch && { [fireTask]: (payload: unknown) => carryOutFire(sql, launch, payload as FireJob) }),
      ...(launch &&
        home !== undefined && { [askTask]: (payload: unknown) => carryOutAsk(sql, home, launch, payload as AskJob) }),
      ...(messages && { [deliverTask]: () => deliverDue(sql, messages) }),
      ...(traces && { [exportTask]: () => exportTraces(sql, traces), want_traces: () => wantTraces(sql) }),
      sweep: async () => {
        await store?.sweepTemp(abandonedAfterMs);
        await sweep(sql);
      },
      ...(logsFolder !== undefined && { forget: () => forgetAll(sql, logsFolder) }),
      ...(store && { sweep_bytes: () => sweepBytes(sql, store) }),
      forget_fires: () => forgetFires(sql),
      stop_without_rights: () => stopWithoutRights(sql),
      look_for_late_runs: () => sql`select drawloom.note_late()`,
    },
    crontab: [
      '*/10 * * * * sweep',
      '* * * * * look_for_late_runs',
      '* * * * * stop_without_rights',
      '15 * * * * forget_fires',
      ...(logsFolder === undefined ? [] : ['10 * * * * forget']),
      ...(store ? ['30 * * * * sweep_bytes'] : []),
      ...(traces ? ['0 * * * * want_traces'] : []),
    ].join('\n'),
  };
}

/** Events are for watching, and a run can be read without them; workers that left a month ago are forgotten, and so are messages. */
export async function sweep(sql: Sql): Promise<void> {
  await sql`delete from drawloom.event where at < now() - interval '3 days'`;
  await sql`delete from drawloom.outbox o where created_at < now() - interval '30 days' and sorted_at is not null
    and not exists (select from drawloom.delivery d where d.outbox_id = o.id and d.state = 'waiting')`;
  await sql`delete from drawloom.trace where ended_at < now() - interval '1 day'`;
  // What they add up to stays, and takes one that is sent again after that for what it knows.
  await sql`delete from drawloom.lineage_event where received_at < now() - interval '30 days'`;
  await sql`delete from drawloom.meter where at < now() - interval '30 days'`;
  await sql`delete from drawloom.worker w where last_beat < now() - interval '30 days'
    and not exists (select from drawloom.lease l where l.worker_id = w.id)`;
}
