/**
 * What every route answers to every role: walked from the declarations, as a session and as a token, at things of one's own project, of
 * another one and of nobody, and with values that no route wants.
 */
import { Role, roleActions } from '@drawloom/shared/api/access.ts';
import type { Route } from '@drawloom/shared/api/contract.ts';
import { routeList } from '@drawloom/shared/api/index.ts';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Asker, host, origin, type TestApi, testApi } from '../../../test/support/api.ts';
import { mintToken } from '../auth/tokens.ts';
import { describeApi } from './openapi.ts';

// Some thousands of requests, each of a few milliseconds, on machines that do other things as well.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

/** Whatever is in the other project bears this name. */
const hidden = 'canary-of-others';
const nowhere = '00000000-0000-4000-8000-000000000000';

interface Grounds {
  project: string;
  pipeline: string;
  trigger: string;
}

let api: TestApi;
let ours: Grounds;
let theirs: Grounds;
let admin: Asker;
/** Each role twice: as a page holds it, and as a program does. */
const askers: { who: string; role: Role; ask: Asker['ask'] }[] = [];

beforeAll(async () => {
  api = await testApi();
  admin = await api.person({ admin: true });
  const other = await api.addProject(hidden);
  [ours, theirs] = [await furnish('first', 'Ours'), await furnish(other.id, hidden)];
  for (const role of Role.options) {
    const person = await api.person({ role });
    askers.push({ who: `${role} by session`, role, ask: person.ask });
    const { text } = await mintToken(api.house.db, {
      personId: person.id,
      name: role,
      projectId: api.project.id,
      actions: [...roleActions[role]],
      days: 1,
    });
    askers.push({ who: `${role} by token`, role, ask: askingWith(text) });
  }
});
afterAll(() => api.close());

const askingWith =
  (token: string): Asker['ask'] =>
  async (method, route, json) =>
    api.app.request(`${origin}${route}`, {
      method,
      headers: { host, authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });

/** One thing of each kind that can be made without a run. */
async function furnish(project: string, name: string): Promise<Grounds> {
  const at = `/api/v1/projects/${project}`;
  const pipeline = await admin.json<{ id: string }>('POST', `${at}/pipelines`, { name });
  await admin.json('POST', `/api/v1/pipelines/${pipeline.id}/versions`, { message: name });
  await admin.json('PUT', `${at}/secrets/${name.toUpperCase().replaceAll('-', '_')}`, { value: name });
  await admin.json('PUT', `${at}/pools/${name.toLowerCase()}`, { size: 2 });
  await admin.json('POST', `${at}/models`, { name });
  const trigger = await admin.json<{ id: string }>('POST', `/api/v1/pipelines/${pipeline.id}/triggers`, {
    name,
    on: { kind: 'cron', cron: '30 6 1 * *', timeZone: 'Europe/Berlin' },
  });
  return { project, pipeline: pipeline.id, trigger: trigger.id };
}

const pathOf = (route: Route, known: Partial<Grounds>, rest: (name: string) => string = () => nowhere) =>
  `/api/v1${route.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(known[name as keyof Grounds] ?? rest(name)),
  )}`;

/** Numbers where numbers belong, so that a path leads as far as it can. */
const plausible = (name: string): string =>
  ({
    secret: 'NONE',
    run: '999999',
    base: '999998',
    version: '7',
    approval: '999999',
    sha256: 'a'.repeat(64),
    delivery: '999',
  })[name] ?? nowhere;

interface Seen {
  status: number;
  text: string;
}
async function answerOf(ask: Asker['ask'], route: Route, path: string, json?: unknown): Promise<Seen> {
  const body = route.method === 'get' ? undefined : json;
  const answer = await ask(route.method.toUpperCase(), path, body);
  if (answer.headers.get('content-type')?.startsWith('text/event-stream')) {
    await answer.body?.cancel();
    return { status: answer.status, text: '' };
  }
  return { status: answer.status, text: await answer.text() };
}

/** Signing out would end the walk of whoever does it, and has a test of its own. */
const walked = routeList.filter(([name, route]) => route.action !== 'public' && name !== 'signOut');
const own = ['project', 'pipeline', 'trigger'] as const;
const isOwn = (scope: Route['scope']): scope is (typeof own)[number] => (own as readonly string[]).includes(scope);

describe('each of the seven roles', () => {
  test('is refused with 403 what the table of actions does not give it, and never otherwise', async () => {
    const wrong: string[] = [];
    for (const { who, role, ask } of askers)
      for (const [name, route] of walked) {
        if (!isOwn(route.scope) && route.scope !== 'instance') continue;
        const may = route.scope !== 'instance' && (roleActions[role] as readonly string[]).includes(route.action);
        // Where the role may act, a value that no body has keeps the things that the walk needs in their place.
        if (may && ['archivePipeline', 'removeTrigger'].includes(name)) continue;
        const { status, text } = await answerOf(ask, route, pathOf(route, ours, plausible), { nonsense: true });
        const refused = status === 403;
        if (refused === may || status >= 500 || status === 401)
          wrong.push(`${who}: ${name} (${route.action}) ${status} ${text.slice(0, 200)}`);
        if (text.includes(hidden)) wrong.push(`${who}: ${name} tells of ${hidden}`);
      }
    expect(wrong).toEqual([]);
  });

  test('finds nothing in a project of others, by its name, its id, or the id of what is in it', async () => {
    const wrong: string[] = [];
    for (const { who, ask } of askers)
      for (const [name, route] of walked) {
        if (!isOwn(route.scope) && route.scope !== 'caller') continue;
        const named = who.endsWith('token') ? { ...theirs, project: hidden } : theirs;
        const place = pathOf(route, named, plausible) + (route.scope === 'caller' ? `?project=${named.project}` : '');
        const { status, text } = await answerOf(ask, route, place, {});
        // An action that the role has nowhere is 404 as well: that there is something must not be told.
        if (status !== 404 || text.includes(hidden)) wrong.push(`${who}: ${name} ${status} ${text.slice(0, 200)}`);
      }
    expect(wrong).toEqual([]);
  });

  test('reaches nothing of others from within the own project', async () => {
    const wrong: string[] = [];
    const names = (name: string) =>
      ({ ...theirs, model: hidden, pool: hidden, secret: 'CANARY_OF_OTHERS' })[name] ?? nowhere;
    for (const { who, ask } of askers)
      for (const [name, route] of walked) {
        if (route.scope !== 'project' || !/\{.*\{/.test(route.path)) continue;
        if (route.method !== 'get' && ['setPool', 'setSecret', 'uploadFile'].includes(name)) continue; // these make their own
        const { status, text } = await answerOf(ask, route, pathOf(route, { project: 'first' }, names), {});
        if (status < 400 || status >= 500 || text.includes(`"name":"${hidden}"`))
          wrong.push(`${who}: ${name} ${status} ${text.slice(0, 200)}`);
      }
    expect(wrong).toEqual([]);
  });
});

/** What people, programs and attackers put where something else belongs. */
const oddParts = ['-1', '2147483648', '99999999999999999999', '1e9', '\u0000', '..', 'ä/%2F', 'x'.repeat(3000)];
const oddValues = [
  null,
  true,
  -1,
  1.5,
  2 ** 31,
  2 ** 53,
  1e308,
  '',
  '\u0000',
  '\ud800',
  'x'.repeat(3000),
  [],
  {},
  [[null]],
];

test('values that nobody wants are refused with a 4xx or taken, and no route stumbles over them', async () => {
  const document = describeApi('0.0.0') as {
    paths: Record<string, Record<string, { requestBody?: { content: Record<string, { schema?: Schema }> } }>>;
    components: { schemas: Record<string, Schema> };
  };
  const wrong: string[] = [];
  const sent = { count: 0 };
  const person = await api.person({ admin: true });
  for (const [name, route] of walked) {
    if (['removePerson', 'changeProfile', 'archivePipeline', 'removeTrigger'].includes(name)) continue;
    const tell = async (path: string, body?: unknown) => {
      sent.count++;
      const { status, text } = await answerOf(person.ask, route, path, body);
      if (status >= 500 || status === 401)
        wrong.push(`${name} ${path} ${JSON.stringify(body)?.slice(0, 300)}: ${status} ${text}`);
    };
    for (const odd of oddParts)
      await tell(
        pathOf(route, ours, () => odd),
        {},
      );
    const here = pathOf(route, ours, plausible);
    for (const key of Object.keys(route.query.shape))
      for (const odd of oddParts) await tell(`${here}?${key}=${encodeURIComponent(odd)}`, {});
    const schema = document.paths[route.path]?.[route.method]?.requestBody?.content['application/json']?.schema;
    if (!schema) continue;
    const fields = Object.keys(fieldsOf(schema, document.components.schemas));
    for (const [turn, odd] of oddValues.entries()) {
      await tell(here, odd);
      // Every field meets every value, each beside others of other kinds.
      const body = fields.map((field, index) => [field, oddValues[(turn + index) % oddValues.length]]);
      await tell(here, Object.fromEntries(body));
    }
  }
  expect(wrong).toEqual([]);
  expect(sent.count).toBeGreaterThan(2000);
  expect((await person.ask('GET', '/api/v1/session')).status).toBe(200);
});

interface Schema {
  $ref?: string;
  properties?: Record<string, Schema>;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
}

function fieldsOf(schema: Schema, known: Record<string, Schema>): Record<string, Schema> {
  if (schema.$ref) return fieldsOf(known[schema.$ref.split('/').at(-1)!] ?? {}, known);
  const parts = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  return Object.assign({}, schema.properties, ...parts.map((part) => fieldsOf(part, known)));
}

test('whatever was walked, what belongs to others stands as it was', async () => {
  const kept = await api.house.db.execute(sql`
    select (select count(*)::int from drawloom.pipeline p join drawloom.project j on j.id = p.project_id
            where j.slug = ${hidden} and p.name = ${hidden}) as pipelines,
           (select count(*)::int from drawloom.trigger t where t.id = ${theirs.trigger}) as triggers`);
  expect([...kept]).toEqual([{ pipelines: 1, triggers: 1 }]);
});
