/** Decides what a name in an annotation or default stands for: an import, a class or a constant of the same code. */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import type { Json } from '../../json.ts';
import { childrenOf, type Expression, isReadable, Reader } from './expression.ts';
import type { Statement } from './statements.ts';

export interface Field {
  name: string;
  type: Expression;
  at: number;
}

/** A class of the node's own code, as far as a signature asks. */
export interface OwnClass {
  name: string;
  bases: string[];
  fields: Field[];
  /** `NAME = value` lines of an Enum. */
  members: Map<string, Json>;
  methods: Set<string>;
  isDataclass: boolean;
  /** A TypedDict with `total=False`: every field may be missing. */
  isPartial: boolean;
}

/** Longer classes and constants are left to Python: reading them at each keystroke would be felt. */
const longestRead = 50_000;

export class Scope {
  private readonly code: string;
  private readonly imports = new Map<string, string>();
  private readonly classes = new Map<string, Statement | OwnClass>();
  private readonly assigned = new Map<string, Statement | Expression>();

  constructor(code: string, statements: readonly Statement[]) {
    this.code = code;
    for (const statement of statements) {
      if (statement.kind === 'import' || statement.kind === 'other') this.readImports(statement.bare);
      if (statement.kind === 'class') {
        const name = /^class\s+([^\W\d]\w*)/u.exec(code.slice(statement.start, statement.to))?.[1];
        if (name) this.classes.set(name, statement);
      }
      if (statement.kind === 'other') {
        const name = /^([^\W\d]\w*)\s*(:[^=\n]*)?=(?!=)/u.exec(statement.bare)?.[1];
        const alias = /^type\s+([^\W\d]\w*)\s*=/u.exec(statement.bare)?.[1];
        if (name ?? alias) this.assigned.set((name ?? alias)!, statement);
      }
    }
  }

  /** The full name: `pd.DataFrame` is `pandas.DataFrame` after `import pandas as pd`. */
  fullName(name: string): string {
    const [first, ...rest] = name.split('.');
    return [this.imports.get(first!) ?? first!, ...rest].join('.');
  }

  ownClass(name: string): OwnClass | undefined {
    const found = this.classes.get(name);
    if (!found) return undefined;
    if ('bases' in found) return found;
    if (!isReadable(this.code.slice(found.start, found.to), longestRead)) return undefined;
    const read = readClass(this.code, found, name);
    this.classes.set(name, read);
    return read;
  }

  /** What `NAME = …` at the top level assigns. */
  assignment(name: string): Expression | undefined {
    const found = this.assigned.get(name);
    if (!found) return undefined;
    if ('type' in found) return found;
    if (!isReadable(this.code.slice(found.start, found.to), longestRead)) return undefined;
    this.assigned.delete(name); // a name that stands for itself ends here
    const text = this.code.slice(found.start, found.to).replace(/^type\s+(?=[^\W\d]\w*\s*=)/u, '     ');
    const node = parser.parse(text).topNode.firstChild;
    const value = node?.name === 'AssignStatement' ? node.lastChild : null;
    const read = new Reader(text, found.start).read(value);
    this.assigned.set(name, read);
    return read;
  }

  private readImports(bare: string): void {
    const line = /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+)?import[ \t]+(\([^)]*\)?|(?:[^\n;\\]|\\\r?\n)+)/gmu;
    for (const [, module, list] of bare.matchAll(line)) {
      for (const part of list!.replace(/[()\\]/g, ' ').split(',')) {
        const words = part.trim().split(/\s+/);
        const [name, as, local] = words;
        if (!name || !/^[\w.]+$/u.test(name)) continue;
        if (module) this.imports.set(as === 'as' && local ? local : name, `${module.replace(/^\.+/, '')}.${name}`);
        else if (as === 'as' && local) this.imports.set(local, name);
        else this.imports.set(name.split('.')[0]!, name.split('.')[0]!);
      }
    }
  }
}

function readClass(code: string, statement: Statement, name: string): OwnClass {
  const text = code.slice(statement.start, statement.to);
  const reader = new Reader(text, statement.start);
  const decorators = code.slice(statement.from, statement.start);
  const found: OwnClass = {
    name,
    bases: [],
    fields: [],
    members: new Map(),
    methods: new Set(),
    isDataclass: /^@\s*(?:[\w.]+\.)?dataclass\b/mu.test(decorators),
    isPartial: false,
  };
  const node = parser.parse(text).topNode.firstChild;
  if (node?.name !== 'ClassDefinition') return found;
  for (const child of childrenOf(node)) {
    if (child.name === 'ArgList') {
      const keyword = childrenOf(child);
      keyword.forEach((each, index) => {
        if (keyword[index + 1]?.name === 'AssignOp') {
          if (reader.slice(each) === 'total')
            found.isPartial =
              keyword[index + 2]?.firstChild?.name === 'False' ||
              (keyword[index + 2] ? reader.slice(keyword[index + 2]!) === 'False' : false);
        } else if (keyword[index - 1]?.name !== 'AssignOp') {
          const base = reader.read(each);
          if (base.type === 'name' || base.type === 'generic') found.bases.push(base.name);
        }
      });
    }
    if (child.name === 'Body') for (const line of childrenOf(child)) readMember(found, line, reader);
  }
  return found;
}

function readMember(found: OwnClass, node: SyntaxNode, reader: Reader): void {
  if (node.name === 'DecoratedStatement') {
    const inner = node.getChild('FunctionDefinition');
    if (inner) readMember(found, inner, reader);
    return;
  }
  const [first, second, third] = childrenOf(node);
  if (node.name === 'FunctionDefinition') {
    const name = node.getChild('VariableName');
    if (name) found.methods.add(reader.slice(name));
  } else if (node.name === 'AssignStatement' && first?.name === 'VariableName') {
    const name = reader.slice(first);
    if (second?.name === 'TypeDef')
      found.fields.push({ name, type: reader.read(second.lastChild), at: reader.at(first) });
    else if (second?.name === 'AssignOp' && third) {
      const value = reader.read(third);
      if (value.type === 'constant') found.members.set(name, value.value);
    }
  }
}
