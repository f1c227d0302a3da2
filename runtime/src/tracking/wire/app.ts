/**
 * Puts MLflow's protocol on the wire: its calls under both prefixes, its files, its answers, its way to tell a mistake. Only the project
 * is not in the path: a token is bound to one, others name theirs in a header.
 */
import type { Json } from '@drawloom/shared/json.ts';
import { type Context, Hono } from 'hono';
import type { House } from '../../api/house.ts';
import { assessmentRpcs } from './assessments.ts';
import { experimentRpcs } from './experiments.ts';
import { fileRoutes, fileRpcs } from './files.ts';
import { admit } from './gate.ts';
import { readLenientJson } from './lenientJson.ts';
import { loggedModelRpcs } from './loggedModels.ts';
import { WireMistake } from './mistake.ts';
import { otlpRoutes } from './otlp.ts';
import { registryRpcs } from './registry.ts';
import { queryFields, type Rpc, readFields } from './rpc.ts';
import { runRpcs } from './runs.ts';
import { traceRpcs } from './traces.ts';

/** The release whose protocol is spoken: clients decide by it what they ask for. */
export const spokenVersion = '3.4.0';

export const rpcs: readonly Rpc[] = [
  ...experimentRpcs,
  ...runRpcs,
  ...fileRpcs,
  ...loggedModelRpcs,
  ...registryRpcs,
  ...traceRpcs,
  ...assessmentRpcs,
];

export const prefixes = ['/api', '/ajax-api'];

export function mlflowRoutes(house: House): Hono {
  const app = new Hono();
  for (const rpc of rpcs)
    for (const place of rpc.places) {
      const [method, path] = place.split(' ') as [string, string];
      for (const prefix of prefixes)
        app.on(method, `${prefix}/${rpc.version}/mlflow/${path}`, (context) => answer(house, rpc, context));
    }
  fileRoutes(app, house, prefixes);
  otlpRoutes(app, house);
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

function answer(house: House, rpc: Rpc, context: Context): Promise<Response> {
  const { action, audited } = rpc;
  return admit(house, context, { name: rpc.places[0]!.split(' ')[1]!, action, audited }, async (admitted) => {
    const request = context.req.raw;
    const given =
      request.method === 'GET'
        ? queryFields(rpc.fields, new URL(request.url).searchParams)
        : ((await readLenientJson(request, house.silenceMs)) ?? {});
    const fields = readFields(rpc.fields, given, context.req.param());
    const result = await rpc.work({ ...admitted, fields });
    if (audited) {
      // Tags may be long, and are not what is asked later.
      const { tags: _, ...named } = fields as Record<string, Json>;
      admitted.note(named);
    }
    if (result instanceof Response) return result;
    return new Response(JSON.stringify(result), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    });
  });
}
