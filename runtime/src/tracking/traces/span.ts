/**
 * Decides in which form the spans of a trace are kept, whichever way they came: the JSON form of OpenTelemetry's messages with names as
 * in the protocol's files and ids in base64, which is how clients of MLflow read them. What belongs to no form is brought into one here:
 * characters that no database takes, and values inside values without an end.
 */
import { WireMistake } from '../wire/mistake.ts';

export type AnyValue =
  | Record<string, never>
  | { string_value: string }
  | { bool_value: boolean }
  | { int_value: string }
  | { double_value: number | 'NaN' | 'Infinity' | '-Infinity' }
  | { bytes_value: string }
  | { array_value: { values: AnyValue[] } }
  | { kvlist_value: { values: Attribute[] } };

export interface Attribute {
  key: string;
  value: AnyValue;
}

export interface SpanEvent {
  time: bigint;
  name: string;
  attributes: Attribute[];
}
export interface SpanLink {
  traceId: Buffer;
  spanId: Buffer;
  attributes: Attribute[];
}

/** As it is read from either form, unchecked. */
export interface ReadSpan {
  traceId: Buffer;
  spanId: Buffer;
  parentId: Buffer;
  name: string;
  start: bigint;
  end: bigint;
  /** 0 unset, 1 well, 2 an error. */
  code: number;
  message: string;
  attributes: Attribute[];
  events: SpanEvent[];
  links: SpanLink[];
}

export const emptySpan = (): ReadSpan => ({
  traceId: Buffer.alloc(0),
  spanId: Buffer.alloc(0),
  parentId: Buffer.alloc(0),
  name: '',
  start: 0n,
  end: 0n,
  code: 0,
  message: '',
  attributes: [],
  events: [],
  links: [],
});

/** As it is kept. */
export interface KeptSpan {
  trace: string;
  spanId: string;
  parentId: string | null;
  name: string;
  type: string;
  status: 'UNSET' | 'OK' | 'ERROR';
  startNs: string;
  endNs: string | null;
  content: string;
}

/** Clients read values inside values to a depth of about thirty. */
export const deepestValue = 24;
export const tooDeep: AnyValue = { string_value: `(more than ${deepestValue} values inside each other)` };
/** Spans of one trace whose bodies are larger than this in all are not traces that anybody looks at. */
export const mostSpanBytes = 8 * 2 ** 20;
const longestName = 1000;
const latestNs = 2n ** 63n - 1n;

export const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed();
const refused = (why: string) => new WireMistake('INVALID_PARAMETER_VALUE', `Invalid OpenTelemetry format: ${why}`);

export const traceNameOf = (traceId: Buffer): string => `tr-${traceId.toString('hex')}`;

/** The span in the form in which it is kept. Refused when it is none: without an id, or at no time. */
export function keptSpan(span: ReadSpan): KeptSpan {
  if (span.traceId.length !== 16) throw refused('the trace_id of a span must have 16 bytes.');
  if (span.spanId.length !== 8) throw refused('the span_id of a span must have 8 bytes.');
  if (span.parentId.length !== 0 && span.parentId.length !== 8) throw refused('a parent_span_id must have 8 bytes.');
  for (const time of [span.start, span.end, ...span.events.map((event) => event.time)])
    if (time < 0n || time > latestNs) throw refused('a time is beyond what 64 bits hold.');
  const isRoot = span.parentId.every((byte) => byte === 0);
  const name = storable(span.name).slice(0, longestName).toWellFormed();
  const status = (['UNSET', 'OK', 'ERROR'] as const)[span.code] ?? 'UNSET';
  const content = JSON.stringify({
    trace_id: span.traceId.toString('base64'),
    span_id: span.spanId.toString('base64'),
    ...(!isRoot && { parent_span_id: span.parentId.toString('base64') }),
    name,
    start_time_unix_nano: String(span.start),
    ...(span.end > 0n && { end_time_unix_nano: String(span.end) }),
    attributes: span.attributes,
    ...(span.events.length > 0 && {
      events: span.events.map((event) => ({
        time_unix_nano: String(event.time),
        name: storable(event.name),
        attributes: event.attributes,
      })),
    }),
    ...(span.links.length > 0 && {
      links: span.links.map((link) => ({
        trace_id: link.traceId.toString('base64'),
        span_id: link.spanId.toString('base64'),
        attributes: link.attributes,
      })),
    }),
    status: { code: `STATUS_CODE_${status}`, ...(span.message && { message: storable(span.message) }) },
  });
  if (Buffer.byteLength(content) > mostSpanBytes)
    throw refused(
      `the span '${name.slice(0, 60)}' has more than ${mostSpanBytes / 2 ** 20} MiB. Log what is large as an artifact.`,
    );
  return {
    trace: traceNameOf(span.traceId),
    spanId: span.spanId.toString('hex'),
    parentId: isRoot ? null : span.parentId.toString('hex'),
    name,
    type: textOf(span.attributes, 'mlflow.spanType') ?? 'UNKNOWN',
    status,
    startNs: String(span.start),
    endNs: span.end > 0n ? String(span.end) : null,
    content,
  };
}

/** An attribute that is text; clients that write every value as JSON put it in quotes. */
export function textOf(attributes: readonly Attribute[], key: string): string | undefined {
  const found = attributes.find((attribute) => attribute.key === key)?.value;
  if (!found || !('string_value' in found) || typeof found.string_value !== 'string') return undefined;
  const text = found.string_value;
  if (!/^".*"$/s.test(text)) return text;
  try {
    const read = JSON.parse(text) as unknown;
    return typeof read === 'string' ? read : text;
  } catch {
    return text;
  }
}

/** What a value says, as plain JSON. Whole numbers too large for a number stay text. */
export function plain(value: AnyValue): unknown {
  if ('string_value' in value) return value.string_value;
  if ('bool_value' in value) return value.bool_value;
  if ('int_value' in value) {
    const whole = Number(value.int_value);
    return Number.isSafeInteger(whole) ? whole : value.int_value;
  }
  if ('double_value' in value) return value.double_value;
  if ('bytes_value' in value) return value.bytes_value;
  if ('array_value' in value) return value.array_value?.values.map(plain);
  if ('kvlist_value' in value)
    return Object.fromEntries((value.kvlist_value?.values ?? []).map((one) => [one.key, plain(one.value)]));
  return null;
}
