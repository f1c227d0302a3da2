/**
 * Decides how long a body may bring nothing. A sender that has stalled holds a connection, and of an upload a temporary file: after a
 * while both are given up. How long all of it takes is not limited, since uploads are large and lines are slow.
 */
import { Refusal } from './refusal.ts';

/** What lines lose for moments comes again within it. */
export const longestSilenceMs = 60_000;

export interface Patience {
  /** Between two parts. */
  silenceMs: number;
  /** For all of it, where it is small and has no reason to take long. */
  wholeMs?: number;
}

/** The body's parts as they come. The time in which nobody asks for the next one is no silence of the sender's. */
export async function* arriving(body: ReadableStream<Uint8Array>, patience: Patience): AsyncGenerator<Uint8Array> {
  const { silenceMs, wholeMs = Number.POSITIVE_INFINITY } = patience;
  const until = performance.now() + wholeMs;
  const reader = body.getReader();
  try {
    for (;;) {
      const leftMs = until - performance.now();
      const part = await (leftMs < silenceMs
        ? within(reader.read(), leftMs, () => tooSlow(wholeMs))
        : within(reader.read(), silenceMs, () => stalled(silenceMs)));
      if (part.done) return;
      yield part.value;
    }
  } finally {
    reader.cancel().catch(() => {}); // nothing of it is wanted any more, or it broke off by itself
  }
}

async function within<T>(part: Promise<T>, ms: number, problem: () => Refusal): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(problem()), Math.max(0, ms));
  });
  try {
    return await Promise.race([part, silence]);
  } finally {
    clearTimeout(timer);
  }
}

const closing = { headers: { connection: 'close' } };
const stalled = (ms: number) =>
  new Refusal(408, 'stalled', `Nothing of the body arrived for ${ms / 1000} s. Send it again.`, closing);
const tooSlow = (ms: number) =>
  new Refusal(408, 'too_slow', `The body was not there within ${ms / 1000} s. Send it at once.`, closing);
