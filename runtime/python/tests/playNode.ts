/** Decides how a test runs the Python host: a bare process that is told one attempt, without a sandbox around it. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { barePython } from './pythons.ts';

export interface Played {
  messages: Record<string, unknown>[];
  outputs: Record<string, Record<string, unknown>>;
  failed:
    | { reason: string; error: { type: string; message: string; traceback: string; line: number | null } }
    | undefined;
  done: boolean;
  out: string;
  err: string;
  exitCode: number | null;
  job: string;
  /** The bytes of an output's file. */
  read(port: string, member?: string): Promise<string>;
}

const jobs: string[] = [];
export const sweepJobs = () => Promise.all(jobs.splice(0).map((job) => rm(job, { recursive: true, force: true })));

/** Runs one node's code on `python`. `given` is the message beside the code. */
export async function play(code: string, given: Record<string, unknown> = {}, python = barePython): Promise<Played> {
  const job = await mkdtemp(path.join(tmpdir(), 'drawloom-job-'));
  jobs.push(job);
  const here = import.meta.dirname;
  const child = spawn(python, ['-I', path.join(here, 'play.py'), path.join(here, '..'), job], {
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
  });
  const message = { language: 'python', name: 'node.py', inputs: [], parameters: {}, seed: 7, ...given };
  child.stdin.end(JSON.stringify('file' in given ? message : { ...message, code }));
  const [told, out, err, exitCode] = await Promise.all([
    text(child.stdio[3] as NodeJS.ReadableStream),
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.on('close', resolve)),
  ]);
  const messages = told
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const outputs = Object.fromEntries(
    messages.filter(({ type }) => type === 'output').map((output) => [output.port as string, output]),
  );
  return {
    messages,
    outputs,
    failed: messages.find(({ type }) => type === 'failed') as Played['failed'],
    done: messages.at(-1)?.type === 'done',
    out,
    err,
    exitCode,
    job,
    read: (port, member = '') => readFile(path.join(job, outputs[port]!.path as string, member), 'utf8'),
  };
}
