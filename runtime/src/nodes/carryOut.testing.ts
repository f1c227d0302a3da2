/** Carries out a node type as a worker would, without the sandbox: in its own process, with the form's defaults filled in. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import { bindParameters } from '@drawloom/shared/pipeline/checks.ts';
import { presentWith, signatureOf } from '@drawloom/shared/signature/index.ts';
import { DuckDBInstance } from '@duckdb/node-api';
import { defaultEnvironment } from '../../python/tests/pythons.ts';
import type { FailureMessage, InputMessage, OutputMessage } from '../execute/node-host/message.ts';
import { runChild } from '../execute/node-host/testChild.ts';
import { catalog, codeOf, fileParameters } from './catalog.ts';

export type Rows = Record<string, unknown>[];
export interface Given {
  kind?: InputMessage['kind'];
  rows?: Rows;
  json?: unknown;
  text?: string;
  mediaType?: string;
  /** What it is called, when it comes from an item of a map. */
  item?: string;
  /** The output of another node type's example. */
  from?: { type: string; port: string };
}
export interface Expected {
  rows?: Rows;
  rowCount?: number;
  columns?: string[];
  metrics?: Record<string, number>;
  value?: unknown;
  contains?: string[];
  mediaType?: string;
  facts?: Record<string, unknown>;
}
export interface Example {
  title?: string;
  code?: string;
  inputs?: Record<string, Given | Given[]>;
  parameters: Record<string, unknown>;
  outputs?: Record<string, Expected>;
}
export interface Done {
  folder: string;
  outputs: Record<string, OutputMessage>;
  failure?: FailureMessage;
  logs: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'drawloom-examples-'));
export const exampleOf = (type: string): Example =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, type, 'example.json'), 'utf8')) as Example;

export async function duck(sql: string): Promise<Rows> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    return (await (await instance.connect()).runAndReadAll(sql)).getRowObjectsJson() as Rows;
  } finally {
    instance.closeSync();
  }
}

const done = new Map<string, Promise<Done>>();
export const runExample = (type: string): Promise<Done> => {
  if (!done.has(type)) done.set(type, carryOut(catalog.get(type)!, exampleOf(type)));
  return done.get(type)!;
};

let count = 0;
/** Tables that are given more than once are written once. */
const written = new WeakMap<Rows, string>();
async function inputsOf(type: string, example: Example): Promise<InputMessage[]> {
  const inputs: InputMessage[] = [];
  for (const [port, given] of Object.entries(example.inputs ?? {}))
    for (const [position, each] of [given].flat().entries()) {
      const file = path.join(folder, `${++count}-${type}-${port}-${position}`);
      const common = {
        port,
        position,
        many: Array.isArray(given),
        ...(each.item !== undefined && { item: each.item }),
      };
      if (each.from) {
        const other = await runExample(each.from.type);
        const output = other.outputs[each.from.port]!;
        inputs.push({
          ...common,
          kind: output.kind,
          mediaType: output.mediaType,
          path: path.join(other.folder, output.path),
        });
      } else if (each.rows) {
        const table = written.get(each.rows) ?? `${file}.parquet`;
        if (!written.has(each.rows)) {
          writeFileSync(`${file}.json`, each.rows.map((row) => JSON.stringify(row)).join('\n'));
          await duck(
            `copy (from read_json('${file}.json', format = 'newline_delimited')) to '${table}' (format parquet)`,
          );
          written.set(each.rows, table);
        }
        inputs.push({ ...common, kind: 'table', mediaType: 'application/vnd.apache.parquet', path: table });
      } else {
        writeFileSync(file, each.text ?? JSON.stringify(each.json));
        inputs.push({
          ...common,
          kind: each.kind ?? 'value',
          mediaType: each.mediaType ?? 'application/json',
          path: file,
        });
      }
    }
  return inputs;
}

/** What the plan makes of the parameters: defaults filled in. */
function boundOf(type: NodeType, example: Example): Record<string, Json> {
  const schema = type.code === 'user' ? signatureOf(type.language!, example.code!).parameters : type.parameters;
  const bound = bindParameters(schema, example.parameters as Record<string, Json>, {});
  return 'values' in bound ? bound.values : {};
}

export async function carryOut(type: NodeType, example: Example): Promise<Done> {
  const code = type.code === 'user' ? example.code! : codeOf(type)!;
  const signature = type.code === 'user' ? signatureOf(type.language!, code) : type;
  const present = presentWith(type.parameters, example.parameters);
  const task = {
    code,
    inputs: await inputsOf(type.type, example),
    parameters: boundOf(type, example),
    outputs: signature.outputs
      .filter(present)
      .map(({ name, kind, optional }) => ({ port: name, kind, ...(optional && { optional }) })),
  };
  if (type.language !== 'python') {
    const ports = [
      ...fileParameters(type).map((name) => ({ port: name, kind: 'file' as const })),
      ...signature.inputs.map(({ name, kind, many }) => ({ port: name, kind, ...(many && { many }) })),
    ];
    const outcome = await runChild({ ...task, ports, language: type.language! });
    return {
      folder: outcome.jobFolder,
      outputs: outcome.outputs,
      logs: outcome.logs,
      ...(outcome.failure && { failure: outcome.failure }),
    };
  }
  return runPython(task);
}

/** The Python host as its own process, without the sandbox: the message in on standard input, answers on descriptor 3. */
async function runPython(task: object): Promise<Done> {
  const { python } = await defaultEnvironment();
  const job = mkdtempSync(path.join(tmpdir(), 'drawloom-job-'));
  const host = `import json, os, sys
sys.path.insert(0, ${JSON.stringify(path.resolve(import.meta.dirname, '../../python'))})
class Control:
    def send(self, message): os.write(3, (json.dumps(message) + "\\n").encode())
from drawloom import _host
_host.execute(json.loads(sys.stdin.readline()), Control())`;
  const child = spawn(python, ['-I', '-c', host], {
    cwd: job,
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    env: { MPLCONFIGDIR: job, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', HOME: job },
  });
  let logs = '';
  let answers = '';
  for (const index of [1, 2] as const) child.stdio[index]!.on('data', (chunk: Buffer) => (logs += chunk.toString()));
  (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk: Buffer) => (answers += chunk.toString()));
  const attempt = { run: 1, node: 'node', mapIndex: 0, attempt: 1, fence: 1, idempotencyKey: 'key' };
  child.stdin!.end(
    `${JSON.stringify({ language: 'python', seed: 7, env: {}, limits: { threads: 1 }, attempt, ...task })}\n`,
  );
  await new Promise((resolve) => child.on('close', resolve));
  const messages = answers
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { type: string });
  const outputs = messages.filter((message): message is OutputMessage => message.type === 'output');
  const failure = messages.find((message): message is FailureMessage => message.type === 'failed');
  return {
    folder: job,
    outputs: Object.fromEntries(outputs.map((output) => [output.port, output])),
    logs,
    ...(failure && { failure }),
  };
}

/** Rows of a table that a node type made. */
export const rowsOf = async (carried: Done, port = 'table'): Promise<Rows> =>
  duck(`from read_parquet('${path.join(carried.folder, carried.outputs[port]!.path)}')`).then(plain);

/** Whole numbers come as text from DuckDB's JSON; tests are written with numbers. */
export const plain = (rows: Rows): Rows =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
      ]),
    ),
  );
