/**
 * Decides whether Python would refuse the code for its indentation, so that it is told while it is written and not by a run. Says
 * something only where it is certain: where strings or brackets cannot be followed, it is silent.
 */
import { endOfLine, endOfString, stringPrefix } from './statements.ts';

export interface Misplaced {
  at: number;
  code: 'python_indent' | 'python_no_body' | 'python_tabs';
  message: string;
}

/** One statement, however many lines it has: where its text begins, and how its line is indented. */
interface Line {
  at: number;
  /** With tabs to the next eighth column, and with tabs as one: Python wants both to order lines alike. */
  width: number;
  narrow: number;
  opens: boolean;
}

export function misplacedIn(code: string): Misplaced | undefined {
  const lines = linesOf(code);
  if (!lines) return undefined;
  const levels = [{ width: 0, narrow: 0 }];
  let opener: Line | undefined;
  for (const line of lines) {
    const level = levels.at(-1)!;
    if (opener) {
      if (line.width <= level.width) return noBody(opener);
      if (line.narrow <= level.narrow) return mixed(line);
      levels.push(line);
    } else if (line.width > level.width)
      return {
        at: line.at,
        code: 'python_indent',
        message: 'This line is indented, and the one above it opens no block. Move it back.',
      };
    else {
      while (levels.at(-1)!.width > line.width) levels.pop();
      const found = levels.at(-1)!;
      if (found.width !== line.width)
        return {
          at: line.at,
          code: 'python_indent',
          message: 'This line is indented as no block above it is. Line it up with the block that it belongs to.',
        };
      if (found.narrow !== line.narrow) return mixed(line);
    }
    opener = line.opens ? line : undefined;
  }
  return opener && noBody(opener);
}

const noBody = (line: Line): Misplaced => ({
  at: line.at,
  code: 'python_no_body',
  message: 'Nothing stands indented below this line, which ends with a colon. Write its body there, or "pass".',
});

const mixed = (line: Line): Misplaced => ({
  at: line.at,
  code: 'python_tabs',
  message: 'Tabs and spaces are mixed here, and Python takes no side. Indent with spaces only.',
});

/** Undefined: it could not be followed. */
function linesOf(code: string): Line[] | undefined {
  if (/\r(?!\n)/.test(code)) return undefined;
  const lines: Line[] = [];
  let current: Line | undefined;
  let depth = 0;
  let last = '';
  let at = 0;
  const finish = () => {
    if (current) lines.push({ ...current, opens: last === ':' });
    current = undefined;
  };
  while (at < code.length) {
    if (!current) {
      const indent = /[ \t\f]*/y;
      indent.lastIndex = at;
      const blank = indent.exec(code)![0];
      at += blank.length;
      if (at >= code.length) break;
      if (code[at] === '\n' || code[at] === '\r') {
        at++;
        continue;
      }
      if (code[at] === '#') {
        at = endOfLine(code, at);
        continue;
      }
      current = { at, ...widthOf(blank), opens: false };
    }
    const char = code[at]!;
    if (char === '#') at = endOfLine(code, at);
    else if (char === '"' || char === "'") {
      const end = endOfString(code, at);
      if (end.unclosed || isFormatted(code, at, end.at)) return undefined;
      at = end.at;
      last = char;
    } else if (char === '\\') {
      const joined = /\\\r?\n/y;
      joined.lastIndex = at;
      const found = joined.exec(code);
      if (!found) return undefined;
      at += found[0].length;
    } else if (char === '\n' && depth === 0) {
      finish();
      at++;
    } else {
      if (char === '(' || char === '[' || char === '{') depth++;
      else if (char === ')' || char === ']' || char === '}') depth--;
      if (depth < 0) return undefined;
      if (!/\s/.test(char)) last = char;
      at++;
    }
  }
  if (depth > 0) return undefined;
  finish();
  return lines;
}

/** A formatted string may hold strings of its own, quoted alike: where its braces do not close, it has not ended yet. */
function isFormatted(code: string, from: number, to: number): boolean {
  const before = /[a-zA-Z]*$/.exec(code.slice(Math.max(0, from - 3), from))![0];
  if (!/[ft]/.test(stringPrefix(before))) return false;
  let open = 0;
  for (const char of code.slice(from, to)) open += char === '{' ? 1 : char === '}' ? -1 : 0;
  return open !== 0;
}

function widthOf(blank: string): { width: number; narrow: number } {
  let [width, narrow] = [0, 0];
  for (const char of blank) {
    if (char === '\f') [width, narrow] = [0, 0];
    else {
      width = char === '\t' ? (Math.floor(width / 8) + 1) * 8 : width + 1;
      narrow++;
    }
  }
  return { width, narrow };
}
