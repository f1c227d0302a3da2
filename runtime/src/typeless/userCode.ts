/**
 * Takes the types away from a node's own code before it is sent to its process, which then need not load a parser. Done in
 * a thread: the parser runs in WebAssembly, and code that overflows it spoils it for good, so the thread is then replaced.
 * What cannot be read here is sent as it is, and the process itself tells what is wrong with it, and where.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';

/** Long enough for a thread to start on a busy machine; the stripping itself takes a millisecond. */
const timeoutMs = 15_000;
const mostKept = 200;
const kept = new Map<string, string>();

let thread: Worker | undefined;
let turn: Promise<unknown> = Promise.resolve();

/** The code as JavaScript, with lines and columns where they were; null when it could not be read. */
export async function stripUserCode(code: string): Promise<string | null> {
  const key = createHash('sha256').update(code).digest('base64');
  const known = kept.get(key);
  if (known !== undefined) return known;
  const asked = turn.then(() => strip(code));
  turn = asked.catch(() => {});
  const stripped = await asked;
  if (stripped === null) return null; // it may have been the thread's fault, so it is tried again
  if (kept.size >= mostKept) kept.delete(kept.keys().next().value!);
  kept.set(key, stripped);
  return stripped;
}

function strip(code: string): Promise<string | null> {
  thread ??= new Worker(new URL('./stripThread.ts', import.meta.url), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    resourceLimits: { maxOldGenerationSizeMb: 256 },
    stdout: false,
    stderr: false,
  });
  const current = thread;
  current.unref();
  return new Promise((resolve) => {
    const over = (answer: string | null, spoiled: boolean) => {
      clearTimeout(timer);
      // By name: without one, a worker's own listener goes too, and it never says anything again.
      for (const event of ['message', 'error', 'exit']) current.removeAllListeners(event);
      current.on('error', () => {});
      if (spoiled) {
        if (thread === current) thread = undefined;
        void current.terminate();
      }
      resolve(answer);
    };
    const timer = setTimeout(() => over(null, true), timeoutMs);
    current.once('message', (answer: { code: string } | { error: string }) =>
      'code' in answer
        ? over(answer.code, false)
        : over(
            null,
            answer.error !== 'ERR_INVALID_TYPESCRIPT_SYNTAX' && answer.error !== 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX',
          ),
    );
    current.once('error', () => over(null, true));
    current.once('exit', () => over(null, true));
    current.postMessage(code);
  });
}
