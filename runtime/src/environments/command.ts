/** Decides how a tool runs beside us: no shell, a bare environment, readable files, and never longer than we live. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface Ended {
  /** 0 when all went well; null when a signal ended it. */
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Settings {
  env: Record<string, string>;
  /** Each line of progress as it is said, on standard error. */
  onLine?: (line: string) => void;
  /** Given to standard input. */
  input?: string;
  /** An open file that the tool holds open as well, so that a lock on it lasts until both of us are gone. */
  hold?: number;
}

// Takes the place of the tool: files are made readable for the sandbox's user, and the kernel ends the tool when we die,
// even by `kill -9`, so that no download outlives the program that wanted it.
const launcher = `
import ctypes, os, sys
os.umask(0o022)
if sys.platform == 'linux':
    ctypes.CDLL(None).prctl(1, 9)
try:
    os.execvp(sys.argv[1], sys.argv[1:])
except OSError as error:
    sys.exit(f'{sys.argv[1]} cannot be started: {error}')
`;

const keptCharacters = 64 * 1024;

/** Runs `argv` under the wings of `python` and waits for its end. */
export async function run(python: string, argv: readonly string[], settings: Settings): Promise<Ended> {
  const child = spawn(python, ['-I', '-S', '-c', launcher, ...argv], {
    // Tools look for settings of a project from here upwards; there is no project at the root.
    cwd: '/',
    env: settings.env,
    stdio: ['pipe', 'pipe', 'pipe', ...(settings.hold === undefined ? [] : [settings.hold])],
  });
  child.stdin!.on('error', () => {}); // a tool that ends before it has read everything tells more by how it ends
  child.stdin!.end(settings.input ?? '');
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code));
  });
  const [stdout, stderr, code] = await Promise.all([
    collect(child.stdout!, Number.POSITIVE_INFINITY),
    collect(child.stderr!, keptCharacters, settings.onLine),
    ended,
  ]);
  return { code, stdout, stderr };
}

async function collect(stream: Readable, most: number, onLine?: (line: string) => void): Promise<string> {
  let text = '';
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const masked = withoutCredentials(line);
    onLine?.(masked);
    text += `${masked}\n`;
    if (text.length > 2 * most) text = text.slice(-most);
  }
  return text;
}

/** Index addresses may carry a user and a password; nobody needs them in a log. */
export const withoutCredentials = (text: string): string => text.replace(/(\w:\/\/)[^/@\s]+@/g, '$1***@');
