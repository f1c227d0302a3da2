/**
 * Decides how the editor asks the server. `call(routes.startRun, { params, body })` is typed by the route's own declaration; what
 * goes wrong is a `ProblemError` with the server's sentence. Reading is tried again while the line is down; writing is not,
 * since only the caller knows whether twice is harmful.
 */
import type { AnswerOf, Route } from '@drawloom/shared/api/contract.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Problem, ProblemBody } from '@drawloom/shared/problem.ts';
import type * as z from 'zod';
import { t } from '../words/index.ts';
import { told } from '../words/told.ts';
import { reachable, unreachable } from './line.ts';

export { routes };

export const base = '/api/v1';

// biome-ignore lint/suspicious/noExplicitAny: the shape is inferred from the declaration
type AnyRoute = Route<any, any, any, any>;
type Part<Key extends string, T> = keyof T extends never
  ? { [K in Key]?: T }
  : Record<never, never> extends T
    ? { [K in Key]?: T }
    : { [K in Key]: T };
type BodyPart<B extends z.ZodType> = z.input<B> extends undefined ? { body?: undefined } : { body: z.input<B> };

export type Asked<R extends AnyRoute> =
  R extends Route<infer P, infer Q, infer B, infer _A>
    ? Part<'params', z.input<P>> & Part<'query', z.input<Q>> & BodyPart<B>
    : never;
export type Answered<R extends AnyRoute> = R extends Route<infer _P, infer _Q, infer _B, infer A> ? AnswerOf<A> : never;

export interface CallOptions {
  signal?: AbortSignal;
  headers?: Record<string, string>;
  /** Sent as it is, for routes that take bytes. */
  bytes?: Blob | ArrayBuffer;
}

/** What the server, or the line to it, says against a call. `status` is 0 when no answer came. */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: string;
  readonly at: string;
  readonly problems: readonly Problem[];
  readonly retryAfterMs: number | null;
  /** The whole of what was said; some codes bring more than the rest. */
  readonly body: ProblemBody;
  constructor(body: ProblemBody, retryAfterMs: number | null = null, cause?: unknown) {
    super(body.message, cause === undefined ? undefined : { cause });
    this.status = body.status;
    this.code = body.code;
    this.at = body.at;
    this.problems = body.problems ?? [];
    this.retryAfterMs = retryAfterMs;
    this.body = body;
  }
  get offline(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}
export const problemOf = (error: unknown): ProblemError =>
  error instanceof ProblemError
    ? error
    : new ProblemError({
        code: 'unexpected',
        message: error instanceof Error ? error.message : String(error),
        at: '',
        status: 0,
      });

let csrfToken: string | null = null;
export const setCsrfToken = (token: string | null): void => {
  csrfToken = token;
};
let whenSignedOut = (): void => {};
/** Told once the server no longer knows who is asking. */
export const onSignedOut = (tell: () => void): void => {
  whenSignedOut = tell;
};

/** The address of a route, for links, images and downloads. */
export function addressOf<R extends AnyRoute>(route: R, asked: Pick<Asked<R> & Loose, 'params' | 'query'>): string {
  const { params = {}, query = {} } = asked as Loose;
  const path = route.path.replace(/\{(\w+)\}/g, (_: string, name: string) => encodeURIComponent(String(params[name])));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return `${base}${path}${text ? `?${text}` : ''}`;
}
interface Loose {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
}

export async function call<R extends AnyRoute>(
  route: R,
  ...[asked, options]: Record<never, never> extends Asked<R> ? [Asked<R>?, CallOptions?] : [Asked<R>, CallOptions?]
): Promise<Answered<R>> {
  const loose = (asked ?? {}) as Loose;
  const reading = route.method === 'get';
  for (let attempt = 0; ; attempt++) {
    try {
      return (await once(route, loose, options ?? {})) as Answered<R>;
    } catch (error) {
      if (!(error instanceof ProblemError) || !reading || !error.offline || attempt >= 3) throw error;
      await wait(error.retryAfterMs ?? 250 * 2 ** attempt, options?.signal);
    }
  }
}

async function once(route: AnyRoute, asked: Loose, options: CallOptions): Promise<unknown> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (asked.body !== undefined) headers['content-type'] = 'application/json';
  if (route.method !== 'get' && csrfToken) headers['x-csrf-token'] = csrfToken;
  let response: Response;
  try {
    response = await fetch(addressOf(route, asked as never), {
      method: route.method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      ...(options.signal ? { signal: options.signal } : {}),
      ...(options.bytes
        ? { body: options.bytes }
        : asked.body === undefined
          ? {}
          : { body: JSON.stringify(asked.body) }),
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    unreachable();
    throw new ProblemError(
      {
        code: 'offline',
        message: t('The server cannot be reached. Check that it runs; this page tries again by itself.'),
        at: '',
        status: 0,
      },
      null,
      error,
    );
  }
  if (!response.ok) throw await problemFrom(response, route);
  reachable();
  if (route.answer === 'nothing' || response.status === 204) return undefined;
  if (route.answer === 'bytes' || route.answer === 'events') return response;
  return response.json();
}

async function problemFrom(response: Response, route: AnyRoute): Promise<ProblemError> {
  const seconds = Number(response.headers.get('retry-after'));
  const retryAfterMs = seconds > 0 ? Math.min(seconds, 30) * 1000 : null;
  let body: ProblemBody = {
    code: 'unexpected',
    message: t('The server answered {status} without saying why.', { status: response.status }),
    at: '',
    status: response.status,
  };
  try {
    const said = (await response.json()) as Partial<ProblemBody>;
    if (typeof said.message === 'string') body = { ...body, ...said, status: response.status };
    body.message = told(body.message);
    if (body.problems) body.problems = body.problems.map((one) => ({ ...one, message: told(one.message) }));
  } catch {
    if (response.status >= 502 && response.status <= 504) unreachable();
  }
  const problem = new ProblemError(body, retryAfterMs);
  if (!problem.offline) reachable();
  else if (response.status !== 503) unreachable();
  if (response.status === 401 && route.action !== 'public') whenSignedOut();
  return problem;
}

function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
