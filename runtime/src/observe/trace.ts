/**
 * Decides the names of traces: a run is a trace, its nodes and their attempts are spans. Ids follow from what they stand for, so
 * that whoever writes a span, at whatever time, and the code of the node while it runs, speak of the same one.
 */
import { createHash } from 'node:crypto';

export interface SpanPlace {
  /** The project: numbers of runs are unique within one database only. */
  project: string;
  run: number;
}
export interface NodePlace extends SpanPlace {
  node: number;
  mapIndex: number;
}
export interface AttemptPlace extends NodePlace {
  attempt: number;
}

const digest = (...parts: (string | number)[]) => createHash('sha256').update(parts.join(' ')).digest('hex');

export const traceIdOf = ({ project, run }: SpanPlace): string => digest('trace', project, run).slice(0, 32);
export const runSpanOf = ({ project, run }: SpanPlace): string => digest('run', project, run).slice(0, 16);
export const nodeSpanOf = ({ project, run, node, mapIndex }: NodePlace): string =>
  digest('node', project, run, node, mapIndex).slice(0, 16);
export const attemptSpanOf = ({ project, run, node, mapIndex, attempt }: AttemptPlace): string =>
  digest('attempt', project, run, node, mapIndex, attempt).slice(0, 16);

/** The W3C form, for code that continues the trace: its parent is the attempt. */
export const traceparentOf = (place: AttemptPlace): string => `00-${traceIdOf(place)}-${attemptSpanOf(place)}-01`;
