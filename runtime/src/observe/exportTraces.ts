/**
 * Decides when the spans of a run leave for a collector: after the run, from the records, so that no process that dies takes spans
 * along. A row per ended run is written by the transaction that ends it, while somebody wants traces, and goes once they are taken.
 */
import type { Sql } from '../db/connection.ts';
import { version } from '../version.ts';
import { type Span, spansOf } from './spans.ts';

/** Where traces go, as the operator set it in the usual variables of OpenTelemetry. */
export interface TraceTarget {
  url: string;
  headers: Record<string, string>;
  serviceName: string;
}

/** The task of the queue that sends what is due. */
export const exportTask = 'export_traces';

const claimMs = 60_000;
const longestPauseMs = 600_000;
const timeoutMs = 20_000;

/** Says that traces are wanted for the next day; said again every hour. */
export async function wantTraces(sql: Sql): Promise<void> {
  await sql`insert into drawloom.trace_wish (name) values ('otlp') on conflict (name) do update set said_at = now()`;
}

/** Sends all runs that are due. Returns how many went. */
export async function exportTraces(sql: Sql, target: TraceTarget): Promise<number> {
  let sent = 0;
  for (;;) {
    const claimed = await sql<{ run_id: string; tries: number; fence: string }[]>`
      update drawloom.trace set tries = tries + 1, fence = nextval('drawloom.fence'), due_at = now() + ${claimMs} * interval '1 millisecond'
      where run_id in (select run_id from drawloom.trace where due_at <= now() order by due_at limit 20 for update skip locked)
      returning run_id, tries, fence`;
    if (claimed.length === 0) return sent;
    for (const { run_id, tries, fence } of claimed) {
      try {
        for await (const spans of spansOf(sql, Number(run_id))) await send(target, spans);
        await sql`delete from drawloom.trace where run_id = ${run_id} and fence = ${fence}`;
        sent++;
      } catch (error) {
        const pause = Math.min(longestPauseMs, 2000 * 2 ** tries);
        await sql`update drawloom.trace set due_at = now() + ${pause} * interval '1 millisecond', problem = ${String(error).slice(0, 500)}
          where run_id = ${run_id} and fence = ${fence}`;
      }
    }
  }
}

async function send({ url, headers, serviceName }: TraceTarget, spans: Span[]): Promise<void> {
  const resource = [
    { key: 'service.name', value: { stringValue: serviceName } },
    { key: 'service.version', value: { stringValue: version } },
  ];
  const scopeSpans = [{ scope: { name: 'drawloom', version }, spans }];
  const answer = await fetch(url, {
    method: 'POST',
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ resourceSpans: [{ resource: { attributes: resource }, scopeSpans }] }),
  });
  await answer.body?.cancel();
  // A collector that will never take these is no reason to ask it for ever; the sweep forgets them after a day either way.
  if (!answer.ok) throw new Error(`The collector answered ${answer.status}.`);
}

/** Wakes a sender when anything is due. */
export async function lookForTraces(sql: Sql): Promise<number> {
  const [row] = await sql`select exists (select from drawloom.trace where due_at <= now()) as due`;
  if (row!.due)
    await sql`select graphile_worker.add_job(${exportTask}, '{}'::json, job_key := ${exportTask}, max_attempts := 3)`;
  return 0;
}
