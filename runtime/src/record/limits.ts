/** Decides nothing itself: asks the database to end what takes longer than it may. */
import type { Sql } from '../db/connection.ts';

/** Runs over their limit, and node runs that could begin and did not in time. Any process may ask, at any time. Returns how many ended. */
export async function endOverdue(sql: Sql): Promise<number> {
  const [row] = await sql<{ ended: number }[]>`select drawloom.end_overdue() as ended`;
  return row!.ended;
}
