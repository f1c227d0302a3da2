/**
 * Decides how those who watch an experiment hear that a program outside logged to it: at most once a second for each experiment, whatever
 * is logged meanwhile, so that logging stays as fast as without anybody watching. The last word of a second is never lost.
 */
import type { Sql } from '../db/connection.ts';

const everyMs = 1000;
const due = new Map<string, { again: boolean; sql: Sql }>();

export function tellOfExperiment(sql: Sql, projectId: string, experiment: string): void {
  const key = `${projectId} ${experiment}`;
  const waiting = due.get(key);
  if (waiting) {
    waiting.again = true;
    waiting.sql = sql;
    return;
  }
  const turn = { again: false, sql };
  due.set(key, turn);
  const event = JSON.stringify({ kind: 'tracked', experiment });
  // What is told is only that something changed: when the database is away, whoever watches looks again once it is back.
  sql`insert into drawloom.event (project_id, payload) values (${projectId}, ${event}::text::jsonb)`.catch(() => {});
  setTimeout(() => {
    due.delete(key);
    if (turn.again) tellOfExperiment(turn.sql, projectId, experiment);
  }, everyMs).unref();
}
