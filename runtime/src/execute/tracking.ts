/**
 * Decides how code in the sandbox reaches what answers MLflow's client: by one socket among its inputs, with a word that only this
 * attempt was told, a few requests at a time. Everything that comes through it was written by code that may be hostile.
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { chmod, open } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import path from 'node:path';
import { getRequestListener } from '@hono/node-server';
import type { TrackedAttempt } from './executor.ts';

export interface Tracking {
  /** For the attempt alone. */
  told: { tracking: { folder: string; name: string; token: string; run: string } };
  /** Hangs up, and waits for what is still being answered. */
  close(status: Parameters<TrackedAttempt['close']>[0]): Promise<void>;
}

/** No port has such a name. */
const name = '.tracking';
const mostConnections = 64;
const mostAtOnce = 4;

/** `folder` is that of the attempt's inputs as the worker sees it, `inside` as the attempt does. */
export async function openTracking(tracked: TrackedAttempt, folder: string, inside: string): Promise<Tracking> {
  const token = randomBytes(32).toString('base64url');
  const gate = new Gate(mostAtOnce);
  const answer = async (request: Request, sent: { incoming: IncomingMessage }) =>
    knows(request, token) ? gate.through(() => tracked.answer(request, sent)) : stranger();
  const server = createServer(
    { maxHeaderSize: 16_384, requestTimeout: 0 },
    getRequestListener((request, env) => answer(request, env as { incoming: IncomingMessage }), {
      overrideGlobalObjects: false,
    }),
  );
  server.maxConnections = mostConnections;
  server.on('clientError', (_, socket) => socket.destroy());
  // The path may be longer than an address can be, so it is found from its folder.
  const handle = await open(folder);
  try {
    server.listen(process.platform === 'linux' ? `/proc/self/fd/${handle.fd}/${name}` : path.join(folder, name));
    await once(server, 'listening');
    await chmod(path.join(folder, name), 0o666); // the attempt has a user of its own
  } finally {
    await handle.close();
  }
  return {
    told: { tracking: { folder: inside, name, token, run: tracked.run } },
    async close(status) {
      server.close();
      server.closeAllConnections();
      await gate.closed();
      await tracked.close(status);
    },
  };
}

function knows(request: Request, token: string): boolean {
  const said = Buffer.from(request.headers.get('authorization') ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return said.length === wanted.length && timingSafeEqual(said, wanted);
}

const stranger = () =>
  Response.json(
    { error_code: 'UNAUTHENTICATED', message: 'Leave MLFLOW_TRACKING_TOKEN as it is set for this node.' },
    { status: 401 },
  );

/** So many at a time; the others wait, and with them whoever sent them. */
class Gate {
  readonly #most: number;
  readonly #waiting: (() => void)[] = [];
  readonly #inside = new Set<Promise<unknown>>();
  #closed = false;

  constructor(most: number) {
    this.#most = most;
  }

  async through(work: () => Promise<Response>): Promise<Response> {
    while (!this.#closed && this.#inside.size >= this.#most) await new Promise<void>((go) => this.#waiting.push(go));
    if (this.#closed) return new Response(null, { status: 503 });
    const working = work();
    this.#inside.add(working);
    try {
      return await working;
    } finally {
      this.#inside.delete(working);
      this.#waiting.shift()?.();
    }
  }

  async closed(): Promise<void> {
    this.#closed = true;
    for (const go of this.#waiting.splice(0)) go();
    await Promise.allSettled(this.#inside);
  }
}
