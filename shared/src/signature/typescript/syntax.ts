/** Decides how the parser's tree of a TypeScript text is read: its children, its types, the values of its literals. */
import type { PartialParse, SyntaxNode, Tree } from '@lezer/common';
import { parser } from '@lezer/javascript';
import type { Json } from '../../json.ts';
import type { Problem } from '../../problem.ts';
import type { Signature } from '../signature.ts';

/** Deeper types are not read: nobody writes them, and reading them would cost the stack. */
export const maxDepth = 40;

export interface Entry {
  name: SyntaxNode;
  type: SyntaxNode | null;
  default: boolean;
  optional: boolean;
  rest: boolean;
}

/** The parameters of a list, in order; what the parser could not read of one leaves the others as they are. */
export function entriesIn(list: SyntaxNode): Entry[] {
  const entries: Entry[] = [];
  let rest = false;
  for (const child of childrenOf(list)) {
    const entry = entries.at(-1);
    if (child.name === 'Spread') rest = true;
    else if (child.name === 'VariableDefinition' || child.name === 'ObjectPattern' || child.name === 'ArrayPattern') {
      entries.push({ name: child, type: null, default: false, optional: false, rest });
      rest = false;
    } else if (!entry) continue;
    else if (child.name === 'Optional') entry.optional = true;
    else if (child.name === 'Equals') entry.default = true;
    else if (child.name === 'TypeAnnotation') entry.type = typesIn(child)[0] ?? null;
  }
  return entries;
}

export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) children.push(child);
  return children;
}

export const isType = (node: SyntaxNode): boolean => /^(TypeName|.*Type)$/.test(node.name);
export const typesIn = (node: SyntaxNode): SyntaxNode[] => childrenOf(node).filter(isType);
export const isNothing = (text: string): boolean => text === 'undefined' || text === 'null';

const declarations = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunction',
  'VariableDeclaration',
  'VariableName',
  'ExportGroup',
  'InterfaceDeclaration',
  'TypeAliasDeclaration',
]);
export const declarationIn = (statement: SyntaxNode): SyntaxNode | undefined =>
  childrenOf(statement).find((child) => declarations.has(child.name));

export function nodeAfter(node: SyntaxNode, mark: string): SyntaxNode | null {
  return node.getChild(mark)?.nextSibling ?? null;
}
export const typeAfter = (node: SyntaxNode, mark: string): SyntaxNode | null => {
  const next = nodeAfter(node, mark);
  return next && isType(next) ? next : null;
};

/** The value of a literal; undefined for anything that would have to be run. */
export function literalOf(code: string, node: SyntaxNode, depth = 0): Json | undefined {
  const text = code.slice(node.from, node.to);
  if (depth > maxDepth) return undefined;
  switch (node.name) {
    case 'Number': {
      const value = Number(text.replaceAll('_', ''));
      return Number.isFinite(value) ? value : undefined;
    }
    case 'UnaryExpression': {
      const operand = node.lastChild && literalOf(code, node.lastChild, depth + 1);
      if (typeof operand !== 'number') return undefined;
      return text.startsWith('-') ? -operand : text.startsWith('+') ? operand : undefined;
    }
    case 'BooleanLiteral':
      return text === 'true';
    case 'null':
      return null;
    case 'String':
      return stringOf(text);
    case 'TemplateString':
      return text.includes('${') ? undefined : stringOf(text);
    case 'ArrayExpression': {
      const members = childrenOf(node)
        .filter((child) => !['[', ']', ','].includes(child.name))
        .map((child) => literalOf(code, child, depth + 1));
      return members.includes(undefined) ? undefined : (members as Json[]);
    }
    case 'ObjectExpression': {
      const value: Record<string, Json> = Object.create(null);
      for (const property of node.getChildren('Property')) {
        const name = property.getChild('PropertyDefinition') ?? property.getChild('String');
        const member = property.lastChild && literalOf(code, property.lastChild, depth + 1);
        if (!name || member === undefined || member === null) return undefined;
        value[code.slice(name.from, name.to).replace(/^(['"])(.*)\1$/, '$2')] = member;
      }
      return { ...value };
    }
  }
  return undefined;
}

function stringOf(literal: string): string | undefined {
  if (literal.length < 2 || literal.at(-1) !== literal[0]) return undefined;
  const escapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', 0: '\0', '\n': '' };
  return literal
    .slice(1, -1)
    .replace(/\\(u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[\s\S])/g, (_, mark: string) => {
      if (!/^[ux]./.test(mark)) return escapes[mark] ?? mark;
      const point = Number.parseInt(mark.replace(/[ux{}]/g, ''), 16);
      return point <= 0x10ffff ? String.fromCodePoint(point) : '';
    });
}

const typescript = parser.configure({ dialect: 'ts' });
/** Of the parser's steps, those in which it looks for a way on after a mistake: each costs as much as a hundred others. */
const mostStepsAstray = 10_000;
/** No code of a person's takes as long; what was made to take long, by whatever means, ends here. */
const longestMs = 3000;

/** What is caught may have its type written, `any` or `unknown`; the parser does not know that corner. */
const caughtType = /(?<=\bcatch\s*\(\s*[\w$]{1,100}\s*):\s*(?:any|unknown)(?=\s*\))/g;

/** The code as a tree, as far as it can be had: `whole` is false where reading all of it would cost too much. */
export function treeOf(code: string): { tree: Tree; whole: boolean } {
  const known = code.replaceAll(caughtType, (type) => ' '.repeat(type.length));
  const parse = typescript.startParse(known) as PartialParse & { recovering: number };
  const until = performance.now() + longestMs;
  let [steps, astray, whole] = [0, 0, true];
  try {
    for (;;) {
      const tree = parse.advance();
      if (tree) return { tree, whole };
      if (parse.recovering > 0) astray++;
      if (whole && (astray > mostStepsAstray || (++steps % 64 === 0 && performance.now() > until))) {
        parse.stopAt(parse.parsedPos);
        whole = false;
      }
    }
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    return { tree: typescript.parse(''), whole: false }; // nested deeper than the parser's own stack
  }
}

/** Whether brackets nest so deep that no person wrote it; the parser would spend seconds on it. Strings are counted along. */
export function isTooDeep(code: string): boolean {
  let depth = 0;
  for (let at = 0; at < code.length; at++) {
    const char = code[at]!;
    if (char === '(' || char === '[' || char === '{') depth++;
    else if (char === ')' || char === ']' || char === '}') depth = Math.max(0, depth - 1);
    if (depth > 1000) return true;
  }
  return /(?<![\w.])(?:[\w.]+<\s*){200}/.test(code);
}

export function schemaFrom(value: Json): Record<string, Json> {
  if (Array.isArray(value)) return { type: 'array', items: value.length ? schemaFrom(value[0]!) : {} };
  if (value === null) return {};
  return { type: typeof value as 'number' | 'string' | 'boolean' | 'object' };
}

export const schemaOf = (
  properties: Record<string, Record<string, Json>>,
  required: string[],
): Signature['parameters'] => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

export const docOf = (comment: string): string =>
  comment
    .replace(/^\/\*+|\*+\/$/g, '')
    .split('\n')
    .map((line) => line.replace(/^\s*\*?\s?/, '').trim())
    .filter(Boolean)
    .join(' ');

export function titleOf(name: string): string {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function problemAt(code: string, name: string, message: string, at: number): Problem {
  const before = code.slice(0, Math.max(0, at));
  return {
    code: name,
    message,
    at: '/code',
    severity: 'error',
    line: before.split('\n').length,
    column: Math.max(1, at - before.lastIndexOf('\n')),
  };
}
