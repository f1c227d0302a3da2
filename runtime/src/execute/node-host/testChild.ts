/** Runs the child as a worker would, but with no sandbox around it: one process, one task, file descriptor 3 as a pipe. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import { typeless } from '../../typeless/index.ts';
import { stripUserCode } from '../../typeless/userCode.ts';
import type { ChildMessage, FailureMessage, InputMessage, OutputMessage, TaskMessage } from './message.ts';

export interface Outcome {
  messages: ChildMessage[];
  outputs: Record<string, OutputMessage>;
  failure?: FailureMessage;
  done: boolean;
  logs: string;
  jobFolder: string;
  exitCode: number | null;
  readyMs: number;
  doneMs: number;
  json(port: string): unknown;
  text(port: string): string;
}

export type TaskInput = Partial<InputMessage> & { port: string; path: string };
export type Task = Partial<Omit<TaskMessage, 'inputs'>> & { language: TaskMessage['language']; inputs?: TaskInput[] };

/** `given` goes to Node in front of the child, such as a module that takes something away from it. */
export async function runChild(task: Task, given: readonly string[] = []): Promise<Outcome> {
  const jobFolder = mkdtempSync(path.join(tmpdir(), 'drawloom-job-'));
  const stripped = task.language === 'typescript' && task.code !== undefined ? await stripUserCode(task.code) : null;
  const start = performance.now();
  const preload = task.language === 'sql' ? ['--preload=sql'] : [];
  const child = spawn(process.execPath, [...given, typeless(path.join(import.meta.dirname, 'child.ts')), ...preload], {
    cwd: jobFolder,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { TZ: 'UTC' },
  });
  let logs = '';
  for (const stream of [child.stdout, child.stderr])
    stream!.on('data', (chunk: Buffer) => {
      logs += chunk.toString();
    });
  const channel = child.stdio[3] as Duplex;
  const messages: ChildMessage[] = [];
  let readyMs = 0;
  let dispatched = 0;
  let doneMs = 0;
  const full: TaskMessage = {
    name: 'test',
    parameters: {},
    outputs: [],
    seed: 7,
    env: {},
    limits: { memoryBytes: 2 ** 30, threads: 1 },
    attempt: { run: 1, node: 'node', mapIndex: 0, attempt: 1, fence: 1, idempotencyKey: 'key' },
    ...task,
    ...(stripped !== null && { code: stripped, typeless: true }),
    inputs: (task.inputs ?? []).map((input) => ({
      kind: 'table',
      position: 0,
      many: false,
      mediaType: 'application/vnd.apache.parquet',
      ...input,
    })),
  };
  createInterface({ input: channel }).on('line', (line) => {
    const message = JSON.parse(line) as ChildMessage;
    if (message.type === 'ready') {
      readyMs = performance.now() - start;
      dispatched = performance.now();
      channel.write(`${JSON.stringify(full)}\n`);
    } else {
      messages.push(message);
      doneMs = performance.now() - dispatched;
    }
  });
  channel.on('error', () => {});
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  const outputs = Object.fromEntries(
    messages.filter((each) => each.type === 'output').map((each) => [each.port, each]),
  );
  const failure = messages.find((each) => each.type === 'failed');
  const text = (port: string) => readFileSync(path.join(jobFolder, outputs[port]!.path), 'utf8');
  return {
    messages,
    outputs,
    ...(failure && { failure }),
    done: messages.at(-1)?.type === 'done',
    logs,
    jobFolder,
    exitCode,
    readyMs,
    doneMs,
    text,
    json: (port) => JSON.parse(text(port)),
  };
}
