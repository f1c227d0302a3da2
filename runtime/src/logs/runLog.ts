/** Decides in which order all that a run printed is read: by when it was kept, so that what is read once never changes its place. */
import type { LogPart } from '@drawloom/shared/api/logs.ts';
import { sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { instant } from '../record/read/instant.ts';
import { readLog } from './read.ts';

/** Chunks hold 256 kB at most, or a little more; few of them make an answer. */
const mostChunks = 500;
const enoughBytes = 2 ** 20;

interface Row extends Record<string, unknown> {
  node_id: string;
  map_index: number;
  attempt: number;
  place: string;
  at: string;
  byte_offset: string;
  size_bytes: string;
  file: string;
  file_offset: string;
}

/**
 * Parts after a place. While the run goes on, what was kept within the last second waits: a part whose transaction began earlier
 * may still come before it.
 */
export async function readRunLog(
  tx: Tx,
  folder: string,
  run: number,
  { after, over }: { after: string | undefined; over: boolean },
): Promise<{ parts: LogPart[]; next: string | null; more: boolean }> {
  const micros = sql`(extract(epoch from c.at) * 1000000)::bigint`;
  const place = after?.split('.').map(Number);
  const rows = await tx.execute<Row>(sql`
    select p.node_id, c.map_index, c.attempt, ${instant(sql`c.at`)} as at, c.byte_offset, c.size_bytes, c.file, c.file_offset,
      concat_ws('.', ${micros}, c.node, c.map_index, c.attempt, c.sequence) as place
    from drawloom.log_chunk c
    join drawloom.run r on r.id = c.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = c.node
    where c.run_id = ${run}::bigint ${over ? sql`` : sql`and c.at < clock_timestamp() - interval '1 second'`}
      ${
        place
          ? sql`and (${micros}, c.node, c.map_index, c.attempt, c.sequence)
            > (${place[0]}::bigint, ${place[1]}::int, ${place[2]}::int, ${place[3]}::int, ${place[4]}::int)`
          : sql``
      }
    order by ${micros}, c.node, c.map_index, c.attempt, c.sequence limit ${mostChunks + 1}`);
  const parts: LogPart[] = [];
  let next = after ?? null;
  let bytes = 0;
  let taken = 0;
  for (const row of rows.slice(0, mostChunks)) {
    if (bytes >= enoughBytes) break;
    const from = Number(row.byte_offset);
    const sizeBytes = Number(row.size_bytes);
    const chunk = { byteOffset: from, sizeBytes, file: row.file, fileOffset: Number(row.file_offset) };
    const read = await readLog(folder, [chunk], { from, to: from + sizeBytes });
    bytes += read.bytes.length;
    taken++;
    next = row.place;
    if (read.bytes.length > 0)
      parts.push({
        node: row.node_id,
        mapIndex: row.map_index,
        attempt: row.attempt,
        at: row.at,
        text: read.bytes.toString('utf8'),
      });
  }
  return { parts, next, more: taken < rows.length };
}
