/**
 * Decides how a declared route becomes one that answers. In this order: who asks, where from, what about, may they; only then is
 * the body read and the handler called; what it changed is audited before the answer leaves.
 */
import type { Action } from '@drawloom/shared/api/access.ts';
import type { Answer, AnswerOf, Route } from '@drawloom/shared/api/contract.ts';
import { routeList } from '@drawloom/shared/api/index.ts';
import type { ForgottenRun } from '@drawloom/shared/api/retention.ts';
import { type Json, pointer } from '@drawloom/shared/json.ts';
import { and, asc, eq, isNull, or } from 'drizzle-orm';
import { type Context, Hono } from 'hono';
import type * as z from 'zod';
import { recordAudit } from '../audit/record.ts';
import { type Authenticated, authenticate } from '../auth/authenticate.ts';
import {
  type AuthorizationObject,
  actionsIn,
  authorize,
  notAsked,
  notAskedSentence,
  visibleProjects,
} from '../auth/authorize.ts';
import { countTry, type Limit } from '../auth/limiter.ts';
import { crossSiteReason } from '../auth/origin.ts';
import { setCookie } from '../auth/sessions.ts';
import type { Subject } from '../auth/subject.ts';
import { isUuid } from '../db/errors.ts';
import { approvals } from '../db/tables/approvals.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { projects } from '../db/tables/projects.ts';
import { runs } from '../db/tables/runs.ts';
import { runSets, triggers } from '../db/tables/triggers.ts';
import { within } from '../within.ts';
import { readJson } from './body.ts';
import { forgottenRun, runForgotten } from './forgotten.ts';
import type { House } from './house.ts';
import { invalid, notThere, Refusal, tooMany } from './refusal.ts';

export type ProjectRow = typeof projects.$inferSelect;

/** What a handler is called with: everything checked, nothing left to look up about who and where. */
export interface Call<P = unknown, Q = unknown, B = unknown> {
  house: House;
  params: P;
  query: Q;
  body: B;
  subject: Subject;
  /** The project that the route's scope leads to. Routes about oneself or the instance have none and must not look. */
  project: ProjectRow;
  request: Request;
  /** Address of the socket's other end. */
  peer: string;
  setHeader(name: string, value: string): void;
  /** For an answer that is good and not of the usual status. */
  setStatus(status: Route['status']): void;
  /** Something for the audit to keep beside who, what and when. Never a secret's value. */
  note(details: Record<string, Json>): void;
  /** Counts one try against a limit; refuses with 429 when there were too many. */
  limit(limit: Limit, who: string): Promise<void>;
}

type CallOf<R> =
  R extends Route<infer P, infer Q, infer B, Answer> ? Call<z.output<P>, z.output<Q>, z.output<B>> : never;
type Result<R> = R extends { answer: infer A extends Answer } ? AnswerOf<A> : never;

export interface Handler {
  route: Route;
  work: (call: Call) => Promise<unknown>;
}

export const handle = <R extends Route>(
  route: R,
  work: (call: CallOf<R>) => Promise<Result<R>> | Result<R>,
): Handler => ({ route, work: async (call) => work(call as CallOf<R>) });

/** A Hono with every declared route. Throws, naming them, when routes lack a handler or an action: such a server must not start. */
export function mount(house: House, handlers: readonly Handler[]): Hono {
  const found = new Map(handlers.map((handler) => [handler.route, handler]));
  const wrong = routeList.filter(([, route]) => !found.has(route) || !route.action).map(([name]) => name);
  if (wrong.length > 0) throw new Error(`Routes without a handler or an action: ${wrong.join(', ')}.`);
  const app = new Hono();
  for (const [name, route] of routeList) {
    const { work } = found.get(route)!;
    app.on(route.method.toUpperCase(), honoPath(route), (context) => answer(house, { name, route, work }, context));
  }
  return app;
}

/** Parts of a path are taken raw, so that an escaped slash in a name stays part of the name. */
const honoPath = (route: Route): string => route.path.replaceAll(/\{(\w+)\}/g, ':$1');

const patienceMs = 5000;

interface Wired extends Handler {
  name: string;
}

async function answer(house: House, { name, route, work }: Wired, context: Context): Promise<Response> {
  const request = context.req.raw;
  // The first question to the database is bounded: whoever asks while it is away is told so, and does not wait with it.
  const credentials = { port: house.port(), presetTokens: house.presetTokens };
  const authenticated = await within(patienceMs, authenticate(house.db, request.headers, credentials));
  const { subject } = authenticated;
  if (route.action !== 'public' && !subject) throw unauthenticated(authenticated);
  if (route.method !== 'get') {
    const reason = crossSiteReason(request.headers, route.action === 'public' ? null : subject);
    if (reason) throw new Refusal(403, 'cross_site', `This request was not sent by a page of this server. ${reason}`);
  }
  const params = readParams(route, context);
  const { object, project, forgotten } = await objectOf(house, route, params, { subject, request });
  const peer = peerOf(context);
  const details: Record<string, Json> = {};
  let { status } = route;
  const audit = (outcome: 'allowed' | 'denied') =>
    recordAudit(house.db, {
      actor: subject?.personId ?? 'nobody',
      actorName: subject?.name ?? 'nobody',
      via: subject?.via ?? (route.scope === 'trigger' ? 'signature' : 'link or password'),
      action: name,
      object: new URL(request.url).pathname.slice('/api/v1'.length).slice(0, 500),
      projectId: project?.id ?? null,
      outcome,
      details: { ...details, peer },
    });

  if (route.action !== 'public') {
    const verdict = object === null ? 'invisible' : authorize(subject!, route.action, object);
    if (verdict !== 'allowed') {
      if (object !== null) await audit('denied');
      throw verdict === 'invisible' ? notThere() : forbidden(route.action, subject!, object);
    }
  }
  if (forgotten) throw runForgotten(forgotten);
  const asked = Object.fromEntries(new URL(request.url).searchParams);
  if (Object.values(asked).some((value) => value.includes('\0')))
    throw new Refusal(400, 'invalid_query', 'The query holds a NUL character. Take it out.');
  const query = check(route.query, asked, 400);
  // A body of bytes belongs to its handler, which streams it.
  const body = takesJson(route)
    ? check(route.body, (await readJson(request, house.silenceMs)) ?? emptyBody(route), 422)
    : undefined;
  const headers = new Headers();
  const { rotated } = authenticated;
  if (rotated) headers.append('set-cookie', setCookie(rotated.cookie, rotated.value));
  const call: Call = {
    house,
    params,
    query,
    body,
    subject: subject!,
    project: project!,
    request,
    peer,
    setHeader: (key, value) => (key === 'set-cookie' ? headers.append(key, value) : headers.set(key, value)),
    setStatus: (other) => {
      status = other;
    },
    note: (more) => Object.assign(details, more),
    limit: async (limit, who) => {
      const wait = await countTry(house.db, limit, who);
      if (wait > 0) throw tooMany(wait, `tries (${limit.name})`);
    },
  };
  const result = await work(call);
  if (route.changes) await audit('allowed');
  return respond(house, { ...route, status }, result, headers);
}

function respond(house: House, route: Route, result: unknown, headers: Headers): Response {
  if (result instanceof Response) {
    for (const [key, value] of headers) result.headers.append(key, value);
    return result;
  }
  headers.set('cache-control', 'no-store');
  if (route.answer === 'nothing') return new Response(null, { status: 204, headers });
  if (house.checkAnswers && typeof route.answer === 'object') route.answer.parse(result);
  headers.set('content-type', 'application/json; charset=utf-8');
  return new Response(JSON.stringify(result), { status: route.status, headers });
}

const takesJson = (route: Route): boolean => route.body.type !== 'undefined';
/** A body may be left out where nothing in it is required. */
const emptyBody = (route: Route): unknown => (route.body.type === 'object' ? {} : undefined);

function check(schema: z.ZodType, value: unknown, status: 400 | 422): unknown {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const problems = read.error.issues.slice(0, 50).map((issue) => ({
    code: 'invalid',
    message: issue.path.length ? `${issue.path.join('.')}: ${issue.message}` : issue.message,
    at: pointer(...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))),
    severity: 'error' as const,
  }));
  if (status === 422) throw invalid(problems);
  throw new Refusal(400, 'invalid_query', problems[0]!.message, { at: problems[0]!.at });
}

/** A path whose parts cannot name anything names nothing: 404, as for what is not there. */
function readParams(route: Route, context: Context): unknown {
  const named = context.req.param();
  const read = route.params.safeParse(named);
  if (!read.success || Object.values(named).some((part) => part.includes('\0'))) throw notThere();
  return read.data;
}

/** Finds what the action is done to. A null object is one that is not there. */
async function objectOf(
  { db }: House,
  route: Route,
  params: unknown,
  { subject, request }: { subject: Subject | null; request: Request },
): Promise<{ object: AuthorizationObject | null; project: ProjectRow | null; forgotten?: ForgottenRun | undefined }> {
  if (route.scope === 'none') return { object: { kind: 'own' }, project: null };
  if (route.scope === 'instance') return { object: { kind: 'instance' }, project: null };
  if (route.scope === 'caller') {
    const project = subject && (await projectOfCaller(db, subject, new URL(request.url).searchParams.get('project')));
    return { object: project ? { kind: 'project', projectId: project.id } : null, project: project ?? null };
  }
  const named = params as Record<string, string>;
  const id = named[route.scope]!;
  if (route.scope === 'approval') {
    const [found] = await db
      .select({ project: projects, asked: approvals })
      .from(approvals)
      .innerJoin(projects, eq(projects.id, approvals.projectId))
      .where(eq(approvals.id, Number(id)));
    if (!found) return { object: null, project: null };
    const { project, asked } = found;
    return { object: { kind: 'approval', projectId: project.id, asked }, project };
  }
  const there =
    route.scope === 'project'
      ? await db.select({ project: projects }).from(projects).where(projectNamed(id))
      : await projectsOf(db, route.scope, id, route.changes);
  const gone = there.length === 0 && route.scope === 'run' ? await forgottenRun(db, id) : undefined;
  const rows = gone
    ? await db.select({ project: projects }).from(projects).where(eq(projects.id, gone.projectId))
    : there;
  const project = rows[0]?.project ?? null;
  return { object: project && { kind: 'project', projectId: project.id }, project, forgotten: gone?.forgotten };
}

/** The project that owns something. What a sensor is asked by can be looked at, and changed through its trigger alone. */
function projectsOf(db: House['db'], scope: 'pipeline' | 'run' | 'trigger' | 'runSet', id: string, changes: boolean) {
  const owned = { pipeline: pipelines, run: runs, trigger: triggers, runSet: runSets }[scope];
  return db
    .select({ project: projects })
    .from(owned)
    .innerJoin(projects, eq(projects.id, owned.projectId))
    .where(
      and(
        eq(owned.id, id),
        scope === 'run' ? isNull(runs.leavingAt) : undefined,
        scope === 'pipeline' && changes ? isNull(pipelines.sensorOf) : undefined,
      ),
    );
}

/** By its short name, or by its id. */
export const projectNamed = (name: string) =>
  isUuid(name) ? or(eq(projects.id, name), eq(projects.slug, name)) : eq(projects.slug, name);

/** The token's project; else the named one; else the first that the person may see. */
export async function projectOfCaller(
  db: House['db'],
  subject: Subject,
  named: string | null,
): Promise<ProjectRow | undefined> {
  if (named?.includes('\0')) return undefined;
  const visible = visibleProjects(subject);
  const rows = await db
    .select()
    .from(projects)
    .where(named ? projectNamed(named) : undefined)
    .orderBy(asc(projects.createdAt));
  return rows.find((row) => visible === null || visible.includes(row.id));
}

function unauthenticated({ presented }: Authenticated): Refusal {
  return presented
    ? new Refusal(
        401,
        'bad_credential',
        'The session or token is not valid any more. Sign in again, or make a new token.',
        {
          headers: { 'www-authenticate': 'Bearer realm="Drawloom", error="invalid_token"' },
        },
      )
    : new Refusal(401, 'no_credential', 'Sign in, or send a token: Authorization: Bearer …', {
        headers: { 'www-authenticate': 'Bearer realm="Drawloom"' },
      });
}

function forbidden(action: Action | 'session', subject: Subject, object: AuthorizationObject | null): Refusal {
  const why =
    object?.kind === 'approval' &&
    actionsIn(subject, object.projectId).has('approval.answer') &&
    notAsked(subject, object);
  if (why) return new Refusal(403, 'not_asked', notAskedSentence[why]);
  return new Refusal(
    403,
    'not_allowed',
    `Your role does not allow this (${action}). Ask whoever manages the members of the project.`,
  );
}

/** Address of the socket's other end. */
export function peerOf(context: Context): string {
  const incoming = (context.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming;
  return incoming?.socket?.remoteAddress ?? 'unknown';
}
