/** Decides how long a logged trace is kept: as long as a run of its project is, from when it was told of. */
import type { Sql } from '../../db/connection.ts';

const atOnce = 500;

export async function forgetTraces(sql: Sql, project: string, days: number | null): Promise<void> {
  if (days === null) return;
  for (;;) {
    const { count } = await sql`
      delete from drawloom.logged_trace where id in (
        select id from drawloom.logged_trace where project_id = ${project} and kept_at < now() - ${days}::int * interval '1 day'
        order by kept_at limit ${atOnce})`;
    if (count < atOnce) return;
  }
}
