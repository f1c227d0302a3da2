/** Decides how often somebody may try something. Counted in the database, in one statement, so that tries at once all count. */
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';

export interface Limit {
  /** What is limited, for the key. */
  name: string;
  times: number;
  windowSeconds: number;
}

export const limits = {
  signInByAccount: { name: 'sign-in account', times: 10, windowSeconds: 60 },
  signInByAddress: { name: 'sign-in address', times: 30, windowSeconds: 60 },
  mintToken: { name: 'token', times: 10, windowSeconds: 3600 },
  import: { name: 'import', times: 30, windowSeconds: 3600 },
  startRun: { name: 'run', times: 60, windowSeconds: 60 },
  receiveMessage: { name: 'received', times: 120, windowSeconds: 60 },
  sendMessage: { name: 'message', times: 60, windowSeconds: 60 },
} as const satisfies Record<string, Limit>;

/** Counts one try. Answers 0 when it may go on, else the seconds to wait. */
export async function countTry(db: Tx, limit: Limit, who: string): Promise<number> {
  const window = sql`make_interval(secs => ${limit.windowSeconds})`;
  const rows = await db.execute<{ count: number; wait: number }>(sql`
    insert into drawloom.rate_window as w (key, count) values (${`${limit.name}: ${who}`}, 1)
    on conflict (key) do update set
      count = case when w.started_at < now() - ${window} then 1 else w.count + 1 end,
      started_at = case when w.started_at < now() - ${window} then now() else w.started_at end
    returning count, ceil(extract(epoch from started_at + ${window} - now()))::int as wait`);
  const { count, wait } = rows[0]!;
  return count <= limit.times ? 0 : Math.max(1, wait);
}

/** Takes away windows that no limit looks at any more. */
export async function forgetOldTries(db: Tx): Promise<void> {
  await db.execute(sql`delete from drawloom.rate_window where started_at < now() - interval '1 day'`);
}
