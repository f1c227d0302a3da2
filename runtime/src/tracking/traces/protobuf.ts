/**
 * Reads spans from the binary form of OpenTelemetry's export message. Fields that are not known are passed over, as the form wants it;
 * what breaks off, or says a length that is not there, is no message.
 */
import {
  type AnyValue,
  type Attribute,
  deepestValue,
  emptySpan,
  type ReadSpan,
  type SpanEvent,
  type SpanLink,
  storable,
  tooDeep,
} from './span.ts';

export class NotProtobuf extends Error {
  override name = 'NotProtobuf';
}

/** One field of a message: a whole number, eight bytes, or bytes of a length. */
interface Field {
  number: number;
  whole: bigint;
  bytes: Buffer;
}

const none = Buffer.alloc(0);

/** An empty value takes two bytes of a message and a hundred of ours, so that they are counted. */
export const mostValues = 400_000;
interface Budget {
  left: number;
}
function spend(budget: Budget): void {
  if (--budget.left < 0) throw new NotProtobuf(`it has more than ${mostValues} values; send several`);
}

function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new NotProtobuf('it breaks off within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new NotProtobuf('a number has more than ten bytes');
  };
  const take = (length: number): Buffer => {
    if (length > message.length - at) throw new NotProtobuf('it breaks off within a field');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, whole: varint(), bytes: none };
        break;
      case 1: {
        const bytes = take(8);
        yield { number, whole: bytes.readBigUInt64LE(), bytes };
        break;
      }
      case 2:
        yield { number, whole: 0n, bytes: take(Number(varint())) };
        break;
      case 5:
        take(4);
        break;
      default:
        throw new NotProtobuf('a field is of a kind that there is not');
    }
  }
}

const text = (bytes: Buffer): string => storable(bytes.toString('utf8'));

/** Each span of an export request, with what its resource says of the program. */
export function* protobufSpans(body: Buffer): Generator<ReadSpan> {
  const budget = { left: mostValues };
  for (const resourceSpans of fieldsOf(body)) {
    if (resourceSpans.number !== 1) continue;
    for (const scopeSpans of fieldsOf(resourceSpans.bytes)) {
      if (scopeSpans.number !== 2) continue;
      for (const span of fieldsOf(scopeSpans.bytes)) if (span.number === 2) yield readSpan(span.bytes, budget);
    }
  }
}

function readSpan(message: Buffer, budget: Budget): ReadSpan {
  spend(budget);
  const span = emptySpan();
  for (const { number, whole, bytes } of fieldsOf(message)) {
    if (number === 1) span.traceId = bytes;
    else if (number === 2) span.spanId = bytes;
    else if (number === 4) span.parentId = bytes;
    else if (number === 5) span.name = text(bytes);
    else if (number === 7) span.start = whole;
    else if (number === 8) span.end = whole;
    else if (number === 9) span.attributes.push(readAttribute(bytes, 0, budget));
    else if (number === 11) span.events.push(readEvent(bytes, budget));
    else if (number === 13) span.links.push(readLink(bytes, budget));
    else if (number === 15)
      for (const part of fieldsOf(bytes)) {
        if (part.number === 2) span.message = text(part.bytes);
        if (part.number === 3) span.code = Number(part.whole);
      }
  }
  return span;
}

function readEvent(message: Buffer, budget: Budget): SpanEvent {
  spend(budget);
  const event: SpanEvent = { time: 0n, name: '', attributes: [] };
  for (const { number, whole, bytes } of fieldsOf(message)) {
    if (number === 1) event.time = whole;
    else if (number === 2) event.name = text(bytes);
    else if (number === 3) event.attributes.push(readAttribute(bytes, 0, budget));
  }
  return event;
}

function readLink(message: Buffer, budget: Budget): SpanLink {
  spend(budget);
  const link: SpanLink = { traceId: none, spanId: none, attributes: [] };
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) link.traceId = bytes;
    else if (number === 2) link.spanId = bytes;
    else if (number === 4) link.attributes.push(readAttribute(bytes, 0, budget));
  }
  return link;
}

function readAttribute(message: Buffer, depth: number, budget: Budget): Attribute {
  spend(budget);
  const attribute: Attribute = { key: '', value: {} };
  for (const { number, bytes } of fieldsOf(message)) {
    if (number === 1) attribute.key = text(bytes);
    else if (number === 2) attribute.value = readValue(bytes, depth, budget);
  }
  return attribute;
}

function readValue(message: Buffer, depth: number, budget: Budget): AnyValue {
  spend(budget);
  if (depth >= deepestValue) return tooDeep;
  let value: AnyValue = {};
  for (const { number, whole, bytes } of fieldsOf(message)) {
    if (number === 1) value = { string_value: text(bytes) };
    else if (number === 2) value = { bool_value: whole !== 0n };
    else if (number === 3) value = { int_value: String(BigInt.asIntN(64, whole)) };
    else if (number === 4 && bytes.length === 8) value = { double_value: doubleOf(bytes.readDoubleLE()) };
    else if (number === 5)
      value = {
        array_value: { values: Array.from(fieldsOf(bytes), (item) => readValue(item.bytes, depth + 1, budget)) },
      };
    else if (number === 6)
      value = {
        kvlist_value: { values: Array.from(fieldsOf(bytes), (item) => readAttribute(item.bytes, depth + 1, budget)) },
      };
    else if (number === 7) value = { bytes_value: bytes.toString('base64') };
  }
  return value;
}

export const doubleOf = (value: number): number | 'NaN' | 'Infinity' | '-Infinity' =>
  Number.isFinite(value) ? value : (String(value) as 'NaN');
