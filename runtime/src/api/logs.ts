/** The routes about logs: any stretch of one by its offset, the lines that hold a text, and all of a run's in the order of time. */
import { Readable } from 'node:stream';
import { routes } from '@drawloom/shared/api/index.ts';
import { plainText } from '@drawloom/shared/run/plainText.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { and, eq, sql } from 'drizzle-orm';
import type { Tx } from '../db/connection.ts';
import { logChunks } from '../db/tables/observations.ts';
import { planNodes } from '../db/tables/plans.ts';
import { nodeRuns, runs } from '../db/tables/runs.ts';
import { type ReadableChunk, readLog } from '../logs/read.ts';
import { readRunLog } from '../logs/runLog.ts';
import { attachment, inert } from './bytes.ts';
import type { House } from './house.ts';
import { notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

interface AttemptPlace {
  run: number;
  node: number;
  mapIndex: number;
  attempt: number;
}

export const logHandlers: Handler[] = [
  handle(routes.getLog, async ({ house, params, query }) => {
    const place = await attemptPlace(house.db, params.run, params.node, query);
    const size = await logSize(house.db, place);
    if (query.whole)
      return new Response(Readable.toWeb(Readable.from(stretches(house, place, query.from, size))) as ReadableStream, {
        headers: {
          ...inert,
          'content-type': 'text/plain; charset=utf-8',
          'content-disposition': attachment(`${params.node}-${place.attempt}.log`),
          'cache-control': 'no-store',
        },
      });
    const chunks = await chunksBetween(house.db, place, query.from, query.from + query.limit);
    // An answer holds no gap: one that begins in a gap begins behind it, and one that meets a gap ends there.
    const first = chunks.find((chunk) => chunk.byteOffset + chunk.sizeBytes > query.from);
    const from = Math.max(query.from, first?.byteOffset ?? query.from);
    let to = from;
    for (const chunk of chunks) if (chunk.byteOffset <= to) to = Math.max(to, chunk.byteOffset + chunk.sizeBytes);
    const range = await readLog(house.logsFolder, chunks, { from, to: Math.min(to, from + query.limit) });
    return new Response(new Uint8Array(range.bytes), {
      headers: {
        ...inert,
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
        'log-size': String(size),
        'log-from': String(range.from),
        'log-next': String(range.to),
      },
    });
  }),

  handle(routes.searchLog, async ({ house, params, query, request }) => {
    const place = await attemptPlace(house.db, params.run, params.node, query);
    const size = await logSize(house.db, place);
    const wanted = query.text.toLowerCase();
    const hits: { line: number; offset: number; text: string }[] = [];
    let count = 0;
    let line = 1;
    let rest = Buffer.alloc(0);
    const look = (bytes: Buffer, offset: number) => {
      const text = plainText(bytes.toString('utf8'));
      if (!text.toLowerCase().includes(wanted)) return;
      count++;
      if (hits.length < query.limit) hits.push({ line, offset, text: text.slice(0, 2000) });
    };
    // Stretch by stretch, so that memory stays the same however long the log is.
    for (let at = 0; at < size && !request.signal.aborted; ) {
      const until = Math.min(size, at + searchStep);
      const chunks = await chunksBetween(house.db, place, at, until);
      const { bytes } = await readLog(house.logsFolder, chunks, { from: at, to: until });
      const base = at - rest.length;
      const all = Buffer.concat([rest, bytes]);
      let start = 0;
      for (let end = all.indexOf(10); end >= 0; end = all.indexOf(10, start)) {
        look(all.subarray(start, end), base + start);
        start = end + 1;
        line++;
      }
      // A line without an end is looked at in pieces, since it may be all there is.
      if (all.length - start > longestLine) {
        look(all.subarray(start), base + start);
        start = all.length;
      }
      rest = Buffer.from(all.subarray(start));
      at = until;
    }
    if (rest.length > 0) look(rest, size - rest.length);
    return { count, hits };
  }),

  handle(routes.getRunLog, async ({ house, params, query }) => {
    const [run] = await house.db.select({ status: runs.status }).from(runs).where(eq(runs.id, params.run));
    if (!run) throw notThere();
    return readRunLog(house.db, house.logsFolder, params.run, { after: query.after, over: isRunFinal(run.status) });
  }),
];

/** A log stretch by stretch, so that memory stays the same however long it is. */
async function* stretches(house: House, place: AttemptPlace, from: number, size: number): AsyncGenerator<Uint8Array> {
  for (let at = from; at < size; at += searchStep) {
    const to = Math.min(size, at + searchStep);
    const { bytes } = await readLog(house.logsFolder, await chunksBetween(house.db, place, at, to), { from: at, to });
    if (bytes.length > 0) yield new Uint8Array(bytes);
  }
}

const searchStep = 2 ** 20;
const longestLine = 2 ** 20;

/** The attempt that was asked for, or the last one. Nodes are asked for by their id and kept by their place in the plan. */
async function attemptPlace(
  db: Tx,
  run: number,
  nodeId: string,
  { mapIndex, attempt }: { mapIndex: number; attempt?: number | undefined },
): Promise<AttemptPlace> {
  const [row] = await db
    .select({ node: nodeRuns.node, last: nodeRuns.attempt })
    .from(runs)
    .innerJoin(planNodes, and(eq(planNodes.planId, runs.planId), eq(planNodes.nodeId, nodeId)))
    .innerJoin(
      nodeRuns,
      and(eq(nodeRuns.runId, runs.id), eq(nodeRuns.node, planNodes.node), eq(nodeRuns.mapIndex, mapIndex)),
    )
    .where(eq(runs.id, run));
  if (!row) throw notThere();
  return { run, node: row.node, mapIndex, attempt: attempt ?? row.last };
}

const ofAttempt = ({ run, node, mapIndex, attempt }: AttemptPlace) =>
  and(
    eq(logChunks.runId, run),
    eq(logChunks.node, node),
    eq(logChunks.mapIndex, mapIndex),
    eq(logChunks.attempt, attempt),
  );

async function logSize(db: Tx, place: AttemptPlace): Promise<number> {
  const [row] = await db
    .select({ size: sql<string | null>`max(${logChunks.byteOffset} + ${logChunks.sizeBytes})` })
    .from(logChunks)
    .where(ofAttempt(place));
  return Number(row?.size ?? 0);
}

/** The chunks that overlap a stretch, and the next one after it when the stretch holds none: it lies in a gap then. */
async function chunksBetween(db: Tx, place: AttemptPlace, from: number, to: number): Promise<ReadableChunk[]> {
  const { byteOffset, sizeBytes, file, fileOffset } = logChunks;
  const rows = (until: ReturnType<typeof sql>) =>
    db
      .select({ byteOffset, sizeBytes, file, fileOffset })
      .from(logChunks)
      .where(and(ofAttempt(place), sql`${byteOffset} + ${sizeBytes} > ${from}`, until))
      .orderBy(byteOffset);
  const found = await rows(sql`${byteOffset} < ${to}`);
  return found.length > 0 ? found : ((await rows(sql`true`).limit(64)) as ReadableChunk[]);
}
