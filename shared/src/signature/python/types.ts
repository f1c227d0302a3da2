/** Decides which port kind and which form field an annotation stands for. `drawloom._signature` says the same in Python. */
import type { Json } from '../../json.ts';
import type { PortKind } from '../../node-type/ports.ts';
import { secretSchema } from '../../pipeline/secrets.ts';
import { type Expression, expressionIn } from './expression.ts';
import { hintsIn } from './hints.ts';
import type { OwnClass, Scope } from './scope.ts';

export type Schema = Record<string, Json>;

/** An annotation without what wraps it. */
export interface Unwrapped {
  type: Expression;
  /** `X | None` */
  optional: boolean;
  /** What `Annotated` adds. */
  notes: Expression[];
}

const lists = new Set(['list', 'List', 'Sequence', 'Iterable', 'Collection', 'MutableSequence']);
const sets = new Set(['set', 'frozenset', 'Set', 'FrozenSet', 'AbstractSet', 'MutableSet']);
const tuples = new Set(['tuple', 'Tuple']);
const mappings = new Set(['dict', 'Dict', 'Mapping', 'MutableMapping', 'OrderedDict', 'defaultdict']);
const wrappers = new Set(['NotRequired', 'Required', 'Final', 'ReadOnly', 'ClassVar']);

const kindOfLast: Record<string, PortKind> = {
  DataFrame: 'table',
  LazyFrame: 'table',
  GeoDataFrame: 'table',
  Table: 'table',
  Model: 'model',
  Metrics: 'metrics',
  Figure: 'figure',
  Image: 'figure',
  Document: 'document',
  Markdown: 'document',
  Html: 'document',
  File: 'file',
  Path: 'file',
  PurePath: 'file',
  PosixPath: 'file',
  PathLike: 'file',
  Folder: 'folder',
  Any: 'any',
  object: 'any',
};
for (const name of [
  'int',
  'float',
  'str',
  'bool',
  'date',
  'datetime',
  'time',
  'timedelta',
  'Timestamp',
  'Decimal',
  'Literal',
])
  kindOfLast[name] = 'value';
for (const name of [...lists, ...sets, ...tuples, ...mappings]) kindOfLast[name] = 'value';

const modelName = /(Estimator|Classifier|Regressor|Mixin|Pipeline|Booster|Ranker|Transformer)$/;

export const lastOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

export class Types {
  private readonly scope: Scope;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** Takes off quotes, `Annotated`, `Optional`, `| None` and aliases of the same code. */
  unwrap(type: Expression, depth = 0): Unwrapped {
    const plain = { type, optional: false, notes: [] };
    if (depth > 20) return plain;
    if (type.type === 'constant' && type.python === 'str')
      return this.unwrap(expressionIn(type.value as string, type.at), depth + 1);
    if (type.type === 'name' && !type.name.includes('.') && !this.scope.ownClass(type.name)) {
      const alias = this.scope.assignment(type.name);
      if (alias && (alias.type === 'name' || alias.type === 'generic' || alias.type === 'union'))
        return this.unwrap(alias, depth + 1);
    }
    if (type.type === 'union') return this.withoutNone(type.of, type.at, depth);
    if (type.type === 'generic') {
      const last = lastOf(type.name);
      if (last === 'Optional' && type.of[0]) return { ...this.unwrap(type.of[0], depth + 1), optional: true };
      if (last === 'Union') return this.withoutNone(type.of, type.at, depth);
      if (wrappers.has(last) && type.of[0]) {
        const inner = this.unwrap(type.of[0], depth + 1);
        return last === 'NotRequired' ? { ...inner, optional: true } : inner;
      }
      if (last === 'Annotated' && type.of[0]) {
        const inner = this.unwrap(type.of[0], depth + 1);
        return { ...inner, notes: [...inner.notes, ...type.of.slice(1)] };
      }
    }
    return plain;
  }

  private withoutNone(of: readonly Expression[], at: number, depth: number): Unwrapped {
    const rest = of.filter((each) => !isNone(each));
    const optional = rest.length < of.length;
    if (rest.length === 1) {
      const inner = this.unwrap(rest[0]!, depth + 1);
      return { ...inner, optional: optional || inner.optional };
    }
    return { type: { type: 'union', of: rest, at }, optional, notes: [] };
  }

  /** The port kind, and whether it is a list of them. Undefined: not a type that travels between nodes. */
  kind(type: Expression, depth = 0): { kind: PortKind; many?: true } | undefined {
    if (depth > 20) return undefined;
    if (type.type === 'union') {
      const kinds = new Set(type.of.map((each) => this.kind(this.unwrap(each).type, depth + 1)?.kind));
      const [only] = kinds;
      return { kind: kinds.size === 1 && only ? only : 'any' };
    }
    if (type.type === 'name') {
      const kind = this.kindOfName(type.name);
      return kind && { kind };
    }
    if (type.type !== 'generic') return undefined;
    const last = lastOf(type.name);
    if (lists.has(last) && type.of[0]) {
      const kind = this.kind(this.unwrap(type.of[0]).type, depth + 1)?.kind;
      return kind && kind !== 'value' && kind !== 'any' && kind !== 'metrics'
        ? { kind, many: true }
        : { kind: 'value' };
    }
    if (mappings.has(last) && this.isPlain(type.of[0], 'str') && this.isPlain(type.of[1], 'float'))
      return { kind: 'metrics' };
    const kind = this.kindOfName(type.name);
    return kind && { kind };
  }

  private isPlain(type: Expression | undefined, name: string): boolean {
    if (!type) return false;
    const inner = this.unwrap(type).type;
    return inner.type === 'name' && lastOf(inner.name) === name;
  }

  private kindOfName(name: string, depth = 0): PortKind | undefined {
    const full = this.scope.fullName(name);
    const last = lastOf(full);
    if (Object.hasOwn(kindOfLast, last)) return kindOfLast[last];
    if (full.startsWith('sklearn.') || modelName.test(last)) return 'model';
    const own = this.scope.ownClass(name);
    if (!own) return undefined;
    if (isEnum(own)) return 'value';
    for (const base of own.bases) {
      const kind = depth < 20 && base !== name ? this.kindOfName(base, depth + 1) : undefined;
      if (kind) return kind;
    }
    return own.methods.has('predict') ? 'model' : undefined;
  }

  /** The class of the same code whose fields are a function's outputs. */
  record(type: Expression): OwnClass | undefined {
    const own = type.type === 'name' ? this.scope.ownClass(type.name) : undefined;
    if (!own) return undefined;
    return own.isDataclass || own.bases.some((base) => ['NamedTuple', 'TypedDict'].includes(lastOf(base)))
      ? own
      : undefined;
  }

  tupleOf(type: Expression): readonly Expression[] | undefined {
    return type.type === 'generic' && tuples.has(lastOf(type.name)) ? type.of : undefined;
  }

  /** The JSON Schema of a parameter. Undefined: not a type that a form can ask for. */
  schema(annotation: Expression, depth = 0): Schema | undefined {
    const { type, optional, notes } = this.unwrap(annotation);
    const found = depth > 20 ? undefined : this.plainSchema(type, depth);
    if (!found) return undefined;
    const schema = optional ? orNull(found) : found;
    for (const note of notes) {
      const value = this.value(note);
      if (typeof value === 'string') schema.description = value;
      else if (value && typeof value === 'object' && !Array.isArray(value)) Object.assign(schema, hintsIn(value));
    }
    return schema;
  }

  private plainSchema(type: Expression, depth: number): Schema | undefined {
    if (isNone(type)) return { type: 'null' };
    if (type.type === 'union') return this.unionSchema(type.of, depth);
    if (type.type !== 'name' && type.type !== 'generic') return undefined;
    const last = lastOf(this.scope.fullName(type.name));
    const of = type.type === 'generic' ? type.of : [];
    const inner = (each: Expression | undefined) => (each && this.schema(each, depth + 1)) ?? {};
    if (last === 'Literal') {
      const values = of.map((each) => this.value(each));
      return values.length && !values.includes(undefined) ? enumOf(values as Json[]) : {};
    }
    if (lists.has(last)) return { type: 'array', ...(of[0] && { items: inner(of[0]) }) };
    if (sets.has(last)) return { type: 'array', ...(of[0] && { items: inner(of[0]) }), uniqueItems: true };
    if (tuples.has(last)) {
      if (of.length === 0) return { type: 'array' };
      if (of[1]?.type === 'ellipsis') return { type: 'array', items: inner(of[0]) };
      return { type: 'array', prefixItems: of.map(inner), minItems: of.length, maxItems: of.length };
    }
    if (mappings.has(last)) {
      const values = of[1] ? inner(of[1]) : {};
      return { type: 'object', ...(Object.keys(values).length && { additionalProperties: values }) };
    }
    const own = type.type === 'name' ? this.scope.ownClass(type.name) : undefined;
    if (own && isEnum(own)) return enumOf([...own.members.values()]);
    if (last === 'Secret' && !own) return secretSchema();
    return Object.hasOwn(schemaOfLast, last) ? { ...schemaOfLast[last] } : undefined;
  }

  isSecret(type: Expression): boolean {
    return (
      type.type === 'name' && lastOf(this.scope.fullName(type.name)) === 'Secret' && !this.scope.ownClass(type.name)
    );
  }

  private unionSchema(of: readonly Expression[], depth: number): Schema | undefined {
    const schemas = of.map((each) => this.schema(each, depth + 1));
    if (schemas.includes(undefined)) return undefined;
    const known = schemas as Schema[];
    if (known.every((schema) => Object.keys(schema).length === 1 && typeof schema.type === 'string')) {
      const types = new Set(known.map((schema) => schema.type as string));
      if (types.has('number')) types.delete('integer');
      return { type: types.size === 1 ? [...types][0]! : [...types] };
    }
    return { anyOf: known };
  }

  /** What a default is as JSON. Undefined: only Python could tell. */
  value(expression: Expression, depth = 0): Json | undefined {
    if (depth > 20) return undefined;
    const inner = (each: Expression) => this.value(each, depth + 1);
    switch (expression.type) {
      case 'constant':
        return expression.value;
      case 'sequence': {
        const values = expression.of.map(inner);
        return expression.python === 'set' || values.includes(undefined) ? undefined : (values as Json[]);
      }
      case 'mapping': {
        const pairs = expression.of.map(([key, value]) => [inner(key), inner(value)] as const);
        if (pairs.some(([key, value]) => typeof key !== 'string' || value === undefined || key === '__proto__'))
          return undefined;
        return Object.fromEntries(pairs as [string, Json][]);
      }
      case 'name': {
        const [first, member, ...rest] = expression.name.split('.');
        const own = member && rest.length === 0 ? this.scope.ownClass(first!) : undefined;
        if (own && isEnum(own)) return own.members.get(member!);
        const assigned = expression.name.includes('.') ? undefined : this.scope.assignment(expression.name);
        return assigned && inner(assigned);
      }
      case 'arithmetic': {
        const [left, right] = expression.of.map(inner);
        return typeof left === 'number' && typeof right === 'number'
          ? calculate(left, expression.mark, right)
          : undefined;
      }
      case 'call':
        return dateOf(lastOf(expression.name), expression.of.map(inner));
      default:
        return undefined;
    }
  }

  /** The type of form field that a default without annotation asks for. */
  schemaOfDefault(expression: Expression): Schema {
    if (expression.type === 'constant') {
      const type = { int: 'integer', float: 'number', str: 'string', bool: 'boolean', none: undefined }[
        expression.python
      ];
      return type ? { type } : {};
    }
    if (expression.type === 'sequence')
      return expression.python === 'set' ? { type: 'array', uniqueItems: true } : { type: 'array' };
    if (expression.type === 'mapping') return { type: 'object' };
    if (expression.type === 'call') return { ...(schemaOfLast[lastOf(expression.name)] ?? {}) };
    if (expression.type === 'arithmetic') {
      const value = this.value(expression);
      const float =
        expression.mark === '/' || expression.of.some((each) => this.schemaOfDefault(each).type === 'number');
      return typeof value === 'number' ? { type: float ? 'number' : 'integer' } : {};
    }
    if (expression.type === 'name') {
      const assigned = this.scope.assignment(expression.name);
      if (assigned) return this.schemaOfDefault(assigned);
      const own = this.scope.ownClass(expression.name.split('.')[0]!);
      if (own && isEnum(own)) return enumOf([...own.members.values()]);
    }
    return {};
  }
}

const schemaOfLast: Record<string, Schema> = {
  int: { type: 'integer' },
  float: { type: 'number' },
  Decimal: { type: 'number' },
  str: { type: 'string' },
  bool: { type: 'boolean' },
  date: { type: 'string', format: 'date' },
  datetime: { type: 'string', format: 'date-time' },
  Timestamp: { type: 'string', format: 'date-time' },
  time: { type: 'string', format: 'time' },
  Path: { type: 'string' },
  Any: {},
  object: {},
};

export const isNone = (type: Expression): boolean => type.type === 'constant' && type.python === 'none';
const isEnum = (own: OwnClass): boolean =>
  own.bases.some((base) => ['Enum', 'StrEnum', 'IntEnum'].includes(lastOf(base)));

const typeOfValue = (value: Json): string =>
  value === null ? 'null' : typeof value === 'number' ? (Number.isInteger(value) ? 'integer' : 'number') : typeof value;

function enumOf(values: Json[]): Schema {
  const types = new Set(values.map(typeOfValue));
  return { ...(types.size === 1 && { type: [...types][0]! }), enum: values };
}

export function orNull(schema: Schema): Schema {
  if (Array.isArray(schema.enum)) {
    const { type, ...rest } = schema;
    return {
      ...rest,
      ...(typeof type === 'string' && { type: [type, 'null'] }),
      enum: schema.enum.includes(null) ? schema.enum : [...schema.enum, null],
    };
  }
  if (typeof schema.type === 'string') return { ...schema, type: [schema.type, 'null'] };
  if (Array.isArray(schema.type)) return { ...schema, type: [...schema.type, 'null'] };
  if (Array.isArray(schema.anyOf)) return { ...schema, anyOf: [...schema.anyOf, { type: 'null' }] };
  return schema;
}

function calculate(left: number, mark: string, right: number): number | undefined {
  const value =
    mark === '+'
      ? left + right
      : mark === '-'
        ? left - right
        : mark === '*'
          ? left * right
          : mark === '/'
            ? left / right
            : mark === '**'
              ? left ** right
              : undefined;
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** `date(2013, 1, 1)` and `datetime(2013, 1, 1, 12)` as their isoformat. */
function dateOf(name: string, of: readonly (Json | undefined)[]): string | undefined {
  if (!of.every((part) => Number.isInteger(part)) || of.length < 3) return undefined;
  const two = (part: Json | undefined) => String(part ?? 0).padStart(2, '0');
  const day = `${String(of[0]).padStart(4, '0')}-${two(of[1])}-${two(of[2])}`;
  if (name === 'date' && of.length === 3) return day;
  if (name === 'datetime' && of.length <= 6) return `${day}T${two(of[3])}:${two(of[4])}:${two(of[5])}`;
  return undefined;
}
