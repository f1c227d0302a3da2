/** Decides how rows, times and other people's words look on a terminal. */
import { stripVTControlCharacters } from 'node:util';

/** Columns as wide as their widest cell; control characters in what people named are taken out. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const tidy = [head, ...rows].map((row) => row.map((cell) => plain(cell).replaceAll(/[\n\t]/g, ' ')));
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

/** Text of a node, a file or another person: whatever it holds, it moves no cursor, hides nothing and rings no bell. */
export const plain = (text: string): string => stripVTControlCharacters(text).replaceAll(/[^\P{Cc}\n\t]/gu, ' ');

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
