/** Decides what is drawn of a node on the timeline: the parts of each attempt by their instants, and a map's items as one. */
import type { NodeRunSummary } from '@drawloom/shared/api/runs.ts';
import type { AttemptSpan, NodeSpans } from '@drawloom/shared/api/timeline.ts';
import { isFinal } from '@drawloom/shared/run/status.ts';

export interface Bar {
  attempt: number;
  /** `done` is what comes after the code has ended: its outputs are looked at and kept. */
  part: 'waiting' | 'starting' | 'running' | 'done' | 'items';
  from: number;
  to: number;
  /** How the attempt ended, or that it has not. */
  end: 'running' | 'good' | 'reused' | 'parked' | 'failed';
}

/** Of a node run: `told` is the timeline's answer, which may be older than what events said since. */
export function barsOf(row: NodeRunSummary, told: NodeSpans | undefined, now: number): Bar[] {
  const attempts = attemptsOf(row, told);
  const bars = attempts.flatMap((attempt) => partsOf(row, attempt, now));
  const since = waitsSince(row, attempts);
  if (since !== null && now > since)
    bars.push({ attempt: row.attempts + 1, part: 'waiting', from: since, to: now, end: 'running' });
  const items = told?.items;
  if (items) {
    const end = isFinal(row.status) ? (row.status === 'failed' ? 'failed' : 'good') : 'running';
    const over = items.finishedAt ?? (isFinal(row.status) ? row.finishedAt : null);
    bars.push({ attempt: 0, part: 'items', from: Date.parse(items.startedAt), to: over ? Date.parse(over) : now, end });
  }
  return bars;
}

/** Since when its next attempt, if there is to be one, has been waiting for its turn. */
function waitsSince({ status, queuedAt }: NodeRunSummary, attempts: readonly AttemptSpan[]): number | null {
  if (status !== 'queued' && status !== 'waiting') return null;
  const since = attempts.length === 0 ? queuedAt : attempts.at(-1)!.finishedAt;
  return since === null ? null : Date.parse(since);
}

/** With the first attempt as events tell it, before the timeline was read again; of a later one they do not say when it began. */
export function attemptsOf(row: NodeRunSummary, told: NodeSpans | undefined): readonly AttemptSpan[] {
  const known = told?.attempts ?? [];
  if (known.length > 0 || row.attempts > 1 || row.startedAt === null) return known;
  return [
    {
      attempt: 1,
      readyAt: row.queuedAt,
      startedAt: row.startedAt,
      finishedAt: row.finishedAt,
      startMs: null,
      wallMs: null,
      reason: row.status === 'succeeded' || row.status === 'reused' ? 'ok' : row.reason,
    },
  ];
}

function partsOf(row: NodeRunSummary, span: AttemptSpan, now: number): Bar[] {
  const { attempt, startMs, wallMs, reason } = span;
  const from = Date.parse(span.startedAt);
  const over = span.finishedAt ?? (isFinal(row.status) && attempt === row.attempts ? row.finishedAt : null);
  const to = Math.max(from, over ? Date.parse(over) : now);
  const end = !over ? 'running' : endOf(row, reason);
  const bars: Bar[] = [];
  const put = (part: Bar['part'], start: number, until: number) => {
    if (until > start) bars.push({ attempt, part, from: start, to: until, end });
  };
  if (span.readyAt) put('waiting', Date.parse(span.readyAt), from);
  const began = Math.min(to, from + (startMs ?? 0));
  const ended = over && startMs !== null && wallMs !== null ? Math.min(to, began + wallMs) : to;
  put('starting', from, began);
  // even the shortest is there to be seen
  bars.push({ attempt, part: 'running', from: began, to: ended, end });
  put('done', ended, to);
  return bars;
}

function endOf(row: NodeRunSummary, reason: AttemptSpan['reason']): Bar['end'] {
  if (reason === 'parked') return 'parked';
  if (reason === 'ok' || reason === null) return row.status === 'reused' ? 'reused' : 'good';
  return 'failed';
}

/** From when a worker first took it until it was over, waits for another try included. */
export function tookOf(row: NodeRunSummary, now: number): number | null {
  return row.startedAt ? (row.finishedAt ? Date.parse(row.finishedAt) : now) - Date.parse(row.startedAt) : null;
}
