/** Decides how times and sizes are spelled in sentences, short enough to be read in passing. */

export const spellMs = (ms: number): string =>
  ms < 1000
    ? `${Math.round(ms)} ms`
    : ms < 120_000
      ? `${Math.round(ms / 100) / 10} s`
      : ms < 7_200_000
        ? `${Math.round(ms / 60_000)} min`
        : `${Math.round(ms / 360_000) / 10} h`;

export const spellBytes = (bytes: number): string =>
  bytes < 2 ** 20
    ? `${Math.round(bytes / 2 ** 10)} kB`
    : bytes < 2 ** 30
      ? `${Math.round(bytes / 2 ** 20)} MB`
      : `${Math.round((bytes / 2 ** 30) * 10) / 10} GB`;
