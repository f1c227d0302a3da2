/**
 * Reads the language in which experiments, runs and models are searched: comparisons joined by AND, as `metrics.rmse < 0.5 AND
 * params.model = 'tree'`. Clients of MLflow send it, and people type it; so a mistake is told with the place where it stands.
 */

export type Entity =
  | 'metric'
  | 'parameter'
  | 'tag'
  | 'attribute'
  | 'dataset'
  | 'metadata'
  | 'span'
  | 'feedback'
  | 'expectation';
export type Comparator =
  | '='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';

export interface Condition {
  entity: Entity;
  key: string;
  comparator: Comparator;
  /** A list for IN and NOT IN, null for IS NULL and IS NOT NULL. */
  value: number | string | readonly string[] | null;
  /** Where it begins in the text, from 0. */
  at: number;
}

export interface Order {
  entity: Entity;
  key: string;
  descending: boolean;
}

/** What can be asked of one kind of thing. */
export interface Vocabulary {
  entities: readonly Entity[];
  /** Attributes by each name that they go by. */
  attributes: Readonly<Record<string, { key: string; of: 'text' | 'number'; list?: true }>>;
}

export class SearchMistake extends Error {
  override name = 'SearchMistake';
  /** Where in the text, from 0. */
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const entityNames: Readonly<Record<string, Entity>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'parameter',
  params: 'parameter',
  parameter: 'parameter',
  parameters: 'parameter',
  tag: 'tag',
  tags: 'tag',
  attr: 'attribute',
  attribute: 'attribute',
  attributes: 'attribute',
  run: 'attribute',
  trace: 'attribute',
  metadata: 'metadata',
  request_metadata: 'metadata',
  span: 'span',
  feedback: 'feedback',
  expectation: 'expectation',
  dataset: 'dataset',
  datasets: 'dataset',
};

const forNumbers: readonly Comparator[] = ['=', '!=', '<', '<=', '>', '>='];
const forTexts: readonly Comparator[] = ['=', '!=', 'LIKE', 'ILIKE'];
const forPresence: readonly Comparator[] = ['IS NULL', 'IS NOT NULL'];
const forLists: readonly Comparator[] = ['IN', 'NOT IN'];
/** What may be compared how; attributes that are text are meant, those that are numbers go like metrics. */
export function entityComparators(entity: Entity): readonly Comparator[] {
  if (entity === 'metric') return forNumbers;
  return entity === 'attribute' ? forTexts : [...forTexts, ...forPresence];
}
const datasetKeys = ['name', 'digest', 'context'];
const spanKeys = ['name', 'type', 'status', 'content'];

/** A filter of some thousand comparisons is no question that anybody has. */
const mostConditions = 200;

/** The comparisons of a filter, all of which must hold. Empty text asks for everything. */
export function readFilter(text: string, vocabulary: Vocabulary): Condition[] {
  const reader = new Reader(text);
  const conditions: Condition[] = [];
  while (!reader.atEnd) {
    if (conditions.length > 0) reader.takeAnd();
    conditions.push(readCondition(reader, vocabulary));
    if (conditions.length > mostConditions)
      throw new SearchMistake(`A filter takes at most ${mostConditions} comparisons.`, reader.at);
  }
  return conditions;
}

/** One key to sort by, as `metrics.rmse DESC`. */
export function readOrder(text: string, vocabulary: Vocabulary): Order {
  const reader = new Reader(text);
  const { entity, key } = readName(reader, vocabulary);
  const word = reader.atEnd ? 'ASC' : reader.takeWord().toUpperCase();
  if (word !== 'ASC' && word !== 'DESC')
    throw new SearchMistake(`After what to sort by stands ASC, DESC or nothing, not “${word}”.`, reader.at);
  if (!reader.atEnd)
    throw new SearchMistake('One entry sorts by one key. Give the next key as an entry of its own.', reader.at);
  return { entity, key, descending: word === 'DESC' };
}

function readCondition(reader: Reader, vocabulary: Vocabulary): Condition {
  const { at } = reader;
  const { entity, key, allowed, numeric } = readName(reader, vocabulary);
  const comparatorAt = reader.at;
  const comparator = reader.takeComparator();
  if (!allowed.includes(comparator))
    throw new SearchMistake(
      `${comparator} does not go with ${nameOf(entity, key)}: use ${allowed.join(', ')}.`,
      comparatorAt,
    );
  if (forPresence.includes(comparator)) return { entity, key, comparator, value: null, at };
  if (forLists.includes(comparator)) return { entity, key, comparator, value: reader.takeList(), at };
  return {
    entity,
    key,
    comparator,
    value: (numeric === 'either' ? reader.atNumber : numeric)
      ? reader.takeNumber(nameOf(entity, key))
      : reader.takeText(nameOf(entity, key)),
    at,
  };
}

interface Name {
  entity: Entity;
  key: string;
  allowed: readonly Comparator[];
  /** Whether it is held against a number, or against either when what it says may be both. */
  numeric: boolean | 'either';
}

function readName(reader: Reader, { entities, attributes }: Vocabulary): Name {
  const { at } = reader;
  const { prefix, key } = reader.takeName();
  const entity = prefix === null ? 'attribute' : entityNames[prefix];
  if (entity === undefined || !entities.includes(entity))
    throw new SearchMistake(
      `“${prefix}” is nothing to search by. Begin with ${entities.map((one) => `${one}.`).join(', ')}, as in ${entities[0]}.name.`,
      at,
    );
  switch (entity) {
    case 'metric':
      return { entity, key, allowed: forNumbers, numeric: true };
    case 'parameter':
    case 'tag':
    case 'metadata':
      return { entity, key, allowed: entityComparators(entity), numeric: false };
    case 'dataset':
      if (!datasetKeys.includes(key))
        throw new SearchMistake(`A dataset is searched by ${datasetKeys.join(', ')}, not by “${key}”.`, at);
      return { entity, key, allowed: [...forTexts, ...forLists], numeric: false };
    case 'span':
      if (!spanKeys.includes(key))
        throw new SearchMistake(`A span is searched by ${spanKeys.join(', ')}, not by “${key}”.`, at);
      return { entity, key, allowed: [...forTexts, ...forLists], numeric: false };
    case 'feedback':
    case 'expectation':
      return {
        entity,
        key,
        allowed: [...new Set([...forNumbers, ...forTexts, ...forPresence])],
        numeric: 'either',
      };
    case 'attribute': {
      const known = Object.hasOwn(attributes, key) ? attributes[key]! : undefined;
      if (!known)
        throw new SearchMistake(
          `There is no attribute “${key}”. There are ${[...new Set(Object.values(attributes).map((one) => one.key))].join(', ')}.`,
          at,
        );
      const numeric = known.of === 'number';
      return {
        entity,
        key: known.key,
        allowed: numeric ? forNumbers : [...forTexts, ...(known.list ? forLists : [])],
        numeric,
      };
    }
  }
}

const nameOf = (entity: Entity, key: string): string => (entity === 'attribute' ? key : `${entity}.${key}`);

const space = /\s*/y;
const bareName = /[\p{L}_][\p{L}\p{N}_./$-]*/uy;
const number = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.])/uy;
const sign = />=|<=|!=|=|<|>/y;
const word = /[A-Za-z]+/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skip();
  }

  get at(): number {
    return this.#at;
  }
  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  takeAnd(): void {
    const found = this.#peek(word);
    if (found?.toUpperCase() === 'OR')
      throw new SearchMistake(
        'Comparisons are joined by AND alone. Ask twice for an OR, or use IN where it goes.',
        this.#at,
      );
    if (found?.toUpperCase() !== 'AND')
      throw new SearchMistake(`Here an AND is missing, or the value before it ended early.`, this.#at);
    this.#move(found.length);
    if (this.atEnd) throw new SearchMistake('After AND another comparison must follow.', this.#at);
  }

  takeName(): { prefix: string | null; key: string } {
    const bare = this.#peek(bareName);
    if (bare === undefined) {
      const quoted = this.#takeQuoted('`"');
      if (quoted === undefined)
        throw new SearchMistake('Here the name of what is compared must stand, as metrics.rmse.', this.#at);
      if (this.#text[this.#at] !== '.') return { prefix: null, key: quoted };
      this.#at++;
      return { prefix: quoted, key: this.#takeKey(quoted) };
    }
    const dot = bare.indexOf('.');
    if (dot < 0) {
      this.#move(bare.length);
      return { prefix: null, key: bare };
    }
    if (dot < bare.length - 1) {
      this.#move(bare.length);
      return { prefix: bare.slice(0, dot), key: bare.slice(dot + 1) };
    }
    // A key with blanks or signs in it stands in quotes, right after the dot.
    this.#at += bare.length;
    return { prefix: bare.slice(0, dot), key: this.#takeKey(bare.slice(0, dot)) };
  }

  #takeKey(prefix: string): string {
    const quoted = this.#takeQuoted('`"');
    if (quoted !== undefined) return quoted;
    const bare = this.#peek(bareName);
    if (bare === undefined)
      throw new SearchMistake(`After “${prefix}.” the name of what is compared is missing.`, this.#at);
    this.#move(bare.length);
    return bare;
  }

  takeComparator(): Comparator {
    const found = this.#peek(sign);
    if (found) {
      this.#move(found.length);
      return found as Comparator;
    }
    const at = this.#at;
    const words: string[] = [];
    for (const expected of [/^(LIKE|ILIKE|IN|NOT|IS)$/, /^(IN|NULL|NOT)$/, /^NULL$/]) {
      const next = this.#peek(word)?.toUpperCase();
      if (next === undefined || !expected.test(next)) break;
      words.push(next);
      this.#move(next.length);
      if (/^(LIKE|ILIKE|IN|NOT IN|IS NULL|IS NOT NULL)$/.test(words.join(' '))) return words.join(' ') as Comparator;
    }
    throw new SearchMistake(
      'Here a comparison must stand: =, !=, <, <=, >, >=, LIKE, ILIKE, IN, NOT IN, IS NULL or IS NOT NULL.',
      at,
    );
  }

  get atNumber(): boolean {
    return this.#peek(number) !== undefined;
  }

  takeNumber(of: string): number {
    const found = this.#peek(number);
    if (found === undefined)
      throw new SearchMistake(`${of} is a number: compare it with one, without quotes.`, this.#at);
    this.#move(found.length);
    return Number(found);
  }

  takeText(of: string): string {
    const found = this.#takeQuoted(`'"`);
    if (found === undefined)
      throw new SearchMistake(`${of} is text: put what it is compared with in single quotes.`, this.#at);
    return found;
  }

  takeList(): string[] {
    const mistake = () =>
      new SearchMistake(`A list stands in parentheses, its texts in single quotes: ('a', 'b').`, this.#at);
    if (this.#text[this.#at] !== '(') throw mistake();
    const items: string[] = [];
    do {
      this.#move(1);
      const item = this.#takeQuoted(`'"`);
      if (item === undefined) throw mistake();
      items.push(item);
    } while (this.#text[this.#at] === ',' && items.length < 10_000);
    if (this.#text[this.#at] !== ')') throw mistake();
    this.#move(1);
    return items;
  }

  takeWord(): string {
    const found = this.#peek(word) ?? '';
    this.#move(found.length);
    return found || this.#text.slice(this.#at, this.#at + 20);
  }

  /** Undefined when no quote of these begins here. A quote inside is written twice. */
  #takeQuoted(quotes: string): string | undefined {
    const quote = this.#text[this.#at];
    if (quote === undefined || !quotes.includes(quote)) return undefined;
    let value = '';
    for (let from = this.#at + 1; ; ) {
      const end = this.#text.indexOf(quote, from);
      if (end < 0) throw new SearchMistake(`The quote that begins here has no end.`, this.#at);
      value += this.#text.slice(from, end);
      if (this.#text[end + 1] !== quote) {
        this.#move(end + 1 - this.#at);
        return value;
      }
      value += quote;
      from = end + 2;
    }
  }

  #peek(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#text)?.[0];
  }

  #move(by: number): void {
    this.#at += by;
    this.#skip();
  }

  #skip(): void {
    space.lastIndex = this.#at;
    this.#at += space.exec(this.#text)![0].length;
  }
}
