/** Decides how an annotation or a default reads: turns the parser's nodes into a few plain shapes with their offsets. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import type { Json } from '../../json.ts';
import { stringPrefix } from './statements.ts';

export type Expression = { at: number } & (
  | { type: 'name'; name: string }
  | { type: 'generic'; name: string; of: Expression[] }
  | { type: 'union'; of: Expression[] }
  | { type: 'constant'; value: Json; python: 'int' | 'float' | 'str' | 'bool' | 'none' }
  | { type: 'sequence'; of: Expression[]; python: 'list' | 'tuple' | 'set' }
  | { type: 'mapping'; of: [Expression, Expression][] }
  | { type: 'call'; name: string; of: Expression[] }
  | { type: 'arithmetic'; mark: string; of: Expression[] }
  | { type: 'ellipsis' }
  | { type: 'unread' }
);

/** Deeper than this is not read: nobody writes it, and reading it would cost the stack. */
const maxDepth = 60;
const mostChildren = 4000;

export class Reader {
  private readonly text: string;
  private readonly offset: number;

  constructor(text: string, offset: number) {
    this.text = text;
    this.offset = offset;
  }

  slice(node: SyntaxNode): string {
    return this.text.slice(node.from, node.to);
  }

  at(node: SyntaxNode): number {
    return this.offset + node.from;
  }

  read(node: SyntaxNode | null, depth = 0): Expression {
    if (!node || depth > maxDepth) return { type: 'unread', at: this.offset + (node?.from ?? 0) };
    const at = this.at(node);
    const inner = (each: SyntaxNode) => this.read(each, depth + 1);
    switch (node.name) {
      case 'VariableName':
        return { type: 'name', name: this.slice(node), at };
      case 'None':
        return { type: 'constant', value: null, python: 'none', at };
      case 'Boolean':
        return { type: 'constant', value: this.slice(node) === 'True', python: 'bool', at };
      case 'Number':
        return numberOf(this.slice(node), at);
      case 'String': {
        const value = stringOf(this.slice(node));
        return value === undefined ? { type: 'unread', at } : { type: 'constant', value, python: 'str', at };
      }
      case 'ContinuedString': {
        const parts = childrenOf(node).map(inner);
        const value = parts.map((part) => (part.type === 'constant' ? String(part.value) : undefined));
        if (value.includes(undefined)) return { type: 'unread', at };
        return { type: 'constant', value: value.join(''), python: 'str', at };
      }
      case 'Ellipsis':
        return { type: 'ellipsis', at };
      case 'ParenthesizedExpression':
        return inner(childrenOf(node).find((child) => child.name !== '(' && child.name !== ')') ?? node.firstChild!);
      case 'UnaryExpression': {
        const [mark, operand] = childrenOf(node);
        const value = operand && inner(operand);
        if (value?.type === 'constant' && typeof value.value === 'number' && mark)
          return { ...value, value: this.slice(mark) === '-' ? -value.value : value.value, at };
        return { type: 'unread', at };
      }
      case 'BinaryExpression': {
        const [left, mark, right] = childrenOf(node);
        if (!left || !mark || !right) return left ? inner(left) : { type: 'unread', at };
        if (this.slice(mark) !== '|')
          return { type: 'arithmetic', mark: this.slice(mark), of: [inner(left), inner(right)], at };
        const sides = [inner(left), inner(right)];
        return { type: 'union', of: sides.flatMap((side) => (side.type === 'union' ? side.of : [side])), at };
      }
      case 'ArrayExpression':
      case 'TupleExpression':
      case 'SetExpression': {
        const python = node.name === 'ArrayExpression' ? 'list' : node.name === 'TupleExpression' ? 'tuple' : 'set';
        return { type: 'sequence', python, of: listOf(node).map(inner), at };
      }
      case 'DictionaryExpression': {
        const parts = listOf(node).filter((child) => child.name !== ':');
        const pairs: [Expression, Expression][] = [];
        for (let index = 0; index + 1 < parts.length; index += 2)
          pairs.push([inner(parts[index]!), inner(parts[index + 1]!)]);
        return { type: 'mapping', of: pairs, at };
      }
      case 'MemberExpression':
        return this.member(node, depth);
      case 'CallExpression': {
        const [callee, list] = childrenOf(node);
        const target = callee && inner(callee);
        if (target?.type !== 'name' || !list) return { type: 'unread', at };
        const keyed = childrenOf(list).some((child) => child.name === 'AssignOp' || child.name.startsWith('*'));
        return keyed ? { type: 'unread', at } : { type: 'call', name: target.name, of: listOf(list).map(inner), at };
      }
      default:
        return { type: 'unread', at };
    }
  }

  /** `pd.DataFrame` is a name, `list[int]` a generic. */
  private member(node: SyntaxNode, depth: number): Expression {
    const at = this.at(node);
    const [object, ...rest] = childrenOf(node);
    const base = object ? this.read(object, depth + 1) : undefined;
    if (base?.type !== 'name') return { type: 'unread', at };
    const property = rest.find((child) => child.name === 'PropertyName');
    if (rest[0]?.name === '.')
      return { type: 'name', name: property ? `${base.name}.${this.slice(property)}` : base.name, at };
    const of = rest.filter((child) => !marks.has(child.name)).map((child) => this.read(child, depth + 1));
    return {
      type: 'generic',
      name: base.name,
      of: of.flatMap((each) => (each.type === 'sequence' && each.python === 'tuple' ? each.of : [each])),
      at,
    };
  }
}

/** The annotation inside a quoted one: `"pd.DataFrame"`. */
export function expressionIn(text: string, at: number): Expression {
  const tree = parser.parse(text);
  const statement = tree.topNode.firstChild;
  const node = statement?.name === 'ExpressionStatement' ? statement.firstChild : null;
  const read = new Reader(text, at).read(node);
  return read.type === 'unread' ? { type: 'unread', at } : read;
}

const marks = new Set(['(', ')', '[', ']', '{', '}', ',', 'Comment', '⚠']);
/** The first so many children: no signature has more, and code of a stranger must not cost seconds. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child && children.length < mostChildren; child = child.nextSibling)
    if (child.name !== 'Comment') children.push(child);
  return children;
}

/** Whether a text may be given to the parser, whose time grows faster than the text once brackets are nested deep. */
export function isReadable(text: string, longest: number): boolean {
  if (text.length > longest) return false;
  let depth = 0;
  for (const char of text) {
    if (char === '(' || char === '[' || char === '{') depth++;
    else if ((char === ')' || char === ']' || char === '}') && depth > 0) depth--;
    if (depth > 100) return false;
  }
  return true;
}

const listOf = (node: SyntaxNode) => childrenOf(node).filter((child) => !marks.has(child.name));

function numberOf(text: string, at: number): Expression {
  const plain = text.replaceAll('_', '').toLowerCase();
  if (plain.endsWith('j')) return { type: 'unread', at };
  const isFloat = !/^0[xob]/.test(plain) && /[.e]/.test(plain);
  const value = Number(plain);
  return Number.isFinite(value)
    ? { type: 'constant', value, python: isFloat ? 'float' : 'int', at }
    : { type: 'unread', at };
}

const escapes: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

function stringOf(literal: string): string | undefined {
  const kind = stringPrefix(literal);
  if (/[bft]/.test(kind)) return undefined;
  const quoted = literal.slice(kind.length);
  const width = /^("""|''')/.test(quoted) ? 3 : 1;
  if (quoted.length < 2 * width || !quoted.endsWith(quoted.slice(0, width))) return undefined;
  const text = quoted.slice(width, -width);
  if (kind.includes('r')) return text;
  return text.replace(
    /\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{1,3}|[\s\S])/g,
    (whole, code: string) => {
      if (/^[xuU]./.test(code) && code.length > 1) {
        const point = Number.parseInt(code.slice(1), 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
      }
      if (/^[0-7]/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
      return escapes[code] ?? whole;
    },
  );
}
