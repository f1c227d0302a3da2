/**
 * Decides what a Python node declares. Its function is the last public `def` at the margin: positional parameters are input
 * ports, keyword-only ones form fields, and the return annotation gives the output ports. Half-typed code keeps what can be read.
 */
import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import type { Json } from '../json.ts';
import { type Port, type PortKind, PortName } from '../node-type/ports.ts';
import type { Problem } from '../problem.ts';
import { childrenOf, type Expression, isReadable, Reader } from './python/expression.ts';
import { misplacedIn } from './python/indentation.ts';
import { notImported } from './python/notImported.ts';
import { Scope } from './python/scope.ts';
import { headerOf, type Statement, statementsOf } from './python/statements.ts';
import { isNone, orNull, type Schema, Types, type Unwrapped } from './python/types.ts';
import type { Signature } from './signature.ts';

const mostPorts = 200;
const longestHeader = 20_000;

export function readPython(code: string): Signature {
  const { all, unclosed } = statementsOf(code);
  const problems: Problem[] = unclosed.map(({ at, mark }) =>
    problemAt(code, 'python_unclosed', `${mark} opens here and is never closed. Close it.`, at),
  );
  const misplaced = unclosed.length === 0 ? misplacedIn(code) : undefined;
  if (misplaced) problems.push(problemAt(code, misplaced.code, misplaced.message, misplaced.at));
  for (const { at, name, line } of notImported(all))
    problems.push({
      ...problemAt(
        code,
        'python_not_imported',
        `"${name}" is used here and never imported. Write "${line}" at the top.`,
        at,
      ),
      severity: 'warning',
    });
  const chosen = all.findLast((statement) => statement.kind === 'function' && isPublic(code, statement));
  if (!chosen) return { ...empty(), problems: [...problems, noFunction(code, all)] };
  return new Reading(code, new Types(new Scope(code, all)), problems).function(chosen);
}

const empty = (): Signature => ({ name: '', inputs: [], outputs: [], parameters: schemaOf({}, []), problems: [] });
const schemaOf = (properties: Record<string, Schema>, required: string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});

const isPublic = (code: string, statement: Statement) =>
  /^(?:async\s+)?def\s+[^\W\d_]\w*/u.test(code.slice(statement.start, statement.start + 200));

function noFunction(code: string, all: readonly Statement[]): Problem {
  const hidden = all.findLast((statement) => statement.kind === 'function');
  const example = 'def transform(table: pd.DataFrame) -> pd.DataFrame:';
  return hidden
    ? problemAt(
        code,
        'python_no_function',
        `The node’s function must not begin with "_", which marks helpers. Write for example "${example}".`,
        hidden.start,
      )
    : problemAt(code, 'python_no_function', `The code declares no function. Write for example "${example}".`, 0);
}

interface Parameter {
  name: string;
  at: number;
  type?: Expression;
  default?: Expression;
  byKeyword: boolean;
}

class Reading {
  private readonly code: string;
  private readonly types: Types;
  private readonly problems: Problem[];

  constructor(code: string, types: Types, problems: Problem[]) {
    this.code = code;
    this.types = types;
    this.problems = problems;
  }

  function(statement: Statement): Signature {
    const header = headerOf(this.code, statement);
    if (!isReadable(header.text, longestHeader)) {
      this.problem(
        'python_too_many',
        'This function’s first line is too long, or nested too deep, to be read. Pass one table, or a dict.',
        statement.start,
      );
      return { ...empty(), problems: this.problems };
    }
    // With a body in its place the parser sees a whole function, however much of it is typed already.
    const node = parser.parse(`${header.text} pass`).topNode.firstChild;
    const reader = new Reader(header.text, statement.start);
    if (node?.name !== 'FunctionDefinition') return { ...empty(), problems: this.problems };
    const nameNode = node.getChild('VariableName');
    const list = node.getChild('ParamList');
    if (!header.complete || this.hasError(node))
      this.problem(
        'python_incomplete',
        'This function’s first line is not complete. Write "def name(inputs) -> result:".',
        statement.start,
      );
    const parameters = list ? this.parameters(list, reader) : [];
    const returns = node.getChild('TypeDef');
    const inputs = this.inputs(parameters.filter((parameter) => !parameter.byKeyword));
    const form = this.form(parameters.filter((parameter) => parameter.byKeyword));
    const outputs = returns
      ? this.outputs(reader.read(typeIn(returns)))
      : returnsSomething(statement, header.to)
        ? [{ name: 'any', kind: 'any' as const }]
        : [];
    return { name: nameNode ? reader.slice(nameNode) : '', inputs, outputs, parameters: form, problems: this.problems };
  }

  private hasError(node: SyntaxNode): boolean {
    const cursor = node.cursor();
    do if (cursor.type.isError) return true;
    while (cursor.next() && cursor.from <= node.to);
    return false;
  }

  private parameters(list: SyntaxNode, reader: Reader): Parameter[] {
    const found: Parameter[] = [];
    let current: Parameter | undefined;
    let byKeyword = false;
    let star: SyntaxNode | undefined;
    let isDefault = false;
    for (const child of childrenOf(list)) {
      if (child.name === ',') {
        if (star?.name === '*') byKeyword = true;
        star = undefined;
        current = undefined;
        isDefault = false;
      } else if (child.name === '*' || child.name === '**') star = child;
      else if (child.name === 'VariableName' && !current) {
        if (star) {
          this.variadic(reader.slice(star), reader.slice(child), reader.at(star));
          if (star.name === '*') byKeyword = true;
          star = undefined;
          current = { name: '', at: 0, byKeyword };
        } else {
          current = { name: reader.slice(child), at: reader.at(child), byKeyword };
          found.push(current);
        }
      } else if (child.name === 'TypeDef' && current) current.type = reader.read(typeIn(child));
      else if (child.name === 'AssignOp') isDefault = true;
      else if (isDefault && current) {
        current.default ??= reader.read(child);
        isDefault = false;
      }
    }
    return this.fewEnough(found, (parameter) => parameter.at).filter((parameter) => this.isUsable(parameter, found));
  }

  private fewEnough<T>(all: readonly T[], at: (one: T) => number): readonly T[] {
    if (all.length <= mostPorts) return all;
    this.problem(
      'python_too_many',
      `More than ${mostPorts} ports or fields are too many. Pass one table, or a dict.`,
      at(all[mostPorts]!),
    );
    return all.slice(0, mostPorts);
  }

  private variadic(star: string, name: string, at: number): void {
    this.problem(
      'python_variadic',
      star === '*'
        ? `"*${name}" gives no port. Name each input, or take several at one port: "${name}: list[pd.DataFrame]".`
        : `"**${name}" gives no field. Name each parameter after a "*".`,
      at,
    );
  }

  private isUsable(parameter: Parameter, all: readonly Parameter[]): boolean {
    const first = all.find((other) => other.name === parameter.name);
    if (first !== parameter) {
      this.problem(
        'python_duplicate',
        `"${parameter.name}" is there twice. Give one of them another name.`,
        parameter.at,
      );
      return false;
    }
    if (PortName.safeParse(parameter.name).success) return true;
    this.problem(
      'python_name',
      `"${parameter.name}" cannot name a port or parameter: use English letters, digits and _, 63 at most.`,
      parameter.at,
    );
    return false;
  }

  private inputs(parameters: readonly Parameter[]): Port[] {
    return parameters.map((parameter) => {
      const port: Port = { name: parameter.name, kind: 'any' };
      if (parameter.default) port.optional = true;
      if (!parameter.type) return port;
      const unwrapped = this.types.unwrap(parameter.type);
      const found = this.kindOf(unwrapped, parameter.name);
      port.kind = found.kind;
      if (unwrapped.optional) port.optional = true;
      if (found.many) port.many = true;
      const description = unwrapped.notes
        .map((note) => this.types.value(note))
        .find((value) => typeof value === 'string');
      if (typeof description === 'string') port.description = description;
      return port;
    });
  }

  private kindOf({ type }: Unwrapped, name: string): { kind: PortKind; many?: true } {
    const found = this.types.kind(type);
    if (found) return found;
    if (this.types.isSecret(type))
      this.problem(
        'python_secret_port',
        `A secret travels along no edge, and "${name}" is one. Put it behind the "*", as a parameter.`,
        type.at,
      );
    else if (type.type !== 'unread')
      this.warn(
        'python_unknown_type',
        `The type of "${name}" is none that travels between nodes, so its port takes anything. Use pd.DataFrame, Model, Metrics, Figure, Document, Path, Folder or a plain value.`,
        type.at,
      );
    return { kind: 'any' };
  }

  private form(parameters: readonly Parameter[]): Signature['parameters'] {
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const parameter of parameters) {
      let schema = parameter.type ? this.types.schema(parameter.type) : undefined;
      if (parameter.type && !schema && parameter.type.type !== 'unread')
        this.warn(
          'python_unknown_type',
          `No form field fits the type of "${parameter.name}". Use int, float, str, bool, Literal[…], date, datetime, list[…] or dict; data comes in before the "*".`,
          parameter.type.at,
        );
      schema ??= parameter.default && !parameter.type ? this.types.schemaOfDefault(parameter.default) : {};
      if (parameter.default) {
        const value = this.types.value(parameter.default);
        if (value === null) schema = orNullOnce(schema);
        if (value !== undefined) schema.default = value;
      } else required.push(parameter.name);
      properties[parameter.name] = { title: titleOf(parameter.name), ...schema };
    }
    return schemaOf(properties, required);
  }

  private outputs(annotation: Expression): Port[] {
    const unwrapped = this.types.unwrap(annotation);
    if (isNone(unwrapped.type)) return [];
    const record = this.types.record(unwrapped.type);
    const parts = this.types.tupleOf(unwrapped.type);
    if (record) {
      const ports = this.fewEnough(record.fields, (field) => field.at).map((field) => {
        const inner = this.types.unwrap(field.type);
        const port = this.output(inner, field.name);
        const description = this.texts(inner)[0];
        if (description) port.description = description;
        port.name = field.name;
        if (record.isPartial) port.optional = true;
        return { port, at: field.at };
      });
      return this.distinct(ports);
    }
    if (parts?.some((part) => part.type === 'ellipsis')) {
      this.problem(
        'python_open_tuple',
        'A tuple of any length gives no ports. Name each output: tuple[pd.DataFrame, pd.DataFrame].',
        unwrapped.type.at,
      );
      return [];
    }
    const each = this.fewEnough(parts ?? [annotation], (part) => part.at).map((part) => {
      const inner = this.types.unwrap(part);
      const texts = this.texts(inner);
      const name = texts.find((text) => PortName.safeParse(text).success);
      const port = this.output(inner, name ?? 'the result');
      const description = texts.find((text) => text !== name);
      if (description) port.description = description;
      return { port, at: inner.type.at, named: name };
    });
    const repeated = (kind: PortKind) => each.filter((other) => !other.named && other.port.kind === kind).length > 1;
    const counts = new Map<PortKind, number>();
    for (const { port, named } of each) {
      const count = (counts.get(port.kind) ?? 0) + (named ? 0 : 1);
      counts.set(port.kind, count);
      port.name = named ?? (repeated(port.kind) ? `${port.kind}_${count}` : port.kind);
    }
    return this.distinct(each);
  }

  private texts(unwrapped: Unwrapped): string[] {
    return unwrapped.notes.map((note) => this.types.value(note)).filter((value) => typeof value === 'string');
  }

  private output(unwrapped: Unwrapped, name: string): Port {
    const found = this.kindOf(unwrapped, name);
    if (found.many)
      this.problem(
        'python_many_outputs',
        'A list of them cannot leave at one port. Return a tuple, which gives each its own port.',
        unwrapped.type.at,
      );
    return { name, kind: found.kind, ...(unwrapped.optional && { optional: true }) };
  }

  private distinct(ports: readonly { port: Port; at: number }[]): Port[] {
    const names = new Set<string>();
    return ports.flatMap(({ port, at }) => {
      if (!PortName.safeParse(port.name).success) {
        this.problem(
          'python_name',
          `"${port.name}" cannot name a port: use English letters, digits and _, 63 at most.`,
          at,
        );
        return [];
      }
      if (names.has(port.name)) {
        this.problem(
          'python_duplicate',
          `Two outputs are named "${port.name}". Name one: Annotated[…, "other_name"].`,
          at,
        );
        return [];
      }
      names.add(port.name);
      return [port];
    });
  }

  private problem(code: string, message: string, at: number): void {
    if (this.problems.length < 20) this.problems.push(problemAt(this.code, code, message, at));
  }

  private warn(code: string, message: string, at: number): void {
    if (this.problems.length < 20)
      this.problems.push({ ...problemAt(this.code, code, message, at), severity: 'warning' });
  }
}

/** The type in `: type` or `-> type`. */
const typeIn = (definition: SyntaxNode): SyntaxNode | null =>
  childrenOf(definition).find((child) => child.name !== ':' && child.name !== '->') ?? null;

function orNullOnce(schema: Schema): Schema {
  const type: Json | undefined = schema.type;
  return type === 'null' || (Array.isArray(type) && type.includes('null')) ? schema : orNull(schema);
}

/** Without a return annotation: whether the body returns or yields something anywhere. */
const returnsSomething = (statement: Statement, bodyAt: number): boolean =>
  /(?:^|[\s;:])return[ \t(]*[^\s;#)]/.test(statement.bare.slice(bodyAt - statement.from));

const titleOf = (name: string): string => {
  const words = name.replaceAll('_', ' ').trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

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
