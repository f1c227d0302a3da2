/** Reads spans from the JSON form of OpenTelemetry's export message, in which ids are hexadecimal and names are written either way. */
import type { Json } from '@drawloom/shared/json.ts';
import { invalidValue } from '../wire/mistake.ts';
import { doubleOf } from './protobuf.ts';
import { type AnyValue, type Attribute, deepestValue, emptySpan, type ReadSpan, storable, tooDeep } from './span.ts';

type Fields = Readonly<Record<string, Json>>;

const refused = (what: string) => invalidValue(`Invalid OpenTelemetry format: ${what}`);

/** A field by its name in camel case, or as in the protocol's files. */
const field = (of: Fields, name: string): Json | undefined =>
  of[name] ?? of[name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)];

function fields(value: Json | undefined, what: string): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw refused(`${what} must be an object.`);
  return value as Fields;
}
function list(value: Json | undefined, what: string): readonly Json[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw refused(`${what} must be a list.`);
  return value;
}
const text = (value: Json | undefined): string => (typeof value === 'string' ? storable(value) : '');
function id(value: Json | undefined, what: string): Buffer {
  if (value === undefined || value === null || value === '') return Buffer.alloc(0);
  if (typeof value !== 'string' || !/^([0-9a-f]{2})+$/i.test(value) || value.length > 64)
    throw refused(`${what} must be hexadecimal digits.`);
  return Buffer.from(value, 'hex');
}
function whole(value: Json | undefined, what: string): bigint {
  if (value === undefined || value === null) return 0n;
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) return BigInt(value);
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 64) return BigInt(value);
  throw refused(`${what} must be a whole number.`);
}

export function* jsonSpans(body: Json): Generator<ReadSpan> {
  for (const resource of list(field(fields(body, 'the body'), 'resourceSpans'), 'resourceSpans'))
    for (const scope of list(field(fields(resource, 'a part of resourceSpans'), 'scopeSpans'), 'scopeSpans'))
      for (const span of list(field(fields(scope, 'a part of scopeSpans'), 'spans'), 'spans'))
        yield readSpan(fields(span, 'a span'));
}

const codes: Readonly<Record<string, number>> = { STATUS_CODE_UNSET: 0, STATUS_CODE_OK: 1, STATUS_CODE_ERROR: 2 };

function readSpan(given: Fields): ReadSpan {
  const status = fields(field(given, 'status'), 'status');
  const code = field(status, 'code');
  return {
    ...emptySpan(),
    traceId: id(field(given, 'traceId'), 'traceId'),
    spanId: id(field(given, 'spanId'), 'spanId'),
    parentId: id(field(given, 'parentSpanId'), 'parentSpanId'),
    name: text(field(given, 'name')),
    start: whole(field(given, 'startTimeUnixNano'), 'startTimeUnixNano'),
    end: whole(field(given, 'endTimeUnixNano'), 'endTimeUnixNano'),
    code: typeof code === 'string' ? (codes[code] ?? 0) : Number(whole(code, 'status.code')),
    message: text(field(status, 'message')),
    attributes: attributes(field(given, 'attributes'), 0),
    events: list(field(given, 'events'), 'events').map((one) => {
      const event = fields(one, 'an event');
      return {
        time: whole(field(event, 'timeUnixNano'), 'timeUnixNano'),
        name: text(field(event, 'name')),
        attributes: attributes(field(event, 'attributes'), 0),
      };
    }),
    links: list(field(given, 'links'), 'links').map((one) => {
      const link = fields(one, 'a link');
      return {
        traceId: id(field(link, 'traceId'), 'traceId'),
        spanId: id(field(link, 'spanId'), 'spanId'),
        attributes: attributes(field(link, 'attributes'), 0),
      };
    }),
  };
}

const attributes = (value: Json | undefined, depth: number): Attribute[] =>
  list(value, 'attributes').map((one) => {
    const attribute = fields(one, 'an attribute');
    return { key: text(field(attribute, 'key')), value: readValue(field(attribute, 'value'), depth) };
  });

function readValue(given: Json | undefined, depth: number): AnyValue {
  if (depth >= deepestValue) return tooDeep;
  const value = fields(given, 'a value');
  const string = field(value, 'stringValue');
  if (string !== undefined) return { string_value: text(string) };
  const bool = field(value, 'boolValue');
  if (bool !== undefined) return { bool_value: bool === true };
  const int = field(value, 'intValue');
  if (int !== undefined) return { int_value: String(BigInt.asIntN(64, whole(int, 'intValue'))) };
  const double = field(value, 'doubleValue');
  if (double !== undefined) return { double_value: doubleOf(Number(double)) };
  const bytes = field(value, 'bytesValue');
  if (bytes !== undefined) return { bytes_value: Buffer.from(text(bytes), 'base64').toString('base64') };
  const array = field(value, 'arrayValue');
  if (array !== undefined)
    return {
      array_value: {
        values: list(field(fields(array, 'arrayValue'), 'values'), 'values').map((item) => readValue(item, depth + 1)),
      },
    };
  const pairs = field(value, 'kvlistValue');
  if (pairs !== undefined)
    return { kvlist_value: { values: attributes(field(fields(pairs, 'kvlistValue'), 'values'), depth + 1) } };
  return {};
}
