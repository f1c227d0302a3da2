/** Decides how rows and times look on a terminal. */
import { stripVTControlCharacters } from 'node:util';

/** Columns as wide as their widest cell; control characters in what people named are taken out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const tidy = [head, ...rows].map((row) =>
    row.map((cell) => stripVTControlCharacters(cell).replaceAll(/\p{Cc}/gu, ' ')),
  );
  const widths = head.map((_, column) => Math.max(...tidy.map((row) => [...row[column]!].length)));
  return tidy
    .map((row) =>
      row
        .map((cell, column) => cell + ' '.repeat(widths[column]! - [...cell].length))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const step = Math.min(4, Math.floor(Math.log2(bytes) / 10));
  return `${(bytes / 2 ** (10 * step)).toFixed(1)} ${['KiB', 'MiB', 'GiB', 'TiB'][step - 1]}`;
}
