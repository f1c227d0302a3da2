/** Decides how a process tells that its database went away: once when it goes and once when it is back, not by each of the many that ask meanwhile. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Sql } from './connection.ts';
import { isDatabaseAway } from './errors.ts';

export type OnError = (error: unknown, doing: string) => void;

const lookEveryMs = 500;

/** What the queue's library says in words alone of a lost connection. */
const saidInWords = /notify listener|UNLISTEN|connection terminated|not queryable|ECONNREFUSED|the database system is/i;

/** For everything of one process that goes on by itself when the database is back. */
export function tellingOfLoss(sql: Sql, log: Logger): OnError {
  let away = false;
  const untilBack = async () => {
    const since = Date.now();
    log.warn('The database is away. Everything waits for it, and goes on by itself when it is back.');
    for (let answers = false; !answers; ) {
      await pause(lookEveryMs, undefined, { ref: false });
      const problem = await sql`select 1`.then(
        () => undefined,
        (error) => error,
      );
      if (problem?.code === 'CONNECTION_ENDED') return; // the process itself closes its connections: it ends
      answers = problem === undefined || !isLoss(problem);
    }
    away = false;
    log.warn(`The database is back after ${Math.round((Date.now() - since) / 1000)} s.`);
  };
  return (error, doing) => {
    if (!isLoss(error)) return log.warn({ error: String(error) }, doing);
    log.debug({ error: String(error) }, doing);
    if (away) return;
    away = true;
    void untilBack();
  };
}

function isLoss(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (isDatabaseAway(cause) || saidInWords.test(cause.message)) return true;
  return false;
}
