/**
 * Decides what a TypeScript node declares: its exported function's positional parameters are ports, the members of its last
 * object parameter the form, and its return type names the outputs. Half-typed code keeps what can be read.
 */
import type { SyntaxNode } from '@lezer/common';
import type { Json } from '../json.ts';
import { type Port, type PortKind, PortName } from '../node-type/ports.ts';
import { secretSchema } from '../pipeline/secrets.ts';
import type { Problem } from '../problem.ts';
import type { Signature } from './signature.ts';
import {
  childrenOf,
  declarationIn,
  docOf,
  entriesIn,
  isNothing,
  isTooDeep,
  isType,
  literalOf,
  maxDepth,
  nodeAfter,
  problemAt,
  schemaFrom,
  schemaOf,
  titleOf,
  treeOf,
  typeAfter,
  typesIn,
} from './typescript/syntax.ts';

/** The types of the `drawloom` module, and the plain ones that travel as a value. */
const kinds: Record<string, PortKind> = {
  Table: 'table',
  Model: 'model',
  Metrics: 'metrics',
  Figure: 'figure',
  Document: 'document',
  File: 'file',
  Folder: 'folder',
  Value: 'value',
  Artifact: 'any',
  any: 'any',
  unknown: 'any',
};
const names = Object.keys(kinds).filter((name) => /^[A-Z]/.test(name) && name !== 'Artifact');

export function readTypeScript(code: string): Signature {
  return new Reading(code).signature();
}

interface FunctionNodes {
  name: string;
  node: SyntaxNode;
}

class Reading {
  private readonly code: string;
  private readonly top: SyntaxNode;
  private readonly problems: Problem[] = [];
  /** Types declared in the file, by name, so that a node's options may have an interface of their own. */
  private readonly types = new Map<string, SyntaxNode>();

  constructor(code: string) {
    this.code = code;
    const deep = isTooDeep(code);
    const { tree, whole } = treeOf(deep ? '' : code);
    this.top = tree.topNode;
    if (!whole)
      this.problem(
        'typescript_unreadable',
        'The code cannot be read as TypeScript in a reasonable time. Correct its first mistake, or nest it less.',
        0,
      );
    if (deep)
      this.problem(
        'typescript_too_deep',
        'The code is nested too deep to be read. Split it into several functions.',
        0,
      );
  }

  signature(): Signature {
    const nothing = { name: '', inputs: [], outputs: [], parameters: schemaOf({}, []), problems: this.problems };
    this.syntax();
    const found = this.exported();
    if (!found) {
      if (!this.problems.length)
        this.problem(
          'typescript_no_function',
          'A TypeScript node is an exported function, and there is none. Write export default function run(table: Table): Table { … }.',
          0,
        );
      return nothing;
    }
    const list = found.node.getChild('ParamList');
    const { inputs, parameters } = list ? this.parametersIn(list) : { inputs: [], parameters: nothing.parameters };
    return { name: found.name, inputs, outputs: this.outputs(found), parameters, problems: this.problems };
  }

  /**
   * Tells the first few places that look like no TypeScript; everything else is read all the same. A warning, not an error:
   * this parser does not know every corner of the language, and what it doubts may well run.
   */
  private syntax(): void {
    const lines = new Set<number>();
    this.top.tree?.iterate({
      enter: (node) => {
        if (lines.size >= 3) return false;
        if (!node.type.isError) return true;
        const found = problemAt(this.code, 'typescript_syntax', '', node.from);
        if (lines.has(found.line!)) return true;
        lines.add(found.line!);
        const message = `Line ${found.line} does not read as TypeScript from here on. Look for a missing bracket, quote or comma.`;
        this.problems.push({ ...found, message, severity: 'warning' });
        return true;
      },
    });
  }

  /** The default export, else the function exported last. */
  private exported(): FunctionNodes | undefined {
    const local = new Map<string, SyntaxNode>();
    const exports: FunctionNodes[] = [];
    let byDefault: FunctionNodes | undefined;
    const later: { name: string; isDefault: boolean }[] = [];
    for (let statement = this.top.firstChild; statement; statement = statement.nextSibling) {
      const isExport = statement.name === 'ExportDeclaration';
      const inner = isExport ? declarationIn(statement) : statement;
      if (!inner) continue;
      const isDefault = isExport && statement.getChild('default') !== null;
      if (inner.name === 'InterfaceDeclaration' || inner.name === 'TypeAliasDeclaration') {
        const name = inner.getChild('TypeDefinition');
        const body = inner.name === 'InterfaceDeclaration' ? inner.getChild('ObjectType') : typeAfter(inner, 'Equals');
        if (name && body) this.types.set(this.text(name), body);
      }
      for (const each of this.functionsIn(inner)) {
        local.set(each.name, each.node);
        if (isDefault) byDefault = { ...each, name: each.name || 'run' };
        else if (isExport) exports.push(each);
      }
      if (isDefault && inner.name === 'VariableName') later.push({ name: this.text(inner), isDefault: true });
      if (isExport && inner.name === 'ExportGroup') {
        const words = childrenOf(inner).filter((child) => child.name === 'VariableName' || child.name === 'as');
        words.forEach((word, index) => {
          if (word.name !== 'VariableName' || words[index - 1]?.name === 'as') return;
          const renamed = words[index + 1]?.name === 'as' ? this.text(words[index + 2]!) : '';
          later.push({ name: this.text(word), isDefault: renamed === 'default' });
        });
      }
    }
    for (const { name, isDefault } of later) {
      const node = local.get(name);
      if (node && isDefault) byDefault = { name, node };
      else if (node) exports.push({ name, node });
    }
    return byDefault ?? exports.at(-1);
  }

  private functionsIn(node: SyntaxNode): FunctionNodes[] {
    if (node.name === 'FunctionDeclaration' || node.name === 'FunctionExpression' || node.name === 'ArrowFunction') {
      const name = node.name === 'ArrowFunction' ? null : node.getChild('VariableDefinition');
      return [{ name: name ? this.text(name) : '', node }];
    }
    if (node.name !== 'VariableDeclaration') return [];
    const found: FunctionNodes[] = [];
    let name = '';
    for (const child of childrenOf(node)) {
      if (child.name === 'VariableDefinition') name = this.text(child);
      else if (child.name === 'ArrowFunction' || child.name === 'FunctionExpression') found.push({ name, node: child });
    }
    return found;
  }

  private parametersIn(list: SyntaxNode): { inputs: Port[]; parameters: Signature['parameters'] } {
    const inputs: Port[] = [];
    let parameters = schemaOf({}, []);
    const entries = entriesIn(list);
    entries.forEach((entry, index) => {
      const type = entry.type && this.resolve(entry.type);
      const isForm =
        entry.name.name === 'ObjectPattern' || (type?.name === 'ObjectType' && index === entries.length - 1);
      if (isForm) {
        if (index < entries.length - 1)
          this.problem(
            'typescript_form_last',
            'The object with the parameters stands last. Move it behind the ports.',
            entry.name.from,
          );
        parameters = this.form(entry.name, type);
        return;
      }
      if (entry.name.name !== 'VariableDefinition') return;
      const name = this.text(entry.name);
      if (!PortName.safeParse(name).success) {
        this.problem(
          'typescript_port_name',
          `"${name}" cannot be an input port: use letters, digits and _ only.`,
          entry.name.from,
        );
        return;
      }
      if (inputs.some((port) => port.name === name)) return;
      const { kind, many, optional } = entry.type
        ? this.portType(entry.type)
        : { kind: 'any' as const, many: false, optional: false };
      inputs.push({
        name,
        kind,
        ...((many || entry.rest) && { many: true }),
        ...((optional || entry.optional || entry.default) && { optional: true }),
      });
    });
    return { inputs, parameters };
  }

  /** What a positional parameter's type says: its kind, whether it takes several edges, whether it may be missing. */
  private portType(type: SyntaxNode, depth = 0): { kind: PortKind; many: boolean; optional: boolean } {
    const node = this.resolve(type);
    const again = (inner: SyntaxNode | undefined) =>
      inner && depth < maxDepth
        ? this.portType(inner, depth + 1)
        : { kind: 'any' as const, many: false, optional: false };
    const name = this.typeName(node);
    if (name && kinds[name]) return { kind: kinds[name], many: false, optional: false };
    switch (node.name) {
      case 'ReadonlyType':
      case 'ParenthesizedType':
        return again(typesIn(node)[0]);
      case 'ArrayType': {
        const inner = again(typesIn(node)[0]);
        return inner.kind === 'value' ? inner : { ...inner, many: true };
      }
      case 'ParameterizedType': {
        const of = node.getChild('TypeArgList');
        const outer = this.typeName(node.firstChild!);
        if (outer && /^(Readonly)?Array$|^Iterable$/.test(outer) && of) {
          const inner = again(typesIn(of)[0]);
          return inner.kind === 'value' ? inner : { ...inner, many: true };
        }
        return outer && kinds[outer]
          ? { kind: kinds[outer], many: false, optional: false }
          : { kind: 'value', many: false, optional: false };
      }
      case 'UnionType': {
        const members = typesIn(node);
        const real = members.filter((member) => !isNothing(this.text(member)));
        const each = real.map((member) => again(member));
        const kind = each.every((one) => one.kind === each[0]?.kind) ? (each[0]?.kind ?? 'any') : 'any';
        return { kind, many: each.some((one) => one.many), optional: real.length < members.length };
      }
    }
    if (name === 'Secret')
      this.problem(
        'typescript_secret_port',
        'A secret travels along no edge. Move it into the last object, as a parameter.',
        type.from,
      );
    else if (
      node.name === 'TypeName' &&
      name &&
      /^[A-Z]/.test(name) &&
      !/^(Record|Map|Set|Date|Json|String|Number|Boolean)$/.test(name)
    )
      this.problem(
        'typescript_unknown_type',
        `${name} is no kind of port. Use one of ${names.join(', ')}, or unknown for anything.`,
        type.from,
      );
    return { kind: 'value', many: false, optional: false };
  }

  private outputs(found: FunctionNodes): Port[] {
    const annotation = found.node.getChild('TypeAnnotation');
    const written = annotation && typesIn(annotation)[0];
    if (!written) {
      const at = found.node.getChild('ParamList')?.to ?? found.node.from;
      if (!this.problems.length)
        this.problem(
          'typescript_no_return_type',
          'The function does not say what it returns, so the node has no outputs. Write a type behind its parameters, for example ): Table {.',
          at - 1,
        );
      return [];
    }
    let type = this.resolve(written);
    if (type.name === 'ParameterizedType' && this.typeName(type.firstChild!) === 'Promise') {
      const inner = type.getChild('TypeArgList');
      const of = inner && typesIn(inner)[0];
      if (!of) return [];
      type = this.resolve(of);
    }
    if (type.name === 'VoidType' || isNothing(this.text(type)) || /^(void|never)$/.test(this.text(type))) return [];
    const outputs: Port[] = [];
    const unnamed = new Map<PortKind, Port[]>();
    const add = (wanted: string | undefined, of: SyntaxNode, optional: boolean) => {
      const shape = this.portType(of);
      const port: Port = {
        name: wanted ?? shape.kind,
        kind: shape.kind,
        ...((optional || shape.optional) && { optional: true }),
      };
      if (!PortName.safeParse(port.name).success || outputs.some((other) => wanted === other.name))
        this.problem(
          'typescript_port_name',
          `"${port.name}" cannot be an output port: use letters, digits and _ only, and each name once.`,
          of.from,
        );
      else outputs.push(port);
      if (wanted === undefined) unnamed.set(shape.kind, [...(unnamed.get(shape.kind) ?? []), port]);
    };
    if (type.name === 'TupleType') {
      let label: string | undefined;
      for (const child of childrenOf(type)) {
        if (child.name === 'Label') label = this.text(child);
        else if (isType(child)) {
          add(label, child, false);
          label = undefined;
        }
      }
    } else if (type.name === 'ObjectType')
      for (const member of this.members(type)) add(member.name, member.type, member.optional);
    else add(undefined, type, false);
    // Several of one kind are told apart by their place, as in Python.
    for (const ports of unnamed.values())
      if (ports.length > 1)
        ports.forEach((port, index) => {
          port.name = `${port.kind}_${index + 1}`;
        });
    return outputs;
  }

  /** The form: types come from the type literal, defaults from the destructuring; either alone is enough. */
  private form(pattern: SyntaxNode, type: SyntaxNode | null): Signature['parameters'] {
    const properties: Record<string, Record<string, Json>> = {};
    const required: string[] = [];
    const defaults = new Map<string, SyntaxNode | null>();
    if (pattern.name === 'ObjectPattern')
      for (const property of pattern.getChildren('PatternProperty')) {
        const name = property.getChild('VariableDefinition') ?? property.getChild('PropertyName');
        if (name) defaults.set(this.text(property.getChild('PropertyName') ?? name), nodeAfter(property, 'Equals'));
      }
    const add = (name: string, schema: Record<string, Json>, optional: boolean, description: string) => {
      if (!PortName.safeParse(name).success) return;
      const written = defaults.get(name) ?? null;
      const value = written ? literalOf(this.code, written) : undefined;
      const typed = Object.keys(schema).length || value === undefined ? schema : schemaFrom(value);
      properties[name] = {
        title: titleOf(name),
        ...typed,
        ...(description && { description }),
        ...(value !== undefined && { default: value }),
      };
      if (!optional && !written) required.push(name);
    };
    const members = type?.name === 'ObjectType' ? this.members(type) : [];
    for (const member of members) add(member.name, this.valueSchema(member.type), member.optional, member.description);
    for (const name of defaults.keys()) if (!members.some((member) => member.name === name)) add(name, {}, false, '');
    return schemaOf(properties, required);
  }

  private members(type: SyntaxNode): { name: string; type: SyntaxNode; optional: boolean; description: string }[] {
    const members: ReturnType<Reading['members']> = [];
    let comment = '';
    for (let child = type.firstChild; child; child = child.nextSibling) {
      if (child.name === 'BlockComment') comment = docOf(this.text(child));
      if (child.name !== 'PropertyType') continue;
      const name = child.getChild('PropertyDefinition') ?? child.getChild('String');
      const annotation = child.getChild('TypeAnnotation');
      const of = annotation && typesIn(annotation)[0];
      if (name && of)
        members.push({
          name: this.text(name).replace(/^(['"])(.*)\1$/, '$2'),
          type: of,
          optional: child.getChild('Optional') !== null,
          description: comment,
        });
      comment = '';
    }
    return members;
  }

  private valueSchema(type: SyntaxNode, depth = 0): Record<string, Json> {
    if (depth > maxDepth) return {};
    const node = this.resolve(type);
    const name = this.typeName(node);
    switch (name) {
      case 'number':
        return { type: 'number' };
      case 'Integer':
        return { type: 'integer' };
      case 'string':
        return { type: 'string' };
      case 'boolean':
        return { type: 'boolean' };
      case 'Date':
        return { type: 'string', format: 'date-time' };
      case 'Secret':
        return secretSchema();
    }
    switch (node.name) {
      case 'ReadonlyType':
      case 'ParenthesizedType': {
        const inner = typesIn(node)[0];
        return inner ? this.valueSchema(inner, depth + 1) : {};
      }
      case 'LiteralType': {
        const value = node.firstChild ? literalOf(this.code, node.firstChild) : undefined;
        return value === undefined ? {} : { enum: [value] };
      }
      case 'NullType':
        return { type: 'null' };
      case 'ArrayType': {
        const inner = typesIn(node)[0];
        return { type: 'array', items: inner ? this.valueSchema(inner, depth + 1) : {} };
      }
      case 'ParameterizedType': {
        const of = node.getChild('TypeArgList');
        const outer = this.typeName(node.firstChild!);
        const inner = of ? typesIn(of) : [];
        if (outer && /^(Readonly)?Array$/.test(outer) && inner[0])
          return { type: 'array', items: this.valueSchema(inner[0], depth + 1) };
        if (outer === 'Record' && inner[1])
          return { type: 'object', additionalProperties: this.valueSchema(inner[1], depth + 1) };
        return {};
      }
      case 'ObjectType': {
        const members = this.members(node);
        return {
          type: 'object',
          properties: Object.fromEntries(
            members.map((each) => [
              each.name,
              { title: titleOf(each.name), ...this.valueSchema(each.type, depth + 1) },
            ]),
          ),
          required: members.filter((each) => !each.optional).map((each) => each.name),
        };
      }
      case 'UnionType': {
        const schemas = typesIn(node)
          .filter((member) => this.text(member) !== 'undefined')
          .map((member) => this.valueSchema(member, depth + 1));
        if (schemas.length === 1) return schemas[0]!;
        const choices = schemas.flatMap((schema) =>
          Array.isArray(schema.enum) ? schema.enum : schema.type === 'null' ? [null] : [undefined],
        );
        if (!choices.includes(undefined)) return { enum: choices as Json[] };
        return { anyOf: schemas };
      }
    }
    return {};
  }

  /** Follows a name to the type declared under it in this file, a few steps at most. */
  private resolve(type: SyntaxNode): SyntaxNode {
    let node = type;
    for (let step = 0; step < 5 && node.name === 'TypeName'; step++) {
      const declared = this.types.get(this.text(node));
      if (!declared) break;
      node = declared;
    }
    return node;
  }

  /** `Table`, and `Table` of `drawloom.Table`. */
  private typeName(node: SyntaxNode): string | undefined {
    if (node.name === 'TypeName') return this.text(node);
    const last = node.name === 'IndexedType' ? node.getChildren('TypeName').at(-1) : undefined;
    return last && this.text(last);
  }

  private text(node: SyntaxNode): string {
    return this.code.slice(node.from, node.to);
  }

  private problem(code: string, message: string, at: number): void {
    if (this.problems.length < 20) this.problems.push(problemAt(this.code, code, message, at));
  }
}
