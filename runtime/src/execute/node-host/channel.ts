/**
 * Decides how the child reads and writes its lines. Both block on purpose: a parked child has nothing else to do, and what
 * was written is on its way even when the process ends with the next statement.
 */
import { readSync, writeSync } from 'node:fs';

const fd = 3;
const pause = new Int32Array(new SharedArrayBuffer(4));
const isBusy = (error: unknown) => (error as NodeJS.ErrnoException).code === 'EAGAIN';

export function send(message: object): void {
  const bytes = Buffer.from(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      if (!isBusy(error)) throw error;
      Atomics.wait(pause, 0, 0, 1);
    }
  }
}

let rest = Buffer.alloc(0);

/** The next line as JSON; undefined once the other side has closed. */
export function receive(): unknown {
  const chunk = Buffer.alloc(64 * 1024);
  const chunks: Buffer[] = [rest];
  for (;;) {
    const last = chunks.at(-1)!;
    const end = last.indexOf(10);
    if (end >= 0) {
      const line = Buffer.concat([...chunks.slice(0, -1), last.subarray(0, end)]).toString('utf8');
      rest = Buffer.from(last.subarray(end + 1));
      return JSON.parse(line);
    }
    let length: number;
    try {
      length = readSync(fd, chunk);
    } catch (error) {
      if (!isBusy(error)) throw error;
      Atomics.wait(pause, 0, 0, 2);
      continue;
    }
    if (length === 0) return undefined;
    chunks.push(Buffer.from(chunk.subarray(0, length)));
  }
}
