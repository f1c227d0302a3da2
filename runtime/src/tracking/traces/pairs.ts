/** Decides how much is kept of what a program says of a trace in names and values: more is cut, since nobody would ever ask for it again. */
import { limits } from '../wire/limits.ts';
import { storable } from './span.ts';

const mostPairs = 500;

/** Cut to what is kept of them. Whoever sets one by hand is refused instead; a trace is not lost for a long value. */
export const storedPairs = (pairs: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(pairs)
      .slice(0, mostPairs)
      .map(([key, value]) => [cut(key, limits.key), cut(value, limits.tagValue)]),
  );

export const cut = (text: string, most: number): string => storable(text.slice(0, most));
