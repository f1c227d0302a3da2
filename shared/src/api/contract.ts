/**
 * Decides how a route is declared: once, here, for the handler that answers it, the client that calls it, the OpenAPI page and
 * the authorization that guards it. A route without an action cannot be written down.
 */
import * as z from 'zod';
import type { Action } from './access.ts';

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';
type Shape = z.ZodObject<z.ZodRawShape>;

/** What an answer carries: JSON by a schema, or bytes, or a stream of events. */
export type Answer = z.ZodType | 'bytes' | 'events' | 'nothing';

export interface Route<
  P extends Shape = Shape,
  Q extends Shape = Shape,
  B extends z.ZodType = z.ZodType,
  A extends Answer = Answer,
> {
  method: Method;
  /** Under /api/v1, with `{name}` for parts of the path. */
  path: string;
  summary: string;
  /** Who may call it: an action on the object named by `scope`, anyone signed in ('session'), or anyone at all ('public'). */
  action: Action | 'session' | 'public';
  /**
   * Where the project that the action is checked in comes from. 'caller': the one that the token belongs to, or that `?project=` names,
   * for routes whose path other programs have fixed.
   */
  scope: 'caller' | 'project' | 'pipeline' | 'run' | 'trigger' | 'runSet' | 'approval' | 'instance' | 'none';
  params: P;
  query: Q;
  body: B;
  status: 200 | 201 | 202 | 204;
  /** Whether a good answer means that something is different now; such calls are audited. */
  changes: boolean;
  answer: A;
}

const none = z.object({});
interface Parts<P extends Shape, Q extends Shape, B extends z.ZodType, A extends Answer> {
  action: Route['action'];
  scope: Route['scope'];
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  status?: Route['status'];
  /** By default what is not a GET changes something. */
  changes?: boolean;
  answer: A;
}

/** Declares a route: `route('post /projects/{project}/runs', { … })`. */
export function route<
  A extends Answer,
  P extends Shape = z.ZodObject<Record<never, never>>,
  Q extends Shape = z.ZodObject<Record<never, never>>,
  B extends z.ZodType = z.ZodUndefined,
>(place: `${Method} /${string}`, parts: Parts<P, Q, B, A>): Route<P, Q, B, A> {
  const [method, path] = place.split(' ') as [Method, string];
  return {
    method,
    path,
    summary: parts.summary,
    action: parts.action,
    scope: parts.scope,
    params: parts.params ?? (none as unknown as P),
    query: parts.query ?? (none as unknown as Q),
    body: parts.body ?? (z.undefined() as unknown as B),
    status: parts.status ?? (parts.answer === 'nothing' ? 204 : 200),
    changes: parts.changes ?? method !== 'get',
    answer: parts.answer,
  };
}

export type AnswerOf<A extends Answer> = A extends z.ZodType ? z.output<A> : A extends 'nothing' ? undefined : Response;

/** A page of a list, newest first; `next` asks for the following page and is null on the last. */
export const page = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item), next: z.string().nullable() });
export const PageQuery = z.object({
  after: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** A number that counts attempts, versions and the like; the database keeps it in four bytes. */
export const largestOrdinal = 2 ** 31 - 1;

export const ProjectPath = z.object({ project: z.string() });
export const PipelinePath = z.object({ pipeline: z.uuid() });
export const RunPath = z.object({ run: z.coerce.number().int().positive() });
export const NodeRunPath = RunPath.extend({ node: z.string() });

/** Whether a body may be left out, since nothing in it is required. */
export const mayBeLeftOut = ({ body }: Pick<Route, 'body'>): boolean =>
  body.type === 'object' && body.safeParse({}).success;
