/**
 * Decides where the top-level statements of Python code begin and end, so that only what a signature needs is parsed.
 * One pass over the characters: strings, comments and brackets are followed, everything indented belongs to what stands above.
 */

/** One top-level statement with its decorators and its body. Offsets count from the start of the code. */
export interface Statement {
  kind: 'function' | 'class' | 'import' | 'other';
  from: number;
  to: number;
  /** Where `def` or `class` (or the statement itself) begins, after any decorators. */
  start: number;
  /** Its code with strings and comments blanked, as long as its code is. */
  bare: string;
}

export interface Statements {
  all: Statement[];
  /** A bracket or triple-quoted string that nothing closes, by offset. */
  unclosed: { at: number; mark: string }[];
}

const starter = /(?:async[ \t]+def|def|class|from|import)\b|@/y;
const prefix = /[rRbBuUfFtT]{0,2}/y;

export function statementsOf(code: string): Statements {
  const bare = code.split('');
  const unclosed: Statements['unclosed'] = [];
  const starts: number[] = [];
  let open: { at: number; mark: string }[] = [];
  let at = 0;
  let lineStart = true;
  const blank = (from: number, to: number) => {
    for (let index = from; index < to; index++) if (bare[index] !== '\n') bare[index] = ' ';
  };
  while (at < code.length) {
    const char = code[at]!;
    if (lineStart) {
      lineStart = false;
      if (!/[\s#)\]}]/.test(char)) {
        starter.lastIndex = at;
        // Half-typed code: a definition at the margin ends whatever bracket was left open above it.
        if (open.length && starter.test(code)) {
          unclosed.push(open.at(-1)!);
          open = [];
        }
        if (open.length === 0) starts.push(at);
      }
    }
    if (char === '\n') {
      lineStart = true;
      at++;
    } else if (char === '#') {
      const end = endOfLine(code, at);
      blank(at, end);
      at = end;
    } else if (char === '"' || char === "'") {
      const end = endOfString(code, at);
      if (end.unclosed) unclosed.push({ at, mark: end.unclosed });
      blank(at, end.at);
      at = end.at;
      // The first quote stays, so that what follows a word can still be seen to be something.
      bare[at - 1] = '"';
    } else if (char === '\\' && code[at + 1] === '\n') at += 2;
    else if (char === '\\' && code[at + 1] === '\r') at += 3;
    else {
      if (char === '(' || char === '[' || char === '{') open.push({ at, mark: char });
      else if (char === ')' || char === ']' || char === '}') open.pop();
      at++;
    }
  }
  if (open.length) unclosed.push(open.at(-1)!);
  return { all: join(code, bare.join(''), starts), unclosed };
}

function join(code: string, bare: string, starts: readonly number[]): Statement[] {
  const all: Statement[] = [];
  let decorated: number | undefined;
  starts.forEach((start, index) => {
    const to = starts[index + 1] ?? code.length;
    if (code[start] === '@') {
      decorated ??= start;
      return;
    }
    starter.lastIndex = start;
    const word = starter.exec(code)?.[0];
    const kind = word?.endsWith('def')
      ? 'function'
      : word === 'class'
        ? 'class'
        : word === 'from' || word === 'import'
          ? 'import'
          : 'other';
    const from = kind === 'function' || kind === 'class' ? (decorated ?? start) : start;
    all.push({ kind, from, to, start, bare: bare.slice(from, to) });
    decorated = undefined;
  });
  return all;
}

export function endOfLine(code: string, from: number): number {
  const end = code.indexOf('\n', from);
  return end < 0 ? code.length : end;
}

/** The end of the string whose first quote stands at `from`. One that is not triple ends with its line at the latest. */
export function endOfString(code: string, from: number): { at: number; unclosed?: string } {
  const quote = code[from]!;
  const triple = code.startsWith(quote.repeat(3), from);
  const close = triple ? quote.repeat(3) : quote;
  let at = from + close.length;
  while (at < code.length) {
    if (code[at] === '\\') at += 2;
    else if (code.startsWith(close, at)) return { at: at + close.length };
    else if (code[at] === '\n' && !triple) return { at, unclosed: quote };
    else at++;
  }
  return { at: code.length, unclosed: close };
}

/**
 * The header of a function: from `def` up to and including the colon before its body, with offsets kept.
 * Where the colon is missing the header runs to the end of its line, or of the bracket it has open.
 */
export function headerOf(code: string, statement: Statement): { text: string; to: number; complete: boolean } {
  const offset = statement.start - statement.from;
  const bare = statement.bare;
  let depth = 0;
  for (let index = offset; index < bare.length; index++) {
    const char = bare[index]!;
    if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth--;
    else if (char === ':' && depth <= 0) {
      const to = statement.from + index + 1;
      return { text: code.slice(statement.start, to), to, complete: true };
    } else if (char === '\n' && depth <= 0 && bare[index - 1] !== '\\') {
      const to = statement.from + index;
      return { text: code.slice(statement.start, to), to, complete: false };
    }
  }
  return { text: code.slice(statement.start, statement.to), to: statement.to, complete: false };
}

/** The part of a string literal that is prefix: r, b, f … */
export function stringPrefix(literal: string): string {
  prefix.lastIndex = 0;
  return prefix.exec(literal)![0].toLowerCase();
}
