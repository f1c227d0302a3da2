/** Decides what may stand where the cursor is, by the text before it: a column, a parameter, a name of the module, or a word of its own. */
import type { Language } from '@drawloom/shared/node-type/definition.ts';

export type Place =
  | { is: 'column'; of: string | null; only: boolean }
  | { is: 'parameter' }
  | { is: 'module' }
  | { is: 'word' }
  | { is: 'nothing' };

/** `before` ends where the word under the cursor begins. */
export function whereIn(language: Language, before: string): Place {
  const line = before.slice(before.lastIndexOf('\n') + 1);
  return language === 'sql' ? inSql(line) : inCode(language, line, before);
}

function inSql(line: string): Place {
  if (/--/.test(line.replace(/'[^']*'/g, ''))) return { is: 'nothing' };
  if (count(line, "'") % 2 === 1) return { is: 'nothing' };
  if (line.endsWith('$')) return { is: 'parameter' };
  const owner = /(?:"([^"]+)"|([A-Za-z_]\w*))\.$/.exec(line);
  if (owner) return { is: 'column', of: owner[1] ?? owner[2]!, only: true };
  return { is: 'word' };
}

function inCode(language: 'python' | 'typescript', line: string, before: string): Place {
  const comment = language === 'python' ? '#' : '//';
  const bare = line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'/g, '""');
  if (bare.includes(comment) && !/["']/.test(bare.slice(0, bare.indexOf(comment)).replace(/""/g, '')))
    return { is: 'nothing' };
  const quoted = /(["'])(?:(?!\1)[^\\]|\\.)*$/.exec(bare.replaceAll('""', ''));
  if (quoted) return { is: 'column', of: ownerOf(bare.slice(0, bare.lastIndexOf(quoted[1]!))), only: false };
  if (language === 'python' && /^\s*from\s+drawloom\s+import\s+[\w\s,(]*$/.test(line)) return { is: 'module' };
  const owner = /([A-Za-z_]\w*)\.$/.exec(line)?.[1];
  if (owner === 'drawloom') return { is: 'module' };
  // a column as an attribute is pandas' own; the module's names are only there once it is imported
  if (owner !== undefined) return language === 'python' ? { is: 'column', of: owner, only: true } : { is: 'nothing' };
  return before.trim() === '' ? { is: 'nothing' } : { is: 'word' };
}

/** Whose brackets are open: `flights` in flights["…, flights[["a", "…, flights.loc[:, "… and table.require('…; null of a call by itself. */
function ownerOf(open: string): string | null {
  let closed = 0;
  for (let at = open.length - 1; at >= 0; at--) {
    if (')]'.includes(open[at]!)) closed++;
    else if ('(['.includes(open[at]!) && closed-- <= 0) {
      closed = 0;
      const owner = /([A-Za-z_]\w*)((?:\.\w+)*)$/.exec(open.slice(0, at));
      if (owner) return open[at] === '[' || owner[2] ? owner[1]! : null;
    }
  }
  return null;
}

const count = (text: string, mark: string): number => text.split(mark).length - 1;

/** The table that a name in a query stands for: itself, or what it is an alias of. */
export function tableBehind(name: string, query: string): string {
  const alias = new RegExp(
    `\\b(?:from|join|,)\\s+"?([A-Za-z_]\\w*)"?\\s+(?:as\\s+)?"?${name.replace(/\W/g, '\\$&')}"?(?!\\w)`,
    'i',
  ).exec(query);
  const table = alias?.[1];
  return table !== undefined && !/^(select|where|on|using)$/i.test(table) ? table : name;
}

/** A name as SQL takes it: quoted when it is not plain. */
export const identifier = (name: string): string =>
  /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
