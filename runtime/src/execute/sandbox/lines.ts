// Cuts a stream into JSON lines and hands them on one by one, no faster than they are taken.

import type { Readable } from 'node:stream';

/** A longer line is no message but an attack on the worker's memory. */
export const longestLineBytes = 16 * 1024 * 1024;

export interface LineListener {
  /** May return a promise: the stream then waits for it, and so, in time, does the process that writes. */
  line(text: string): void | Promise<void>;
  /** The stream is over and every line has been taken. */
  end(): void;
  tooLong(): void;
}

export async function readLines(stream: Readable, listener: LineListener): Promise<void> {
  let parts: Buffer[] = [];
  let size = 0;
  let given = false;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      if (given) continue; // to the end all the same, so that the writer is ended by us and not by a broken connection
      let from = 0;
      for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, from)) {
        parts.push(chunk.subarray(from, at));
        const text = Buffer.concat(parts).toString('utf8');
        parts = [];
        size = 0;
        from = at + 1;
        const taken = listener.line(text);
        if (taken !== undefined) await taken;
      }
      if (from < chunk.length) {
        parts.push(chunk.subarray(from));
        size += chunk.length - from;
      }
      if (size > longestLineBytes) {
        parts = [];
        given = true;
        listener.tooLong();
      }
    }
  } catch {
    // A broken connection ends the lines like a closed one; why the process went is told by its exit.
  }
  listener.end();
}
