/** Decides how the command line asks a server: by the same declarations that the server answers by. */
import { setTimeout as pause } from 'node:timers/promises';
import type { AnswerOf, Route } from '@drawloom/shared/api/contract.ts';
import type { ProblemBody } from '@drawloom/shared/problem.ts';
import type { HouseEvent } from '@drawloom/shared/run/events.ts';
import type * as z from 'zod';

export interface Connection {
  url: string;
  token: string;
  /** Looks again where the server answers and by which token, where both change with every start of it. */
  renew?(): Promise<void>;
}

/** A database that restarts is back in seconds. Whoever only reads waits for it, rather than give up a run that goes on. */
const longestWaitMs = 60_000;

/** What the server says against a call. */
export class ServerProblem extends Error {
  override name = 'ServerProblem';
  readonly body: ProblemBody;
  constructor(body: ProblemBody) {
    super(body.message);
    this.body = body;
  }
}

/** No answer came at all. */
export class UnreachableProblem extends Error {
  override name = 'UnreachableProblem';
}

// biome-ignore lint/suspicious/noExplicitAny: the shape is inferred from the declaration
type AnyRoute = Route<any, any, any, any>;
type Asked<R> =
  R extends Route<infer P, infer Q, infer B, infer _>
    ? { params?: z.input<P>; query?: Partial<z.input<Q>>; body?: z.input<B> }
    : never;
type Answered<R> = R extends Route<infer _P, infer _Q, infer _B, infer A> ? AnswerOf<A> : never;

export async function call<R extends AnyRoute>(
  connection: Connection,
  route: R,
  asked: Asked<R> = {} as Asked<R>,
): Promise<Answered<R>> {
  const response = await send(connection, route, asked);
  if (route.answer === 'nothing') return undefined as Answered<R>;
  if (route.answer === 'bytes' || route.answer === 'events') return response as Answered<R>;
  return (await response.json()) as Answered<R>;
}

/** Asks until there is an answer that counts: one for the token of today, and not that the database is away, if asking again changes nothing. */
async function send(
  connection: Connection,
  route: AnyRoute,
  asked: Asking,
  headers?: Record<string, string>,
  signal?: AbortSignal,
): Promise<Response> {
  const until = Date.now() + longestWaitMs;
  for (let renewed = false; ; ) {
    try {
      return await sendOnce(connection, route, asked, headers, signal);
    } catch (problem) {
      const status = problem instanceof ServerProblem && problem.body.status;
      if (status === 401 && connection.renew && !renewed) {
        await connection.renew();
        renewed = true;
      } else if (status === 503 && route.method === 'get' && Date.now() < until)
        await pause(500, undefined, { signal });
      else throw problem;
    }
  }
}

interface Asking {
  params?: unknown;
  query?: unknown;
  body?: unknown;
}

async function sendOnce(
  { url, token }: Connection,
  route: AnyRoute,
  asked: Asking,
  headers: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Response> {
  const {
    params = {},
    query = {},
    body,
  } = asked as Record<'params' | 'query', Record<string, unknown>> & { body: unknown };
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(params[name])));
  const address = new URL(`${url}/api/v1${path}`);
  for (const [key, value] of Object.entries(query))
    if (value !== undefined) address.searchParams.set(key, String(value));
  let response: Response;
  try {
    response = await fetch(address, {
      method: route.method.toUpperCase(),
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
  } catch (cause) {
    throw new UnreachableProblem(`No server answers at ${url}. Check DRAWLOOM_URL, or start it with \`npm start\`.`, {
      cause,
    });
  }
  if (response.ok) return response;
  const text = await response.text();
  let problem: ProblemBody;
  try {
    problem = JSON.parse(text) as ProblemBody;
    if (typeof problem.message !== 'string') throw new Error('not a problem');
  } catch {
    problem = {
      code: 'unexpected',
      message: `${url} answered ${response.status}, and not as Drawloom does. Check DRAWLOOM_URL.`,
      at: '',
      status: response.status,
    };
  }
  throw new ServerProblem(problem);
}

/** Events after `after` as they come, for as long as they are taken. A stream that breaks is resumed where it was. */
export async function* follow(
  connection: Connection,
  route: AnyRoute,
  asked: { params: Record<string, unknown>; query: Record<string, unknown> },
  signal: AbortSignal,
): AsyncGenerator<HouseEvent | 'reset'> {
  let last: string | undefined;
  for (let failures = 0; !signal.aborted; ) {
    try {
      const response = await send(connection, route, asked, last ? { 'last-event-id': last } : {}, signal);
      failures = 0;
      for await (const { id, event, data } of readEvents(response)) {
        if (id) last = id;
        if (event === 'reset') yield 'reset';
        else if (data) yield JSON.parse(data) as HouseEvent;
      }
    } catch (problem) {
      if (signal.aborted) return;
      if (problem instanceof ServerProblem && problem.body.status !== 503) throw problem;
      if (++failures > 30) throw problem;
      await pause(Math.min(2000, 100 * 2 ** failures));
      if (problem instanceof UnreachableProblem) await connection.renew?.();
    }
  }
}

interface StreamedEvent {
  id: string;
  event: string;
  data: string;
}

async function* readEvents(response: Response): AsyncGenerator<StreamedEvent> {
  let rest = '';
  for await (const text of response.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields: StreamedEvent = { id: '', event: '', data: '' };
      for (const line of block.split('\n')) {
        const found = /^(id|event|data): ?(.*)$/.exec(line);
        if (found) fields[found[1] as keyof StreamedEvent] += found[2]!;
      }
      yield fields;
    }
  }
}
