/**
 * Decides what a SQL node declares: the tables it names are its inputs, `$name` its parameters, its one SELECT its output.
 * Reads tokens and scopes, not grammar, so that a half-typed query keeps the ports it already had. DuckDB itself is the
 * judge when the node runs; a golden test holds the two together.
 */

import type { Json } from '../json.ts';
import { PortName } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';
import type { Signature } from './signature.ts';

interface Token {
  kind: 'word' | 'name' | 'string' | 'number' | 'parameter' | 'mark';
  /** A word in small letters, a quoted name without its quotes, a mark as it stands. */
  text: string;
  raw: string;
  at: number;
  /** For an opening bracket: the index of the token that closes it. */
  closes?: number;
}

/** Deeper nesting than this is not read: nobody writes it, and reading it would cost the stack. */
const maxDepth = 200;

export function readSql(code: string): Signature {
  const { tokens, problems: lexical } = tokenize(code);
  const reading = new Reading(code, tokens, lexical);
  reading.statement();
  return {
    name: 'query',
    inputs: [...reading.tables.values()].map((name) => ({ name, kind: 'table' as const })),
    outputs: [{ name: 'table', kind: 'table' }],
    parameters: parameterSchema(tokens),
    problems: reading.problems,
  };
}

/** Table functions that read nothing from outside, so that a query that uses them has no hidden input. */
export const pureTableFunctions: ReadonlySet<string> = new Set([
  'unnest',
  'range',
  'generate_series',
  'generate_subscripts',
  'repeat',
  'repeat_row',
  'json_each',
  'json_tree',
]);

const queryStarts = new Set([
  'select',
  'with',
  'from',
  'values',
  'table',
  'pivot',
  'pivot_wider',
  'unpivot',
  'pivot_longer',
  'describe',
  'summarize',
]);
/** Words that close a FROM clause at its own depth. */
const clauseEnds = new Set([
  'where',
  'group',
  'having',
  'window',
  'qualify',
  'order',
  'limit',
  'offset',
  'fetch',
  'union',
  'intersect',
  'except',
  'select',
  'returning',
]);
const joinWords = new Set([
  'cross',
  'inner',
  'left',
  'right',
  'full',
  'outer',
  'natural',
  'asof',
  'semi',
  'anti',
  'positional',
]);

class Reading {
  /** By lower-case name, as DuckDB compares them; the value is how the query first wrote it. */
  readonly tables = new Map<string, string>();
  readonly problems: Problem[];
  private index = 0;
  private readonly code: string;
  private readonly tokens: readonly Token[];

  constructor(code: string, tokens: readonly Token[], problems: Problem[]) {
    this.code = code;
    this.tokens = tokens;
    this.problems = problems;
  }

  statement(): void {
    const last = this.tokens.findLastIndex((token) => token.text !== ';' || token.kind !== 'mark');
    const end = last + 1;
    const first = this.tokens[0];
    if (!first || end === 0) {
      if (this.problems.length) return;
      this.problem('sql_empty', 'There is no query yet. Write a SELECT that names its input tables after FROM.', 0);
      return;
    }
    const begin = this.tokens.find((token) => !isMark(token, '('));
    if (begin && (begin.kind !== 'word' || !queryStarts.has(begin.text)))
      this.problem(
        'sql_not_select',
        `A SQL node is one SELECT, and this begins with "${begin.raw}". Write SELECT …, WITH … SELECT or FROM ….`,
        begin.at,
      );
    const second = this.tokens.findIndex((token, index) => index < end && isMark(token, ';'));
    if (second >= 0)
      this.problem(
        'sql_statements',
        'A SQL node is one SELECT, and another statement follows here. Put it into a node of its own.',
        this.tokens[second + 1]?.at ?? 0,
      );
    this.query(new Set(), second >= 0 ? second : end);
  }

  /** A query up to `end` or to the bracket that closes it. `scope` holds the names of the CTEs it sees. */
  private query(scope: ReadonlySet<string>, end: number): void {
    let names = scope;
    if (this.word('with')) names = this.ctes(scope, end);
    this.body(names, end, 'expression');
  }

  private ctes(outer: ReadonlySet<string>, end: number): ReadonlySet<string> {
    this.index++;
    const recursive = this.word('recursive');
    if (recursive) this.index++;
    const names = new Set(outer);
    while (this.index < end) {
      const name = this.tokens[this.index];
      if (!name || (name.kind !== 'word' && name.kind !== 'name')) break;
      this.index++;
      if (this.mark('(')) this.skipGroup(end);
      if (this.word('using') && this.tokens[this.index + 1]?.text === 'key') {
        this.index += 2;
        if (this.mark('(')) this.skipGroup(end);
      }
      if (this.word('as')) this.index++;
      if (this.word('not')) this.index++;
      if (this.word('materialized')) this.index++;
      const own = name.text.toLowerCase();
      if (this.mark('(')) {
        const close = this.closing(this.index, end);
        this.index++;
        // Only a UNION under RECURSIVE makes a CTE see itself; any other one sees the table that it is about to shadow.
        this.query(recursive && this.unites(this.index, close) ? new Set([...names, own]) : names, close);
        this.index = close + 1;
      }
      names.add(own);
      if (!this.mark(',')) break;
      this.index++;
    }
    return names;
  }

  /** Whether the tokens up to `end` hold a UNION at their own depth. */
  private unites(from: number, end: number): boolean {
    for (let index = from; index < end; index++) {
      const token = this.tokens[index]!;
      if (token.kind === 'mark' && '([{'.includes(token.text)) index = this.closing(index, end);
      else if (token.kind === 'word' && token.text === 'union') return true;
    }
    return false;
  }

  /**
   * Everything after WITH. In `table` mode a name is a table; in `joined` mode an expression (ON …) follows a table, and a
   * comma brings the next one; in `expression` mode only brackets and FROM matter.
   */
  private body(scope: ReadonlySet<string>, end: number, start: 'table' | 'expression', inCall = false): void {
    let mode: 'table' | 'joined' | 'expression' = start;
    let selected = false;
    let subject = false; // inside PIVOT … ON …, where commas do not bring tables
    while (this.index < end) {
      const token = this.tokens[this.index]!;
      if (token.kind === 'mark') {
        if ('([{'.includes(token.text)) {
          const from = this.index;
          const close = this.closing(from, end);
          this.index++;
          const inner = this.tokens[this.index];
          if (
            token.text === '(' &&
            inner &&
            inner.kind === 'word' &&
            queryStarts.has(inner.text) &&
            !this.isPlainName(close)
          )
            this.query(scope, close);
          else if (mode === 'table' && token.text === '(') this.body(scope, close, 'table');
          else this.body(scope, close, 'expression', true);
          this.index = close + 1;
          if (mode === 'table') {
            this.alias(end);
            mode = subject ? 'expression' : 'joined';
          }
          continue;
        }
        this.index++;
        if (token.text === ',' && mode === 'joined') mode = 'table';
        else if (token.text === ';') return;
        continue;
      }
      const before = this.index;
      if (mode === 'table' && this.tableReference(scope, end)) {
        mode = subject ? 'expression' : 'joined';
        continue;
      }
      if (this.index !== before) continue;
      if (token.kind === 'word' && !this.afterDot()) {
        // FROM inside a call (extract, substring, trim) is the call's own, unless a SELECT stands before it.
        if (token.text === 'select') selected = true;
        if (token.text === 'from' && !this.isDistinctFrom() && (!inCall || selected)) {
          mode = 'table';
          subject = false;
        } else if (
          token.text === 'with' &&
          mode === 'expression' &&
          this.tokens[this.index - 1]?.kind !== 'word' &&
          this.index > 0
        ) {
          this.query(scope, end);
          continue;
        } else if (token.text === 'join' && mode === 'joined') mode = 'table';
        else if (
          (token.text === 'pivot' ||
            token.text === 'unpivot' ||
            token.text === 'pivot_wider' ||
            token.text === 'pivot_longer') &&
          mode === 'expression' &&
          !this.nameNext()
        ) {
          mode = 'table';
          subject = true;
          if (token.text.startsWith('pivot')) this.pivotValues(token, end);
        } else if (
          (token.text === 'table' || token.text === 'describe' || token.text === 'summarize') &&
          mode === 'expression' &&
          this.beginsQuery()
        ) {
          mode = 'table';
          subject = token.text !== 'table';
        } else if (clauseEnds.has(token.text) && mode === 'joined') mode = 'expression';
        else if (token.text === 'using' && this.tokens[this.index + 1]?.text === 'sample') mode = 'expression';
      }
      this.index++;
    }
  }

  /** A PIVOT that lists no values has columns that only the data tells, which DuckDB refuses inside one SELECT. */
  private pivotValues(pivot: Token, end: number): void {
    for (let index = this.index + 1; index < end; index++) {
      const token = this.tokens[index]!;
      if (isMark(token, ')')) break;
      if (token.kind === 'word' && token.text === 'in') return;
      if (token.kind === 'mark' && '([{'.includes(token.text)) index = this.closing(index, end);
    }
    this.problem(
      'sql_pivot_values',
      'This PIVOT lists no values, so its columns would depend on the data. Write ON column IN (value, …).',
      pivot.at,
    );
  }

  /** One table after FROM, JOIN or a comma. False: the token here is none, and stays. */
  private tableReference(scope: ReadonlySet<string>, end: number): boolean {
    const token = this.tokens[this.index]!;
    if (token.kind === 'string') {
      this.problem(
        'sql_undeclared_input',
        `${token.raw} is a file read past the node's inputs. Read it with a Read file node and name that table here.`,
        token.at,
      );
      this.index++;
      this.alias(end);
      return true;
    }
    if (token.kind === 'word' && (token.text === 'lateral' || token.text === 'only')) {
      this.index++;
      if (this.mark('(')) return false;
      return this.index < end && this.tableReference(scope, end);
    }
    if (token.kind === 'word' && token.text === 'values') {
      this.index++;
      return true;
    }
    if (
      token.kind === 'word' &&
      (clauseEnds.has(token.text) || joinWords.has(token.text) || token.text === 'join' || token.text === 'on')
    )
      return false;
    if (token.kind !== 'word' && token.kind !== 'name') return false;
    // DuckDB takes an alias in front, too: FROM f: flights.
    if (isMark(this.tokens[this.index + 1], ':') && this.index + 2 < end) {
      this.index += 2;
      if (this.mark('(')) return false;
      return this.tableReference(scope, end);
    }
    const parts = [token];
    this.index++;
    while (this.index + 1 < end && this.mark('.') && isName(this.tokens[this.index + 1])) {
      parts.push(this.tokens[this.index + 1]!);
      this.index += 2;
    }
    if (this.index < end && this.mark('(')) {
      const close = this.closing(this.index, end);
      const name = parts.at(-1)!.text.toLowerCase();
      if (!pureTableFunctions.has(name))
        this.problem(
          'sql_undeclared_input',
          `${name}(…) reads past the node's inputs, so it could not be traced or reused. Read the data with a Read file node and name that table here.`,
          token.at,
        );
      this.index++;
      this.body(scope, close, 'expression');
      this.index = close + 1;
    } else if (parts.length > 1) {
      const whole = parts.map((part) => part.raw).join('.');
      this.problem(
        'sql_qualified_name',
        `${whole} names a table in a schema, and a node has only its inputs. Write the plain name of an input port.`,
        token.at,
      );
    } else if (!(token.kind === 'word' && token.text === '$') && !scope.has(token.text.toLowerCase()))
      this.table(token);
    this.alias(end);
    return true;
  }

  private table(token: Token): void {
    const name = token.kind === 'word' ? token.raw : token.text;
    const key = name.toLowerCase();
    if (this.tables.has(key)) return;
    if (!PortName.safeParse(name).success) {
      const file = /\.(parquet|csv|tsv|json|ndjson|jsonl|xlsx)(\.\w+)?$/i.test(name) || name.includes('/');
      this.problem(
        file ? 'sql_undeclared_input' : 'sql_port_name',
        file
          ? `"${name}" is a file read past the node's inputs. Read it with a Read file node and name that table here.`
          : `"${name}" cannot be an input port: a port's name has letters, digits and _ only, no spaces, and 63 characters at most. Rename the table.`,
        token.at,
      );
      return;
    }
    this.tables.set(key, name);
  }

  /** AS alias (columns) after a table, so that an alias that looks like a word of the grammar is not taken for one. */
  private alias(end: number): void {
    if (this.index >= end) return;
    if (this.word('as')) {
      this.index++;
      if (isName(this.tokens[this.index]) && this.index < end) this.index++;
    } else {
      const token = this.tokens[this.index]!;
      const free =
        token.kind === 'name' ||
        (token.kind === 'word' &&
          !clauseEnds.has(token.text) &&
          !joinWords.has(token.text) &&
          !grammarWords.has(token.text));
      if (!free) return;
      this.index++;
    }
    if (this.index < end && this.mark('(')) this.skipGroup(end);
  }

  private isDistinctFrom(): boolean {
    const before = this.tokens[this.index - 1];
    const earlier = this.tokens[this.index - 2];
    return (
      before?.kind === 'word' &&
      before.text === 'distinct' &&
      earlier?.kind === 'word' &&
      (earlier.text === 'is' || earlier.text === 'not')
    );
  }

  /** `(table)`, `(values)` … : a bracket around a single name is that name, whatever word it looks like. */
  private isPlainName(close: number): boolean {
    return close === this.index + 1;
  }

  private beginsQuery(): boolean {
    const before = this.tokens[this.index - 1];
    return (
      !before ||
      isMark(before, '(') ||
      (before.kind === 'word' && ['union', 'all', 'except', 'intersect', 'name'].includes(before.text))
    );
  }

  /** A column may be called pivot: then something follows that no table reference starts with. */
  private nameNext(): boolean {
    const next = this.tokens[this.index + 1];
    return !this.beginsQuery() || !next || (!isName(next) && !isMark(next, '('));
  }

  private afterDot(): boolean {
    // A dot with nothing right behind it is still being typed: `select f. from flights f`.
    const before = this.tokens[this.index - 1];
    return isMark(before, '.') && before!.at + 1 === this.tokens[this.index]!.at;
  }

  private word(text: string): boolean {
    const token = this.tokens[this.index];
    return token?.kind === 'word' && token.text === text;
  }

  private mark(text: string): boolean {
    return isMark(this.tokens[this.index], text);
  }

  private skipGroup(end: number): void {
    this.index = this.closing(this.index, end) + 1;
  }

  /** Index of the bracket that closes the one at `open`; `end` when none does, which is what half-typed code looks like. */
  private closing(open: number, end: number): number {
    return Math.min(this.tokens[open]!.closes ?? end, end);
  }

  private problem(code: string, message: string, at: number): void {
    if (this.problems.length < 20) this.problems.push(problemAt(this.code, code, message, at));
  }
}

const grammarWords = new Set([
  'on',
  'using',
  'join',
  'as',
  'tablesample',
  'pivot',
  'unpivot',
  'pivot_wider',
  'pivot_longer',
  'match_condition',
  'from',
  'into',
  'values',
  'in',
  'and',
  'or',
  'not',
  'exists',
  'any',
  'all',
  'some',
  'then',
  'else',
  'when',
  'case',
  'by',
  'lateral',
  'at',
]);

const isMark = (token: Token | undefined, text: string): boolean => token?.kind === 'mark' && token.text === text;
const isName = (token: Token | undefined): boolean => token?.kind === 'word' || token?.kind === 'name';

function problemAt(code: string, name: string, message: string, at: number): Problem {
  const before = code.slice(0, at);
  return {
    code: name,
    message,
    at: '/code',
    severity: 'error',
    line: before.split('\n').length,
    column: at - before.lastIndexOf('\n'),
  };
}

const patterns = {
  space: /\s+/y,
  line: /--[^\n]*/y,
  dollar: /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y,
  parameter: /\$[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y,
  unnamed: /\$\d+|\?\d*/y,
  word: /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y,
  number: /(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y,
};

/** DuckDB's tokens: nested comments, dollar quotes, escapes only in E'…'. What never closes runs to the end and is told. */
function tokenize(code: string): { tokens: Token[]; problems: Problem[] } {
  const tokens: Token[] = [];
  const problems: Problem[] = [];
  const open: Token[] = [];
  let at = 0;
  const report = (name: string, message: string, where: number) => {
    if (problems.length < 20) problems.push(problemAt(code, name, message, where));
  };
  const unclosed = (what: string, where: number, mark: string) =>
    report('sql_unclosed', `${what} begins here and never ends. Close it with ${mark}.`, where);
  const matched = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(code)?.[0];
  };
  const push = (kind: Token['kind'], end: number, text?: string) => {
    const raw = code.slice(at, end);
    tokens.push({ kind, text: text ?? raw, raw, at });
    at = end;
  };
  const quoted = (what: string, end: number, mark: string) => {
    if (end < 0) unclosed(what, at, mark);
    return end < 0 ? code.length : end;
  };

  while (at < code.length) {
    const char = code[at]!;
    const blank = matched(patterns.space) ?? matched(patterns.line);
    if (blank) {
      at += blank.length;
      continue;
    }
    if (char === '/' && code[at + 1] === '*') {
      at = quoted('This comment', commentEnd(code, at), '*/');
      continue;
    }
    const escaped = (char === 'e' || char === 'E') && code[at + 1] === "'";
    if (char === "'" || escaped) {
      push('string', quoted('This text', quoteEnd(code, at + (escaped ? 1 : 0), "'", escaped), "'"));
      continue;
    }
    if (char === '"') {
      const end = quoted('This name', quoteEnd(code, at, '"', false), '"');
      push(
        'name',
        end,
        code.slice(at + 1, code[end - 1] === '"' && end > at + 1 ? end - 1 : end).replaceAll('""', '"'),
      );
      continue;
    }
    const dollar = matched(patterns.dollar);
    if (dollar) {
      const close = code.indexOf(dollar, at + dollar.length);
      push('string', quoted('This text', close < 0 ? close : close + dollar.length, dollar));
      continue;
    }
    const parameter = matched(patterns.parameter);
    if (parameter) {
      push('parameter', at + parameter.length, parameter.slice(1));
      continue;
    }
    const unnamed = matched(patterns.unnamed);
    if (unnamed) {
      report(
        'sql_parameter_name',
        `${unnamed} is a parameter without a name. Name it, for example $threshold, so that it gets a field in the form.`,
        at,
      );
      push('number', at + unnamed.length);
      continue;
    }
    const word = matched(patterns.word);
    if (word) {
      push('word', at + word.length, word.toLowerCase());
      continue;
    }
    const number = matched(patterns.number);
    if (number) {
      push('number', at + number.length);
      continue;
    }
    push('mark', at + (code.startsWith('::', at) || code.startsWith(':=', at) ? 2 : 1));
    const token = tokens.at(-1)!;
    if ('([{'.includes(char)) {
      open.push(token);
      if (open.length > maxDepth) {
        const message = `The query is nested more than ${maxDepth} brackets deep here. Split it into several nodes.`;
        return { tokens: [], problems: [problemAt(code, 'sql_too_deep', message, token.at)] };
      }
    } else if (')]}'.includes(char)) {
      const opener = open.pop();
      if (opener) opener.closes = tokens.length - 1;
      else report('sql_unclosed', `"${char}" closes nothing. Remove it.`, token.at);
    }
  }
  for (const token of open.slice(0, 5)) unclosed(`"${token.text}"`, token.at, closers[token.text]!);
  return { tokens, problems };
}

const closers: Record<string, string> = { '(': ')', '[': ']', '{': '}' };

function commentEnd(code: string, from: number): number {
  let depth = 0;
  for (let at = from; at < code.length - 1; at++) {
    const pair = code.slice(at, at + 2);
    if (pair === '/*') depth++;
    else if (pair === '*/' && --depth === 0) return at + 2;
    else continue;
    at++;
  }
  return -1;
}

function quoteEnd(code: string, from: number, quote: string, escaped: boolean): number {
  for (let at = from + 1; at < code.length; at++) {
    if (escaped && code[at] === '\\') at++;
    else if (code[at] === quote) {
      if (code[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return -1;
}

/** What a cast right after a parameter says about it: `$from::DATE` gets a date field. Without one any value will do. */
const castTypes: Record<string, Record<string, Json>> = {
  date: { type: 'string', format: 'date' },
  timestamp: { type: 'string', format: 'date-time' },
  timestamptz: { type: 'string', format: 'date-time' },
  datetime: { type: 'string', format: 'date-time' },
  varchar: { type: 'string' },
  text: { type: 'string' },
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  bool: { type: 'boolean' },
  ...Object.fromEntries(
    ['tinyint', 'smallint', 'integer', 'int', 'bigint', 'hugeint', 'utinyint', 'usmallint', 'uinteger', 'ubigint'].map(
      (name) => [name, { type: 'integer' }],
    ),
  ),
  ...Object.fromEntries(['float', 'real', 'double', 'decimal', 'numeric'].map((name) => [name, { type: 'number' }])),
};

function parameterSchema(tokens: readonly Token[]): Signature['parameters'] {
  const properties: Record<string, Record<string, Json>> = {};
  tokens.forEach((token, index) => {
    if (token.kind !== 'parameter') return;
    const cast = isMark(tokens[index + 1], '::') ? castTypes[tokens[index + 2]?.text ?? ''] : undefined;
    const array = cast && isMark(tokens[index + 3], '[');
    properties[token.text] ??= { title: titleOf(token.text) };
    if (cast && !properties[token.text]!.type)
      Object.assign(properties[token.text]!, array ? { type: 'array', items: cast } : cast);
  });
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const titleOf = (name: string): string => {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};
