/** Decides how a value of DuckDB is shown as JSON: exact where JSON can, as text where it cannot, and never endless. */
import type { Cell } from './request.ts';

/** A cell is looked at, not downloaded: longer text is cut. */
const longestText = 2000;
const mostItems = 100;

export function cellOf(value: unknown, depth = 0): Cell {
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
      return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    case 'string':
      return cut(value);
    case 'object':
      return value === null ? null : objectOf(value, depth);
  }
  return null;
}

const cut = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

function objectOf(value: object, depth: number): Cell {
  if (depth > 8) return '…';
  const held = value as {
    items?: readonly unknown[];
    entries?: unknown;
    bytes?: Uint8Array;
    value?: unknown;
    scale?: number;
    toDouble?(): number;
  };
  switch (value.constructor.name) {
    case 'DuckDBTimestampValue':
    case 'DuckDBTimestampSecondsValue':
    case 'DuckDBTimestampMillisecondsValue':
    case 'DuckDBTimestampNanosecondsValue':
      return String(value).replace(' ', 'T');
    case 'DuckDBTimestampTZValue':
      return String(value)
        .replace(' ', 'T')
        .replace(/([+-]\d\d)(:?\d\d)?$/, (zone) => (/^[+-]00/.test(zone) ? 'Z' : zone));
    case 'DuckDBDecimalValue': {
      const text = String(value);
      return text.replace(/[-.]/g, '').length <= 15 ? held.toDouble!() : text;
    }
    case 'DuckDBListValue':
    case 'DuckDBArrayValue': {
      const items = held.items!.slice(0, mostItems).map((item) => cellOf(item, depth + 1));
      return held.items!.length > mostItems ? [...items, `… ${held.items!.length - mostItems} more`] : items;
    }
    case 'DuckDBStructValue':
      return Object.fromEntries(
        Object.entries(held.entries as object).map(([key, member]) => [key, cellOf(member, depth + 1)]),
      );
    case 'DuckDBMapValue':
      return (held.entries as { key: unknown; value: unknown }[])
        .slice(0, mostItems)
        .map((entry) => ({ key: cellOf(entry.key, depth + 1), value: cellOf(entry.value, depth + 1) }));
    case 'DuckDBUnionValue':
      return cellOf(held.value, depth + 1);
    case 'DuckDBBlobValue': {
      const bytes = held.bytes!;
      const shown = Buffer.from(bytes.subarray(0, 32)).toString('hex');
      return `0x${shown}${bytes.length > 32 ? `… (${bytes.length} bytes)` : ''}`;
    }
  }
  return cut(String(value));
}
