/**
 * Decides how events reach those who watch. One reader per process follows the event table in the order of commits and hands what
 * it finds to every open stream: two hundred viewers cost one query.
 */
import type { HouseEvent } from '@drawloom/shared/run/events.ts';
import type { Sql } from '../db/connection.ts';
import type { Channel } from '../queue/bell.ts';
import { within } from '../within.ts';
import { after, type Position, parsePosition, textOf } from './position.ts';

/** Rung after commits that appended. Only a wake-up: a lost one costs a poll's time and nothing else. */
const channel: Channel = 'drawloom_event';

export interface StreamOptions {
  /** How long the reader waits when nothing wakes it. */
  pollMs?: number;
  heartbeatMs?: number;
  /** What may wait for one slow viewer before it is cut; it resumes where it was. */
  bufferBytes?: number;
  /** A stream ends after this long and is opened again by the viewer, which asks anew who they are and what they may. */
  longestMs?: number;
  maxViewers?: number;
  onError?: (error: unknown) => void;
}

export interface Filter {
  projectId: string;
  run?: number | undefined;
}

interface Row {
  xid: string;
  id: string;
  project_id: string;
  run_id: string | null;
  payload: HouseEvent;
}

interface Viewer {
  filter: Filter;
  /** Passes bytes on; false once the viewer is too far behind or gone. */
  send: (bytes: Uint8Array) => boolean;
  end: () => void;
  endsAt: number;
  /** What came while the viewer still reads what it missed; null when it is up to date. */
  waiting: Sendable[] | null;
  /** Events up to here are known to the viewer already. */
  known: Position | null;
}

interface Sendable {
  position: Position;
  bytes: Uint8Array;
}

const batchSize = 1000;
/** Who missed more than this is told to read everything anew. */
const longestBacklog = 20_000;
const encoder = new TextEncoder();

export class EventStream {
  readonly #sql: Sql;
  readonly #options: Required<StreamOptions>;
  readonly #viewers = new Set<Viewer>();
  #position: Position = { xid: 0n, id: 0n };
  #running = false;
  #wake: (() => void) | null = null;
  #woken = false;
  #loop: Promise<void> = Promise.resolve();
  #unlisten: (() => Promise<void>) | null = null;
  #heart: NodeJS.Timeout | undefined;

  constructor(sql: Sql, options: StreamOptions = {}) {
    this.#sql = sql;
    this.#options = {
      pollMs: 1000,
      heartbeatMs: 15_000,
      bufferBytes: 2 ** 20,
      longestMs: 20 * 60_000,
      maxViewers: 2000,
      onError: () => {},
      ...options,
    };
  }

  get viewerCount(): number {
    return this.#viewers.size;
  }

  /** Age of the oldest event that this reader has not come to. */
  async lagSeconds(): Promise<number> {
    const { xid, id } = this.#position;
    const [row] = await this.#sql`
      select extract(epoch from clock_timestamp() - at)::float8 as lag from drawloom.event
      where (xid, id) > (${String(xid)}::text::xid8, ${String(id)}::text::bigint) order by xid, id limit 1`;
    return Math.max(0, row?.lag ?? 0);
  }

  /** Resolves once the reader knows where it stands: what commits from now on is told. */
  async start(): Promise<void> {
    this.#position = await this.#now();
    this.#running = true;
    this.#loop = this.#follow();
    this.#heart = setInterval(() => this.#beat(), this.#options.heartbeatMs).unref();
    // A database that does not take LISTEN (some poolers) leaves us with the poll.
    const listening = this.#sql.listen(
      channel,
      () => this.#rouse(),
      () => this.#rouse(),
    );
    this.#unlisten = await listening
      .then(({ unlisten }) => unlisten)
      .catch((error) => {
        this.#options.onError(error);
        return null;
      });
  }

  async stop(): Promise<void> {
    this.#running = false;
    clearInterval(this.#heart);
    for (const viewer of this.#viewers) viewer.end();
    this.#rouse();
    // With the database away a question to it may stay open; nobody waits for its answer now.
    await within(1000, this.#loop).catch(() => {});
    await within(1000, this.#unlisten?.() ?? Promise.resolve()).catch(() => {});
  }

  /** An answer that stays open; with a position, it first tells what happened since. Null when there are too many already. */
  open(filter: Filter, since: string | null, gone: AbortSignal): Response | null {
    if (this.#viewers.size >= this.#options.maxViewers) return null;
    const from = since === null ? null : parsePosition(since);
    const { bufferBytes, longestMs } = this.#options;
    let viewer: Viewer;
    const leave = () => void this.#viewers.delete(viewer);
    const body = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const end = () => {
            if (!this.#viewers.delete(viewer)) return;
            try {
              controller.close();
            } catch {
              // Gone before us: nothing is left to close.
            }
          };
          viewer = {
            filter,
            send: (bytes) => {
              controller.enqueue(bytes);
              return (controller.desiredSize ?? 0) > 0;
            },
            end,
            endsAt: Date.now() + longestMs * (0.75 + Math.random() / 4),
            waiting: null,
            known: null,
          };
          this.#viewers.add(viewer);
          gone.addEventListener('abort', end, { once: true });
          const start = since === null ? `id: ${textOf(this.#position)}\n` : '';
          this.#give(viewer, encoder.encode(`retry: 1000\n${start}\n`));
          if (since !== null) this.#catchUp(viewer, from);
        },
        cancel: leave,
      },
      { highWaterMark: bufferBytes, size: (bytes) => bytes?.length ?? 0 },
    );
    return new Response(body, {
      headers: {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      },
    });
  }

  /** Reads what a viewer missed, up to where the reader stands now; what comes meanwhile waits, so that nothing is told twice. */
  async #catchUp(viewer: Viewer, from: Position | null): Promise<void> {
    const until = this.#position;
    viewer.waiting = [];
    if (from && after(from, until)) viewer.known = from; // it has heard from a process that is ahead of this one
    try {
      const missed = from && after(until, from) ? await this.#missed(viewer.filter, from, until) : [];
      if (from === null || missed === null) {
        const reset = `id: ${textOf(until)}\nevent: reset\ndata: {}\n\n`;
        this.#give(viewer, encoder.encode(reset));
      } else this.#give(viewer, ...missed.map((row) => encode(row).bytes));
      const waiting = viewer.waiting;
      viewer.waiting = null;
      for (const { position, bytes } of waiting)
        if (!viewer.known || after(position, viewer.known)) this.#give(viewer, bytes);
    } catch (error) {
      this.#options.onError(error);
      viewer.end(); // it comes back, and asks again
    }
  }

  /** Null when it is too much to tell one by one. The order names the view: alone, `xid` would be the text that is answered. */
  async #missed({ projectId, run }: Filter, from: Position, until: Position): Promise<Row[] | null> {
    const sql = this.#sql;
    const rows = await sql<Row[]>`
      select xid::text, id::text, project_id, run_id, payload from drawloom.house_event
      where (xid, id) > (${String(from.xid)}::xid8, ${String(from.id)}::bigint)
        and (xid, id) <= (${String(until.xid)}::xid8, ${String(until.id)}::bigint)
        and project_id = ${projectId} ${run === undefined ? sql`` : sql`and run_id = ${run}`}
      order by house_event.xid, house_event.id limit ${longestBacklog + 1}`;
    return rows.length > longestBacklog ? null : rows;
  }

  /** The position before which everything is committed or never will be. */
  async #now(): Promise<Position> {
    const [row] = await this.#sql`select pg_snapshot_xmin(pg_current_snapshot())::text as xid`;
    return { xid: BigInt(row!.xid), id: 0n };
  }

  async #follow(): Promise<void> {
    let impatience = 0;
    while (this.#running) {
      try {
        const { rows, more } = await this.#read();
        if (rows.length > 0) this.#tell(rows);
        if (rows.length === batchSize) continue;
        // Something is committed behind a transaction that is still open: look again soon, then less soon.
        impatience = more ? Math.min(impatience + 1, 6) : 0;
        await this.#sleep(more ? 5 * 2 ** impatience : this.#options.pollMs);
      } catch (error) {
        if (this.#running) this.#options.onError(error);
        await this.#sleep(500, { deaf: true });
      }
    }
  }

  /**
   * What was committed since. Ids and transaction numbers are drawn before commits, so what is read is bounded by the oldest
   * transaction still open: whatever lies before it can no longer gain a row.
   */
  async #read(): Promise<{ rows: Row[]; more: boolean }> {
    const { xid, id } = this.#position;
    const rows = await this.#sql<(Row & { settled: boolean })[]>`
      select xid::text, id::text, project_id, run_id, payload, xid < pg_snapshot_xmin(pg_current_snapshot()) as settled
      from drawloom.house_event where (xid, id) > (${String(xid)}::xid8, ${String(id)}::bigint)
      order by house_event.xid, house_event.id limit ${batchSize}`;
    const end = rows.findIndex((row) => !row.settled);
    return end < 0 ? { rows, more: false } : { rows: rows.slice(0, end), more: true };
  }

  #tell(rows: readonly Row[]): void {
    const told = rows.map((row) => ({ row, ...encode(row) }));
    this.#position = told.at(-1)!.position;
    // Viewers of the same things get the same bytes, joined once.
    const joined = new Map<string, { single: Sendable[]; bytes: Uint8Array }>();
    for (const viewer of this.#viewers) {
      const { projectId, run } = viewer.filter;
      const key = `${projectId} ${run ?? ''}`;
      let group = joined.get(key);
      if (!group) {
        const single = told.filter(
          ({ row }) => row.project_id === projectId && (run === undefined || Number(row.run_id) === run),
        );
        group = { single, bytes: Buffer.concat(single.map(({ bytes }) => bytes)) };
        joined.set(key, group);
      }
      if (group.single.length === 0) continue;
      if (viewer.waiting) viewer.waiting.push(...group.single);
      else if (viewer.known)
        this.#give(
          viewer,
          ...group.single.filter(({ position }) => after(position, viewer.known!)).map(({ bytes }) => bytes),
        );
      else this.#give(viewer, group.bytes);
    }
  }

  #beat(): void {
    // The beat moves the viewer's place on, so that one who saw little for long does not have much to read after a break.
    const beat = encoder.encode(`: still here\nid: ${textOf(this.#position)}\n\n`);
    const plainBeat = encoder.encode(': still here\n\n');
    const now = Date.now();
    for (const viewer of this.#viewers) {
      if (now > viewer.endsAt) viewer.end();
      else this.#give(viewer, viewer.waiting || viewer.known ? plainBeat : beat);
    }
  }

  #give(viewer: Viewer, ...parts: Uint8Array[]): void {
    try {
      for (const part of parts) {
        if (!this.#viewers.has(viewer)) return;
        if (!viewer.send(part)) viewer.end();
      }
    } catch {
      this.#viewers.delete(viewer); // the stream was closed from its other end
    }
  }

  #rouse(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async #sleep(ms: number, { deaf = false } = {}): Promise<void> {
    if (this.#woken && !deaf) {
      this.#woken = false;
      return;
    }
    if (!this.#running) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        if (deaf && this.#running) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
    this.#woken = false;
  }
}

function encode(row: Row): Sendable {
  const position = { xid: BigInt(row.xid), id: BigInt(row.id) };
  return { position, bytes: encoder.encode(`id: ${textOf(position)}\ndata: ${JSON.stringify(row.payload)}\n\n`) };
}
