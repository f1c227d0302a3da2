/** Puts the server together: the gate that every request passes, the API, the addresses for machines, the editor. */
import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { hostAllowed } from '../auth/origin.ts';
import { houseMeters } from '../observe/houseMeters.ts';
import { mlflowRoutes } from '../tracking/wire/app.ts';
import { approvalHandlers } from './approvals.ts';
import { artifactHandlers } from './artifacts.ts';
import { auditHandlers } from './audit.ts';
import { columnHandlers } from './columns.ts';
import { editorFiles } from './editorFiles.ts';
import { eventHandlers } from './events.ts';
import { experimentHandlers } from './experiments.ts';
import { fileHandlers } from './files.ts';
import { healthRoutes } from './health.ts';
import { hookHandlers } from './hooks.ts';
import type { House } from './house.ts';
import { lineageHandlers } from './lineage.ts';
import { loggedTraceHandlers } from './loggedTraces.ts';
import { logHandlers } from './logs.ts';
import { modelHandlers } from './models.ts';
import { notificationHandlers } from './notifications.ts';
import { describeApi } from './openapi.ts';
import { openLineageHandlers } from './openLineage.ts';
import { peopleHandlers } from './people.ts';
import { pipelineHandlers } from './pipelines.ts';
import { poolHandlers } from './pools.ts';
import { projectHandlers } from './projects.ts';
import { promotionHandlers } from './promotions.ts';
import { notThere, Refusal, refusalFor } from './refusal.ts';
import { retentionHandlers } from './retention.ts';
import { runSetHandlers } from './runSets.ts';
import { runHandlers } from './runs.ts';
import { secretHandlers } from './secrets.ts';
import { sessionHandlers } from './session.ts';
import { systemHandlers } from './system.ts';
import { tableHandlers } from './tables.ts';
import { tokenHandlers } from './tokens.ts';
import { triggerHandlers } from './triggers.ts';
import { versionHandlers } from './versions.ts';
import { mount } from './wire.ts';

const handlers = [
  ...sessionHandlers,
  ...peopleHandlers,
  ...projectHandlers,
  ...tokenHandlers,
  ...secretHandlers,
  ...poolHandlers,
  ...auditHandlers,
  ...pipelineHandlers,
  ...versionHandlers,
  ...fileHandlers,
  ...artifactHandlers,
  ...logHandlers,
  ...systemHandlers,
  ...runHandlers,
  ...approvalHandlers,
  ...tableHandlers,
  ...columnHandlers,
  ...lineageHandlers,
  ...openLineageHandlers,
  ...triggerHandlers,
  ...hookHandlers,
  ...runSetHandlers,
  ...eventHandlers,
  ...notificationHandlers,
  ...retentionHandlers,
  ...experimentHandlers,
  ...loggedTraceHandlers,
  ...modelHandlers,
  ...promotionHandlers,
];

export function createApp(house: House): Hono {
  const app = new Hono();
  const counted = houseMeters(house);
  const description = JSON.stringify(describeApi(house.version));

  app.use('*', async (context, next) => {
    const requestId = randomUUID();
    const began = performance.now();
    const { method, path } = context.req;
    context.set('requestId' as never, requestId as never);
    if (!hostAllowed(context.req.header('host') ?? null, house.hosts))
      context.res = new Refusal(
        403,
        'unknown_host',
        'This server is not reached by that host name. Use the address that it printed, or name the host in DRAWLOOM_HOSTS.',
      ).toResponse();
    else await next();
    if (method === 'HEAD' && context.res.body) {
      // Nobody will read it: a file or a stream behind it would stay open.
      await context.res.body.cancel();
      context.res = new Response(null, context.res);
    }
    const { status, headers } = context.res;
    headers.set('x-request-id', requestId);
    headers.set('x-content-type-options', 'nosniff');
    headers.set('referrer-policy', 'same-origin');
    if (!headers.has('content-security-policy'))
      headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    const took = performance.now() - began;
    const route = path.startsWith('/api/') ? (context.req.routePath ?? 'api') : 'other';
    counted.requests.observe({ method, route, status: String(status) }, took / 1000);
    house.log[levelOf(status)]({ requestId, method, path, status, ms: Math.round(took) }, 'request');
  });
  app.onError((error, context) => {
    const refusal = refusalFor(error);
    const requestId = context.get('requestId' as never) as unknown as string;
    // What is away or full is told by its status; what is ours is told with where it happened.
    if (refusal.status === 500) house.log.error({ requestId, ...factsOf(error) }, refusal.code);
    return refusal.toResponse(requestId);
  });

  app.get('/api/v1/openapi.json', (context) =>
    context.body(description, 200, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache' }),
  );
  app.route('/api/v1', mount(house, handlers));
  app.route('/', mlflowRoutes(house));
  app.all('/api/*', () => {
    throw notThere();
  });
  app.route('/', healthRoutes(house, counted));
  app.route('/', editorFiles(house.editorFolder));
  app.notFound(() => notThere().toResponse());
  return app;
}

/** 501 answers clients that ask whether there is more than there is, and go on without it. */
const levelOf = (status: number) => (status < 500 || status === 501 ? 'debug' : status === 503 ? 'warn' : 'error');

/** What the log keeps of an error. Never the parameters of a statement: they are what people sent. */
function factsOf(error: unknown): { error: string; stack?: string | undefined; code?: unknown } {
  let cause = error;
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause;
  if (!(cause instanceof Error)) return { error: String(cause) };
  return { error: cause.message, code: (cause as { code?: unknown }).code, stack: cause.stack };
}
