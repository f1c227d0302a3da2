/**
 * Decides how a TypeScript node runs: its function is called with its inputs by position and its form last, and what it
 * returns is matched with the outputs that the node declares.
 */
import { copyFileSync, cpSync, existsSync, linkSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { badOutput, Failure } from './failure.ts';
import type { InputMessage, Kind, OutputMessage, TaskMessage } from './message.ts';
import { begin, Document, Figure, File, Folder, logMetrics, Model, Table } from './module.ts';
import { database, engine } from './tables.ts';

const drawloom = new URL('./module.ts', import.meta.url).href;

export async function runTypeScript(task: TaskMessage, file: string): Promise<OutputMessage[]> {
  registerHooks({
    resolve: (name, context, next) =>
      name === 'drawloom' ? { url: drawloom, shortCircuit: true } : next(name, context),
  });
  seedRandom(task.seed);
  const { run, node, mapIndex, attempt, idempotencyKey, traceparent = '' } = task.attempt;
  begin(
    { run, node, name: task.name, mapIndex, attempt, idempotencyKey, traceparent, seed: task.seed },
    {
      folders: task.inputs.map((input) => path.dirname(input.path)),
      // The rest is for JavaScript itself.
      memoryBytes: (task.limits.memoryBytes ?? 2 ** 30) * 0.5,
      threads: task.limits.threads ?? 1,
      seed: task.seed,
    },
    task.inputs,
  );
  const exports = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  const chosen = chooseFunction(exports, readFileSync(file, 'utf8'));
  const returned = await chosen(...(await callValues(task, chosen)));
  return writeOutputs(task, returned);
}

type Callable = (...values: unknown[]) => unknown;

/** The default export, else the function exported last in the text: a module's own list of exports has no such order. */
function chooseFunction(exports: Record<string, unknown>, code: string): Callable {
  if (typeof exports.default === 'function') return exports.default as Callable;
  const written = [...code.matchAll(/^\s*export\s+(?:async\s+)?(?:function\s*\*?|const|let)\s+([\w$]+)/gm)].map(
    (match) => match[1]!,
  );
  const listed = [...code.matchAll(/^\s*export\s*\{([^}]*)\}/gm)].flatMap((match) =>
    match[1]!.split(',').map(
      (each) =>
        each
          .trim()
          .split(/\s+as\s+/)
          .at(-1)!,
    ),
  );
  const name = [...written, ...listed].findLast((each) => typeof exports[each] === 'function');
  const found = name ? exports[name] : Object.values(exports).find((value) => typeof value === 'function');
  if (!found)
    throw new Failure(
      'user_error',
      'The code exports no function. Write export default function run(table: Table): Table { … }.',
      { kind: 'SignatureError', line: 1, column: 1 },
    );
  return found as Callable;
}

/**
 * The values the function is called with. `inputs` holds only what is connected, so ports are found by the names of the
 * parameters; one that is not connected is undefined, or an empty list where several may arrive. The form comes last.
 */
async function callValues(task: TaskMessage, chosen: Callable): Promise<unknown[]> {
  const declared: NonNullable<TaskMessage['ports']> = task.ports ?? [
    ...new Map(task.inputs.map(({ port, many }) => [port, { port, many }])).values(),
  ];
  const names = parameterNames(chosen.toString()) ?? declared.map(({ port }) => port);
  const isForm = (index: number) => {
    const name = names[index]!;
    return (
      name === '' ||
      (index === names.length - 1 &&
        !declared.some(({ port }) => port === name) &&
        Object.keys(task.parameters).length > 0)
    );
  };
  const form = names.findIndex((_, index) => isForm(index));
  const ports = form < 0 ? names : names.slice(0, form);
  const values = await Promise.all(
    ports.map(async (name) => {
      const port = declared.find((each) => each.port === name);
      const here = task.inputs.filter((input) => input.port === name).sort((a, b) => a.position - b.position);
      const as = port?.kind && port.kind !== 'any' ? port.kind : undefined;
      if (port?.many || here[0]?.many) return Promise.all(here.map((input) => inputValue(input, as)));
      return here[0] ? inputValue(here[0], as) : undefined;
    }),
  );
  return [...values, withSecrets(task.parameters, task.secrets ?? {})];
}

/** Puts values where the form names secrets; both come from the worker, for this attempt alone. */
function withSecrets(value: unknown, secrets: Record<string, string>): unknown {
  if (Array.isArray(value)) return value.map((each) => withSecrets(each, secrets));
  if (typeof value !== 'object' || value === null) return value;
  const { $secret } = value as { $secret?: unknown };
  if (typeof $secret === 'string' && Object.hasOwn(secrets, $secret)) return secrets[$secret];
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withSecrets(each, secrets)]));
}

/**
 * The names of a function's parameters from its own text: '' for one that is taken apart. Types are gone by now, so commas
 * and brackets outside of strings and comments are all there is to read; undefined when even that is not there.
 */
export function parameterNames(text: string): string[] | undefined {
  const blank = text.replace(
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|`(?:\\.|[^`\\])*`/g,
    (match) => ' '.repeat(match.length),
  );
  const single = /^\s*(?:async\s+)?([\w$]+)\s*=>/.exec(blank);
  if (single) return [single[1]!];
  const open = blank.indexOf('(');
  if (open < 0) return undefined;
  const names: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < blank.length; at++) {
    const char = blank[at]!;
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
    if ((char === ',' && depth === 1) || depth === 0) {
      const piece = blank.slice(from, at).trim();
      if (piece) names.push(/^(?:\.\.\.)?([\w$]+)/.exec(piece)?.[1] ?? '');
      from = at + 1;
    }
    if (depth === 0) return names;
  }
  return undefined;
}

async function inputValue(input: InputMessage, as?: Kind): Promise<unknown> {
  switch (as ?? kindOf(input)) {
    case 'table':
      return tableOf(input);
    case 'metrics':
    case 'value':
      return new File(input.path).json();
    case 'document':
      return new Document(new File(input.path).text(), input.mediaType);
    case 'figure':
      return new Figure(new File(input.path).bytes(), input.mediaType);
    case 'model':
      return new Model(input.path);
    case 'folder':
      return new Folder(input.path);
    default:
      return new File(input.path, input.mediaType);
  }
}

/** A port that takes anything gives what the bytes are. */
function kindOf(input: InputMessage): Kind {
  if (input.kind !== 'any') return input.kind;
  if (/parquet/.test(input.mediaType)) return 'table';
  if (/^image\//.test(input.mediaType)) return 'figure';
  if (/^text\/(markdown|html)/.test(input.mediaType)) return 'document';
  if (/json/.test(input.mediaType)) return 'value';
  return statSync(input.path).isDirectory() ? 'folder' : 'file';
}

async function tableOf(input: InputMessage): Promise<Table> {
  if (input.columns?.length) return new Table({ file: input.path }, input.columns, input.rowCount ?? undefined);
  const { parquetFacts, sqlFailure } = await engine();
  try {
    const facts = await parquetFacts(await database(), input.path);
    return new Table({ file: input.path }, facts.columns, facts.rowCount);
  } catch (error) {
    const { message } = sqlFailure(error, '');
    throw new Failure(
      'bad_input',
      `The table at "${input.port}" cannot be read: ${message.replaceAll(input.path, 'its file')} Run the node before it again.`,
      { kind: 'InputError' },
    );
  }
}

async function writeOutputs(task: TaskMessage, returned: unknown): Promise<OutputMessage[]> {
  const { outputs } = task;
  if (outputs.length === 0) return [];
  mkdirSync('out', { recursive: true });
  const values = matched(outputs, returned);
  const messages: OutputMessage[] = [];
  for (const [index, output] of outputs.entries()) {
    const value = values[index];
    if (value === undefined || value === null) {
      if (output.optional) continue;
      const names = outputs.length === 1 ? '' : ` for "${output.port}"`;
      throw badOutput(
        `The function returned ${value === null ? 'null' : 'nothing'}${names}, and the node declares ${article(output.kind)}. Return ${example[output.kind]}.`,
      );
    }
    messages.push(await write(output.port, output.kind, value));
  }
  return messages;
}

/** The returned value of each declared output: the value itself, a tuple's members in order, or an object's by name. */
function matched(outputs: TaskMessage['outputs'], returned: unknown): unknown[] {
  const isRecord =
    typeof returned === 'object' && returned !== null && !Array.isArray(returned) && isPlainObject(returned);
  if (isRecord && outputs.every((output) => output.optional || output.port in returned)) {
    const byName = outputs.map((output) => (returned as Record<string, unknown>)[output.port]);
    // One output called `value` may itself be an object with such a member: then the type decides.
    if (outputs.length > 1 || !fits(outputs[0]!.kind, returned)) return byName;
    return fits(outputs[0]!.kind, byName[0]) && outputs[0]!.kind !== 'value' && outputs[0]!.kind !== 'metrics'
      ? byName
      : [returned];
  }
  if (outputs.length === 1) return [returned];
  const declared = outputs.map((output) => `${output.port} (${output.kind})`).join(', ');
  if (!Array.isArray(returned))
    throw badOutput(
      `The function returned ${describe(returned)}, and the node declares ${outputs.length} outputs: ${declared}. Return a list in that order, or an object with those names.`,
    );
  if (returned.length !== outputs.length)
    throw badOutput(
      `The function returned ${returned.length} values, and the node declares ${outputs.length}: ${declared}.`,
    );
  return returned;
}

const fits = (kind: Kind, value: unknown): boolean => {
  try {
    return kind === 'any' || kind === 'value' || kindFrom(value) === kind || (kind === 'metrics' && isNumbers(value));
  } catch {
    return false;
  }
};

async function write(port: string, declared: Kind, value: unknown): Promise<OutputMessage> {
  const kind = declared === 'any' ? kindFrom(value) : declared;
  const wrong = () =>
    badOutput(
      `"${port}" is declared as ${article(kind)}, and the function returned ${describe(value)}. Return ${example[kind]}.`,
    );
  const put = (ending: string, bytes: string | Uint8Array, mediaType: string): OutputMessage => {
    const file = path.join('out', `${port}.${ending}`);
    writeFileSync(file, bytes);
    return { type: 'output', port, kind, path: file, mediaType };
  };
  switch (kind) {
    case 'table': {
      const table = value instanceof Table ? value : isRows(value) ? Table.fromRows(value) : undefined;
      if (!table) throw wrong();
      return writeTable(port, table);
    }
    case 'metrics': {
      if (!isNumbers(value)) throw wrong();
      const numbers = value as Record<string, number>;
      // Metrics that are given on are the run's metrics as well.
      logMetrics(numbers);
      const told = Object.fromEntries(
        Object.entries(numbers).map(([key, number]) => [key, Number.isFinite(number) ? number : String(number)]),
      );
      return { ...put('json', JSON.stringify(told), 'application/json'), facts: { metrics: told } };
    }
    case 'value': {
      const text = value instanceof File ? value.text() : jsonText(port, value);
      return put('json', text, 'application/json');
    }
    case 'document': {
      const document = value instanceof Document ? value : typeof value === 'string' ? new Document(value) : undefined;
      if (!document) throw wrong();
      return {
        ...put(document.mediaType === 'text/html' ? 'html' : 'md', document.text, document.mediaType),
        ...(document.facts && { facts: JSON.parse(jsonText(port, document.facts)) as Record<string, unknown> }),
      };
    }
    case 'figure': {
      const figure =
        value instanceof Figure
          ? value
          : typeof value === 'string' || value instanceof Uint8Array
            ? figureFrom(value)
            : undefined;
      if (!figure) throw wrong();
      const ending = figure.mediaType === 'image/svg+xml' ? 'svg' : figure.mediaType.replace('image/', '');
      return put(ending, figure.content, figure.mediaType);
    }
    case 'file': {
      const from = value instanceof File ? value.path : undefined;
      if (from === undefined) throw wrong();
      if (!existsSync(from) || !statSync(from).isFile())
        throw badOutput(`"${port}" is the file ${from}, and it is not there. Write it before the function returns.`);
      const file = path.join('out', `${port}${path.extname(from)}`);
      place(from, file);
      return { type: 'output', port, kind, path: file, mediaType: (value as File).mediaType };
    }
    default: {
      const from = value instanceof Folder ? value.path : undefined;
      if (from === undefined || (kind === 'model') !== value instanceof Model) throw wrong();
      if (!existsSync(from))
        throw badOutput(`"${port}" is the folder ${from}, and it is not there. Write it before the function returns.`);
      const to = path.join('out', port);
      cpSync(from, to, { recursive: true, dereference: false });
      return { type: 'output', port, kind, path: to, mediaType: 'inode/directory' };
    }
  }
}

async function writeTable(port: string, table: Table): Promise<OutputMessage> {
  const { parquetFacts } = await engine();
  const from = await table.file();
  const file = path.join('out', `${port}.parquet`);
  place(from, file);
  return {
    type: 'output',
    port,
    kind: 'table',
    path: file,
    mediaType: 'application/vnd.apache.parquet',
    ...(await parquetFacts(await database(), file)),
  };
}

/** A file of the node's own is linked, an input is copied: the store must never see one file under two names of an attempt. */
function place(from: string, to: string): void {
  try {
    if (path.resolve(from).startsWith(`${process.cwd()}/`)) {
      linkSync(from, to);
      return;
    }
  } catch {
    // Another file system: then it is copied.
  }
  copyFileSync(from, to);
}

function figureFrom(value: string | Uint8Array): Figure | undefined {
  try {
    return new Figure(value);
  } catch {
    return undefined;
  }
}

function jsonText(port: string, value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    throw badOutput(`"${port}" cannot be kept as JSON: ${(error as Error).message.split('\n')[0]}.`);
  }
  if (text === undefined)
    throw badOutput(
      `"${port}" is ${describe(value)}, which JSON has no word for. Return text, numbers, lists or plain objects.`,
    );
  return text;
}

function kindFrom(value: unknown): Kind {
  if (value instanceof Table) return 'table';
  if (value instanceof Document) return 'document';
  if (value instanceof Figure) return 'figure';
  if (value instanceof File) return 'file';
  if (value instanceof Model) return 'model';
  if (value instanceof Folder) return 'folder';
  return 'value';
}

const isPlainObject = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value) as unknown;
  return prototype === Object.prototype || prototype === null;
};
const isNumbers = (value: unknown): value is Record<string, number> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.values(value).every((each) => typeof each === 'number');
const isRows = (value: unknown): value is Iterable<Record<string, unknown>> =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof Uint8Array) &&
  (Symbol.iterator in value || Symbol.asyncIterator in value);

const example: Record<Kind, string> = {
  table: 'a Table, or a list of rows',
  model: 'a Model that came in',
  metrics: 'an object of numbers, such as { auc: 0.7 }',
  figure: 'new Figure(svgText), or the bytes of a PNG',
  document: 'a text in Markdown, or new Document(html, "text/html")',
  file: 'new File(path)',
  folder: 'new Folder(path)',
  value: 'text, numbers, lists or plain objects',
  any: 'something',
};
const article = (kind: Kind): string => (kind === 'metrics' ? 'metrics' : kind === 'any' ? 'anything' : `a ${kind}`);

function describe(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'object') {
    const kind = kindFrom(value);
    return kind === 'value'
      ? `an object with ${Object.keys(value).slice(0, 5).join(', ') || 'no members'}`
      : article(kind);
  }
  if (typeof value === 'function') return 'a function';
  return `a ${typeof value}`;
}

/** Math.random repeats with the seed, as Python's generators do: equal inputs and an equal seed give equal outputs. */
function seedRandom(seed: number | null): void {
  if (seed === null) return;
  let state = (seed ^ 0x9e3779b9) >>> 0;
  Math.random = () => {
    // Mulberry32: small, well spread, and the same everywhere.
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
