/** Decides how the spans of a trace are laid out for people: as a tree in the order of time, with values as text of a bounded length. */
import type { LoggedSpan } from '@drawloom/shared/api/loggedTraces.ts';
import type { Sql } from '../../db/connection.ts';
import { spansOf } from './records.ts';
import { type Attribute, plain } from './span.ts';

const mostSpans = 2000;
const mostCharacters = 2_000_000;
const longestValue = 20_000;

interface Kept {
  span_id: string;
  parent_span_id?: string;
  name: string;
  start_time_unix_nano: string;
  end_time_unix_nano?: string;
  attributes?: Attribute[];
  events?: { name: string; time_unix_nano: string; attributes?: Attribute[] }[];
  status?: { code?: string; message?: string };
}

const inputs = 'mlflow.spanInputs';
const outputs = 'mlflow.spanOutputs';
const type = 'mlflow.spanType';
/** What is told in a place of its own, and what only the client needs. */
const toldElsewhere = new Set([inputs, outputs, type, 'mlflow.traceRequestId']);

/** A span whose parent is not there stands at the top, as the first of a trace does. */
export async function treeOf(sql: Sql, trace: number): Promise<{ spans: LoggedSpan[]; more: boolean }> {
  const read: Kept[] = [];
  let left = mostCharacters;
  let more = false;
  for await (const content of spansOf(sql, trace)) {
    if (read.length >= mostSpans || left <= 0) {
      more = true;
      break;
    }
    const cut = (text: string) => {
      if (text.length > longestValue) more = true;
      const short = text.slice(0, longestValue).toWellFormed();
      left -= short.length;
      return short;
    };
    const span = JSON.parse(content) as Kept;
    read.push({ ...span, attributes: shortened(span.attributes, cut), events: span.events?.slice(0, 200) ?? [] });
  }
  const byParent = new Map<string, Kept[]>();
  const known = new Set(read.map((span) => span.span_id));
  for (const span of read) {
    const parent = span.parent_span_id !== undefined && known.has(span.parent_span_id) ? span.parent_span_id : '';
    byParent.set(parent, [...(byParent.get(parent) ?? []), span]);
  }
  const began = read.length > 0 ? BigInt(read[0]!.start_time_unix_nano) : 0n;
  const spans: LoggedSpan[] = [];
  // A list instead of calls within calls: a trace may be a chain of thousands. One in a circle of parents is reached by none.
  const open = (byParent.get('') ?? []).map((span) => ({ span, depth: 0 })).reverse();
  for (let next = open.pop(); next; next = open.pop()) {
    spans.push(shown(next.span, next.depth, began));
    for (const child of (byParent.get(next.span.span_id) ?? []).toReversed())
      open.push({ span: child, depth: next.depth + 1 });
  }
  return { spans, more: more || spans.length < read.length };
}

const shortened = (attributes: readonly Attribute[] = [], cut: (text: string) => string): Attribute[] =>
  attributes.slice(0, 200).map(({ key, value }) => ({ key: cut(key), value: { string_value: cut(textOf(value)) } }));

function textOf(value: Attribute['value']): string {
  const said = plain(value);
  return typeof said === 'string' ? said : (JSON.stringify(said, null, 2) ?? '');
}

const after = (began: bigint, at: string): number => Number((BigInt(at) - began) / 1000n) / 1000;

function shown(span: Kept, depth: number, began: bigint): LoggedSpan {
  const said = new Map((span.attributes ?? []).map(({ key, value }) => [key, textOf(value)]));
  const code = span.status?.code ?? '';
  return {
    id: Buffer.from(span.span_id, 'base64').toString('hex'),
    depth,
    name: span.name,
    type: said.get(type)?.replaceAll('"', '') ?? '',
    state: code.endsWith('ERROR') ? 'ERROR' : code.endsWith('OK') ? 'OK' : 'UNSET',
    message: span.status?.message?.slice(0, longestValue).toWellFormed() ?? '',
    afterMs: after(began, span.start_time_unix_nano),
    tookMs:
      span.end_time_unix_nano === undefined ? null : after(BigInt(span.start_time_unix_nano), span.end_time_unix_nano),
    inputs: said.get(inputs) ?? null,
    outputs: said.get(outputs) ?? null,
    attributes: Object.fromEntries([...said].filter(([key]) => !toldElsewhere.has(key))),
    events: (span.events ?? []).map((event) => ({
      name: event.name,
      afterMs: after(began, event.time_unix_nano),
      attributes: Object.fromEntries(
        (event.attributes ?? []).slice(0, 50).map(({ key, value }) => [key, textOf(value).slice(0, longestValue)]),
      ),
    })),
  };
}
