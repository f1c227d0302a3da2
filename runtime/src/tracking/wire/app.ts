/**
 * Puts MLflow's protocol on the wire: its calls under both prefixes, its answers, its way to tell a mistake. Who asks is found out and
 * allowed as everywhere else; only the project is not in the path: a token is bound to one, others name theirs in a header.
 */
import type { Json } from '@drawloom/shared/json.ts';
import { asc } from 'drizzle-orm';
import { type Context, Hono } from 'hono';
import type { House } from '../../api/house.ts';
import { type ProjectRow, peerOf, projectNamed } from '../../api/wire.ts';
import { recordAudit } from '../../audit/record.ts';
import { authenticate } from '../../auth/authenticate.ts';
import { authorize, visibleProjects } from '../../auth/authorize.ts';
import { crossSiteReason } from '../../auth/origin.ts';
import type { Subject } from '../../auth/subject.ts';
import { projects } from '../../db/tables/projects.ts';
import { within } from '../../within.ts';
import { experimentRpcs } from './experiments.ts';
import { readLenientJson } from './lenientJson.ts';
import { WireMistake, wireMistakeFor } from './mistake.ts';
import { queryFields, type Rpc, readFields } from './rpc.ts';
import { runRpcs } from './runs.ts';

/** The release whose protocol is spoken: clients decide by it what they ask for. */
export const spokenVersion = '3.4.0';

export const rpcs: readonly Rpc[] = [...experimentRpcs, ...runRpcs];

const prefixes = ['/api', '/ajax-api'];
const patienceMs = 5000;

export function mlflowRoutes(house: House): Hono {
  const app = new Hono();
  for (const rpc of rpcs)
    for (const place of rpc.places) {
      const [method, path] = place.split(' ') as [string, string];
      for (const prefix of prefixes)
        app.on(method, `${prefix}/${rpc.version}/mlflow/${path}`, (context) => answer(house, rpc, context));
    }
  app.get('/version', (context) => context.text(spokenVersion));
  for (const prefix of prefixes) {
    app.get(`${prefix}/3.0/mlflow/server-info`, (context) =>
      context.json({ store_type: 'SqlStore', workspaces_enabled: false, trace_archival_enabled: false }),
    );
    for (const version of ['2.0', '3.0'])
      for (const part of ['mlflow', 'mlflow-artifacts'])
        app.all(`${prefix}/${version}/${part}/*`, (context) =>
          new WireMistake(
            'ENDPOINT_NOT_FOUND',
            `There is no ${context.req.method} ${context.req.path} here.`,
          ).toResponse(),
        );
  }
  return app;
}

async function answer(house: House, rpc: Rpc, context: Context): Promise<Response> {
  try {
    const request = context.req.raw;
    const credentials = { port: house.port(), presetTokens: house.presetTokens };
    const { subject, presented } = await within(patienceMs, authenticate(house.db, request.headers, credentials));
    if (!subject)
      throw new WireMistake(
        'UNAUTHENTICATED',
        presented
          ? 'The token is not valid any more. Make a new one in the settings, and set MLFLOW_TRACKING_TOKEN to it.'
          : 'Set MLFLOW_TRACKING_TOKEN to a token from the settings.',
      );
    if (request.method !== 'GET') {
      const reason = crossSiteReason(request.headers, subject);
      if (reason) throw new WireMistake('PERMISSION_DENIED', reason);
    }
    const project = await projectOf(house, subject, request.headers.get('x-mlflow-workspace'));
    const details: Record<string, Json> = { peer: peerOf(context) };
    const audit = (outcome: 'allowed' | 'denied') =>
      recordAudit(house.db, {
        actor: subject.personId,
        actorName: subject.name,
        via: subject.via,
        action: rpc.places[0]!.split(' ')[1]!,
        object: new URL(request.url).pathname.slice(0, 500),
        projectId: project.id,
        outcome,
        details,
      });
    if (authorize(subject, rpc.action, { kind: 'project', projectId: project.id }) !== 'allowed') {
      if (rpc.audited) await audit('denied');
      throw new WireMistake('PERMISSION_DENIED', `This token, or your role, does not allow this (${rpc.action}).`);
    }
    const given =
      request.method === 'GET'
        ? queryFields(rpc.fields, new URL(request.url).searchParams)
        : ((await readLenientJson(request, house.silenceMs)) ?? {});
    const fields = readFields(rpc.fields, given);
    const result = await rpc.work({ house, subject, project, fields });
    if (rpc.audited) {
      // Tags may be long, and are not what is asked later.
      const { tags: _, ...named } = fields as Record<string, Json>;
      Object.assign(details, named);
      await audit('allowed');
    }
    return new Response(JSON.stringify(result), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
  } catch (error) {
    const mistake = wireMistakeFor(error);
    if (mistake.code === 'INTERNAL_ERROR') house.log.error({ error: String(error), rpc: rpc.places[0] }, 'mlflow');
    return mistake.toResponse();
  }
}

/** The token's project; else the named one; else the first that the person may see. */
async function projectOf(house: House, subject: Subject, named: string | null): Promise<ProjectRow> {
  const visible = visibleProjects(subject);
  const [found] = await house.db
    .select()
    .from(projects)
    .where(named ? projectNamed(named) : undefined)
    .orderBy(asc(projects.createdAt))
    .then((rows) => rows.filter((row) => visible === null || visible.includes(row.id)));
  if (!found)
    throw new WireMistake(
      'RESOURCE_DOES_NOT_EXIST',
      named ? `There is no project “${named}” that you may see.` : 'You have no project yet.',
    );
  return found;
}
