/**
 * Decides what a sandboxed Node process does from start to end: it parks on one line from file descriptor 3, carries out
 * that one task, tells its outputs, and ends. `--preload=sql` makes the database while parked.
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { receive, send } from './channel.ts';
import { Failure, failureOf } from './failure.ts';
import type { OutputMessage, TaskMessage } from './message.ts';

// Whatever is loaded now need not be loaded when there is work.
if (process.argv.includes('--preload=sql'))
  await Promise.all([
    import('./sql.ts'),
    import('./typescript.ts'),
    import('./duckdb.ts').then(({ preload }) => preload()),
  ]);
else await import('./typescript.ts');
send({ type: 'ready' });
const task = receive() as TaskMessage | undefined;
if (task) await carryOut(task);

async function carryOut(task: TaskMessage): Promise<never> {
  Object.assign(process.env, task.env);
  printAtOnce();
  let file: string | undefined;
  let told = false;
  const fail = (error: unknown): never => {
    told = true;
    const failure = failureOf(error, file);
    console.error(failure.error.traceback ?? `${failure.error.type}: ${failure.error.message}`);
    send(failure);
    process.exit(1);
  };
  // Code that ends the process, or waits for what cannot come, would otherwise leave silence behind.
  process.on('exit', (code) => {
    if (told) return;
    const message =
      code === 13
        ? 'The function never finished: it waits for a promise that nothing will settle.'
        : `The code ended the process itself (exit code ${code}) before the function returned. Return instead of calling process.exit.`;
    send({ type: 'failed', reason: 'user_error', error: { type: 'ExitError', message } });
    process.exitCode = 1;
  });
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  try {
    if (task.language === 'typescript') file = codeFile(task); // a full disk refuses it
    if (task.limits.memoryBytes)
      setFlagsFromString(
        `--max-old-space-size=${Math.max(32, Math.floor((task.limits.memoryBytes * 0.75) / 2 ** 20))}`,
      );
    const outputs = await run(task, file);
    for (const output of outputs) send(output);
    told = true;
    send({ type: 'done' });
  } catch (error) {
    fail(error);
  }
  process.exit(0);
}

/**
 * What code prints is out before its next statement, as on a terminal: a socket that is full would keep it in this process, and be lost
 * with it, however it ends.
 */
function printAtOnce(): void {
  for (const stream of [process.stdout, process.stderr])
    (stream as unknown as { _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(true);
}

async function run(task: TaskMessage, file: string | undefined): Promise<OutputMessage[]> {
  if (task.cut) return (await import('./cut.ts')).cutTable(task, task.cut);
  if (task.language === 'sql') {
    const { runSql } = await import('./sql.ts');
    return runSql(task, task.code ?? (await readCode(task)));
  }
  const { runTypeScript } = await import('./typescript.ts');
  return runTypeScript(task, file!);
}

async function readCode(task: TaskMessage): Promise<string> {
  const { readFileSync } = await import('node:fs');
  if (!task.file)
    throw new Failure('user_error', 'There is no code to run. Write some in the node.', { kind: 'CodeError' });
  return readFileSync(task.file, 'utf8');
}

/** The user's code as a module of its own. The text is written as it is, so that lines and columns stay the user's. */
function codeFile(task: TaskMessage): string {
  if (task.code === undefined || task.code === null) return task.file!;
  const file = path.resolve(task.typeless ? 'main.mjs' : 'main.ts');
  writeFileSync(file, task.code);
  if (!task.typeless) writeFileSync(path.resolve('package.json'), '{"type":"module"}');
  return file;
}
