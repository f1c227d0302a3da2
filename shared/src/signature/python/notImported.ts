/**
 * Decides which library Python code uses under its usual name without ever importing it, so that it is told while it is written and
 * not by a run. Where the name is anything else anywhere, a parameter or a variable for one, nothing is said.
 */
import type { Statement } from './statements.ts';

const plainNames =
  'collections csv datetime duckdb functools hashlib io itertools json math os pathlib random re scipy sklearn statistics sys time';
const lines = new Map<string, string>([
  ...plainNames.split(' ').map((name): [string, string] => [name, `import ${name}`]),
  ['np', 'import numpy as np'],
  ['pa', 'import pyarrow as pa'],
  ['pd', 'import pandas as pd'],
  ['pl', 'import polars as pl'],
  ['plt', 'import matplotlib.pyplot as plt'],
]);
/** With these a name can come from where no reading finds it. */
const hidden =
  /\bimport[ \t]*\(?[ \t]*\*|\b(?:exec|eval|globals|locals|vars|setattr|__import__|builtins|__builtins__)\b/;

export interface NotImported {
  name: string;
  /** Where it is used first. */
  at: number;
  /** What brings it in. */
  line: string;
}

export function notImported(all: readonly Statement[]): NotImported[] {
  const found = new Map<string, NotImported>();
  const known = new Set<string>();
  for (const { bare, from } of all) {
    if (hidden.test(bare)) return [];
    for (const { 0: name, index } of bare.matchAll(/(?<![\w.])[^\W\d]\w*/gu)) {
      const line = lines.get(name);
      if (!line) continue;
      const isImport = /\b(?:from|import(?:[^\n;]*,)?)[ \t]+$/.test(lineBefore(bare, index));
      const isUse = !isImport && /^\s*\.\s*[^\W\d]/u.test(bare.slice(index + name.length, index + name.length + 200));
      if (!isUse) known.add(name);
      else if (!found.has(name)) found.set(name, { name, at: from + index, line });
    }
  }
  return [...found.values()].filter(({ name }) => !known.has(name));
}

const lineBefore = (text: string, index: number): string =>
  text.slice(Math.max(text.lastIndexOf('\n', index - 1) + 1, index - 500), index);
