import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Json } from '@drawloom/shared/json.ts';
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import { bindParameters } from '@drawloom/shared/pipeline/checks.ts';
import { signatureOf } from '@drawloom/shared/signature/index.ts';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { defaultEnvironment } from '../../python/tests/pythons.ts';
import type { FailureMessage, InputMessage, OutputMessage } from '../execute/node-host/message.ts';
import { runChild } from '../execute/node-host/testChild.ts';
import { catalog, codeOf, fileParameters } from './catalog.ts';

type Rows = Record<string, unknown>[];
interface Given {
  kind?: InputMessage['kind'];
  rows?: Rows;
  json?: unknown;
  text?: string;
  mediaType?: string;
  /** The output of another node type's example. */
  from?: { type: string; port: string };
}
interface Expected {
  rows?: Rows;
  rowCount?: number;
  columns?: string[];
  metrics?: Record<string, number>;
  value?: unknown;
  contains?: string[];
  mediaType?: string;
  facts?: Record<string, unknown>;
}
interface Example {
  title: string;
  code?: string;
  inputs?: Record<string, Given | Given[]>;
  parameters: Record<string, unknown>;
  outputs: Record<string, Expected>;
}
interface Done {
  folder: string;
  outputs: Record<string, OutputMessage>;
  failure?: FailureMessage;
  logs: string;
}

const folder = mkdtempSync(path.join(tmpdir(), 'drawloom-examples-'));
const exampleOf = (type: string): Example =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, type, 'example.json'), 'utf8')) as Example;
let python = '';

async function duck(sql: string): Promise<Rows> {
  const instance = await DuckDBInstance.create(':memory:');
  try {
    return (await (await instance.connect()).runAndReadAll(sql)).getRowObjectsJson() as Rows;
  } finally {
    instance.closeSync();
  }
}

const done = new Map<string, Promise<Done>>();
const runExample = (type: string): Promise<Done> => {
  if (!done.has(type)) done.set(type, carryOut(catalog.get(type)!, exampleOf(type)));
  return done.get(type)!;
};

async function inputsOf(type: string, example: Example): Promise<InputMessage[]> {
  const inputs: InputMessage[] = [];
  for (const [port, given] of Object.entries(example.inputs ?? {}))
    for (const [position, each] of [given].flat().entries()) {
      const file = path.join(folder, `${type}-${port}-${position}`);
      const common = { port, position, many: Array.isArray(given) };
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
        writeFileSync(`${file}.json`, each.rows.map((row) => JSON.stringify(row)).join('\n'));
        await duck(
          `copy (from read_json('${file}.json', format = 'newline_delimited')) to '${file}.parquet' (format parquet)`,
        );
        inputs.push({ ...common, kind: 'table', mediaType: 'application/vnd.apache.parquet', path: `${file}.parquet` });
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

async function carryOut(type: NodeType, example: Example): Promise<Done> {
  const code = type.code === 'user' ? example.code! : codeOf(type)!;
  const signature = type.code === 'user' ? signatureOf(type.language!, code) : type;
  const present = (port: Port) => !port.when || Boolean(example.parameters[port.when]);
  const task = {
    code,
    inputs: await inputsOf(type.type, example),
    parameters: boundOf(type, example),
    outputs: signature.outputs.filter(present).map((port) => ({ port: port.name, kind: port.kind })),
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

const plain = (rows: Rows): Rows =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([key, value]) => [
        key,
        typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value,
      ]),
    ),
  );

async function check(found: OutputMessage | undefined, expected: Expected, job: string): Promise<void> {
  expect(found).toBeDefined();
  const file = path.join(job, found!.path);
  if (expected.mediaType) expect(found!.mediaType).toBe(expected.mediaType);
  if (expected.rowCount !== undefined) expect(found!.rowCount).toBe(expected.rowCount);
  if (expected.columns)
    expect(found!.columns!.map((column) => `${column.name} ${column.type}`)).toEqual(expected.columns);
  if (expected.rows) expect(plain(await duck(`from read_parquet('${file}')`))).toEqual(expected.rows);
  if (expected.facts) expect(found!.facts).toMatchObject(expected.facts);
  if (expected.value !== undefined) expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(expected.value);
  if (expected.metrics) {
    const metrics = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number>;
    for (const [key, value] of Object.entries(expected.metrics)) expect(metrics[key], key).toBeCloseTo(value, 6);
  }
  for (const part of expected.contains ?? []) expect(readFileSync(file, 'utf8')).toContain(part);
}

describe('every node type', () => {
  beforeAll(async () => {
    mkdirSync(folder, { recursive: true });
    python = (await defaultEnvironment()).python;
  }, 600_000);

  test('has one folder, and every folder is one', () => {
    const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    expect([...catalog.keys()]).toEqual(folders.map((entry) => entry.name).sort());
  });

  test.each([...catalog.values()].map((type) => [type.type, type] as const))(
    '%s carries out its example',
    async (name, type) => {
      expect(existsSync(path.join(import.meta.dirname, name, 'example.json'))).toBe(true);
      const outcome = await runExample(name);
      expect(outcome.failure?.error, outcome.logs).toBeUndefined();
      for (const [port, expected] of Object.entries(exampleOf(type.type).outputs))
        await check(outcome.outputs[port], expected, outcome.folder);
    },
    120_000,
  );
});

const own = [...catalog.values()].filter((type) => type.code === 'own' && type.language);
test.each(own.map((type) => [type.type, type] as const))(
  '%s declares the ports and parameters that its code has',
  (_, type) => {
    const signature = signatureOf(type.language!, codeOf(type)!);
    expect(signature.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
    const short = (port: Port) => `${port.name}: ${port.kind}${port.many ? '[]' : ''}${port.optional ? '?' : ''}`;
    const hidden = fileParameters(type).map((name) => `${name}: file`);
    expect(signature.inputs.map(short)).toEqual([...hidden, ...type.inputs.map(short)]);
    expect(signature.outputs.map((port) => `${port.name}: ${port.kind}`)).toEqual(
      type.outputs.map((port) => `${port.name}: ${port.kind}`),
    );
    const names = (schema: NodeType['parameters']) => Object.keys((schema.properties ?? {}) as object).sort();
    if (names(signature.parameters).length || type.language === 'python')
      expect(names(signature.parameters)).toEqual(names(type.parameters));
  },
);

test.each([...catalog.values()].map((type) => [type.type, type] as const))(
  '%s takes its example from the form',
  (name, type) => {
    const schema =
      type.code === 'user' ? signatureOf(type.language!, exampleOf(name).code!).parameters : type.parameters;
    const bound = bindParameters(schema, exampleOf(name).parameters as Record<string, Json>, {});
    expect('issues' in bound ? bound.issues : []).toEqual([]);
  },
);

test('the form fills in what is not set, inside a chosen form as well', () => {
  const schema = catalog.get('train')!.parameters;
  expect(bindParameters(schema, { target: 'late' }, {})).toMatchObject({
    values: { target: 'late', features: [], estimator: { name: 'hist_gradient_boosting_classifier' } },
  });
  const ridge = { target: 'x', estimator: { name: 'ridge' } };
  expect(bindParameters(schema, ridge, {})).toMatchObject({ values: { estimator: { name: 'ridge', alpha: 1 } } });
  const wrong = { target: 'x', estimator: { name: 'ridge', alpha: -1 } };
  expect(bindParameters(schema, wrong, {})).toMatchObject({ issues: [{ path: ['estimator', 'alpha'] }] });
});

test.each([...catalog.values()].map((type) => [type.type, type] as const))(
  '%s tells people what it does',
  (_, type) => {
    expect(type.summary.length).toBeLessThanOrEqual(60);
    expect(type.description.length).toBeGreaterThan(60);
    if (type.code === 'user') expect(signatureOf(type.language!, type.template!).problems).toEqual([]);
    for (const name of type.card ?? [])
      expect((type.parameters.properties as object | undefined) ?? {}).toHaveProperty(name);
  },
);
