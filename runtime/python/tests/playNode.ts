/** Decides how a test runs the Python host: a process forked for one attempt, without a sandbox around it. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
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

const here = import.meta.dirname;
const folders: string[] = [];
const players = new Map<string, Player>();

/** Ends the interpreters and takes away what attempts left. */
export async function sweepJobs(): Promise<void> {
  for (const player of players.values()) player.close();
  players.clear();
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
}

/** Runs one node's code on `python`. `given` is the message beside the code. */
export async function play(code: string, given: Record<string, unknown> = {}, python = barePython): Promise<Played> {
  const folder = mkdtempSync(path.join(tmpdir(), 'drawloom-job-'));
  folders.push(folder);
  const job = path.join(folder, 'job');
  mkdirSync(job);
  const message = { language: 'python', name: 'node.py', inputs: [], parameters: {}, seed: 7, ...given };
  const player = players.get(python) ?? new Player(python, python === barePython ? [] : ['drawloom._warm']);
  players.set(python, player);
  const exitCode = await player.play(folder, 'file' in given ? message : { ...message, code });
  const messages = readFileSync(path.join(folder, 'told'), 'utf8')
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
    out: readFileSync(path.join(folder, 'out'), 'utf8'),
    err: readFileSync(path.join(folder, 'err'), 'utf8'),
    exitCode,
    job,
    read: (port, member = '') => readFile(path.join(job, outputs[port]!.path as string, member), 'utf8'),
  };
}

/** One interpreter that forks an attempt at a time. */
class Player {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(python: string, preload: readonly string[]) {
    this.#process = spawn(python, ['-I', path.join(here, 'play.py'), path.join(here, '..'), ...preload], {
      env: { ...process.env, OPENBLAS_NUM_THREADS: '1', OMP_NUM_THREADS: '1', MPLBACKEND: 'Agg' },
    });
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  play(folder: string, message: object): Promise<number> {
    const played = this.#turn.then(async () => {
      this.#process.stdin.write(`${JSON.stringify({ folder, message })}\n`);
      const { value, done } = await this.#lines.next();
      if (done) throw new Error('The interpreter that plays attempts has ended.');
      return (JSON.parse(value) as { exitCode: number }).exitCode;
    });
    this.#turn = played.catch(() => {});
    return played;
  }

  close(): void {
    this.#process.stdin.end();
  }
}
