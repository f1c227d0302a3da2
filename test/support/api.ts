/** Decides how a test asks the API: the app without a socket, on a database of its own, as whoever it wants to be. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Action, Role } from '@drawloom/shared/api/access.ts';
import { type Catalog, catalogOf, type NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { Hono } from 'hono';
import pino from 'pino';
import { createApp } from '../../runtime/src/api/app.ts';
import type { House } from '../../runtime/src/api/house.ts';
import { LocalStore } from '../../runtime/src/artifacts/localStore.ts';
import { allowedHosts } from '../../runtime/src/auth/origin.ts';
import { openSession } from '../../runtime/src/auth/sessions.ts';
import { mintToken } from '../../runtime/src/auth/tokens.ts';
import { connect } from '../../runtime/src/db/connection.ts';
import { people, roleGrants } from '../../runtime/src/db/tables/people.ts';
import { projects } from '../../runtime/src/db/tables/projects.ts';
import { EventStream } from '../../runtime/src/events/stream.ts';
import { Bell } from '../../runtime/src/queue/bell.ts';
import { testDatabase } from './database.ts';

export const host = 'localhost:4400';
export const origin = `http://${host}`;

export interface TestApi {
  app: Hono;
  house: House;
  /** The first project, which `person` gives roles in. */
  project: { id: string; slug: string };
  addProject(slug: string): Promise<{ id: string; slug: string }>;
  /** Somebody new with a session in a browser: with a role in the project, or as an admin, or with neither. */
  person(how?: { role?: Role; admin?: boolean; project?: string }): Promise<Asker>;
  /** Nobody: no credential at all. */
  nobody: Asker;
  close(): Promise<void>;
}

export interface Asker {
  id: string;
  /** Sends `json` as the body when given; headers as a page of ours would send them. */
  ask(method: string, path: string, json?: unknown, init?: RequestInit): Promise<Response>;
  /** The same, and the answer's JSON; throws when the status is not a good one. */
  json<T = unknown>(method: string, path: string, json?: unknown): Promise<T>;
  token(actions: Action[]): Promise<string>;
}

export async function testApi(settings: Partial<House> = {}): Promise<TestApi> {
  const database = await testDatabase();
  const home = await mkdtemp(path.join(tmpdir(), 'drawloom-api-'));
  const { db, sql, close } = connect(database.url, { max: 10, name: 'test' });
  const events = new EventStream(sql, { pollMs: 200 });
  await events.start();
  const house: House = {
    config: {
      port: 4400,
      host: '127.0.0.1',
      home,
      databaseUrl: database.url,
      adminToken: undefined,
      hosts: [],
      tags: [],
      leastIsolation: 'full',
      publicUrl: undefined,
      internalNetworks: [],
      traces: undefined,
      serverUrl: undefined,
      token: undefined,
    },
    db,
    sql,
    catalog: testCatalog,
    reader: { page: notLookedInto, plan: notLookedInto, profile: notLookedInto },
    logsFolder: path.join(home, 'logs'),
    store: new LocalStore(path.join(home, 'artifacts')),
    events,
    bell: new Bell(sql),
    log: pino({ level: 'error' }),
    port: () => 4400,
    presetTokens: [],
    hosts: allowedHosts('127.0.0.1'),
    origin: () => origin,
    version: '0.0.0',
    editorFolder: path.join(home, 'editor'),
    silenceMs: 60_000,
    environment: async () => 'e'.repeat(64),
    checkAnswers: true,
    ...settings,
  };
  const app = createApp(house);
  const addProject = async (slug: string) => {
    const [row] = await db.insert(projects).values({ slug, name: slug }).returning();
    return { id: row!.id, slug };
  };
  const project = await addProject('first');

  const asker = (id: string, headers: Record<string, string>): Asker => {
    const ask: Asker['ask'] = async (method, route, json, init = {}) => {
      const all = new Headers({ host, ...(method !== 'GET' && { origin }), ...headers });
      if (json !== undefined || method !== 'GET') all.set('content-type', 'application/json');
      new Headers(init.headers).forEach((value, key) => {
        all.set(key, value);
      });
      const body = json === undefined ? {} : { body: JSON.stringify(json) };
      return app.request(`${origin}${route}`, { method, ...body, ...init, headers: all });
    };
    return {
      id,
      ask,
      async json<T>(method: string, route: string, json?: unknown): Promise<T> {
        const answer = await ask(method, route, json);
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${text}`);
        return (text ? JSON.parse(text) : undefined) as T;
      },
      token: async (actions) =>
        (await mintToken(db, { personId: id, name: 'test', projectId: project.id, actions, days: 1 })).text,
    };
  };
  let count = 0;
  return {
    app,
    house,
    project,
    addProject,
    async person({ role, admin = false, project: projectId = project.id } = {}) {
      const name = `Person ${++count}`;
      const [row] = await db
        .insert(people)
        .values({ name, email: `person${count}@example.org`, admin })
        .returning();
      if (role) await db.insert(roleGrants).values({ projectId, personId: row!.id, role });
      const session = await openSession(db, row!.id);
      return asker(row!.id, { cookie: `drawloom-4400=${session.token}` });
    },
    nobody: asker('', {}),
    async close() {
      await events.stop();
      await close();
      await database.drop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

const notLookedInto = () => Promise.reject(new Error('No test here looks into a table.'));

/** Four node types, enough to draw and check with; the catalog of the house has its own tests. */
export const testCatalog: Catalog = catalogOf([
  nodeType({
    type: 'source',
    outputs: [{ name: 'out', kind: 'table' }],
    inputs: [],
    parameters: { type: 'object', properties: { label: { type: 'string' } } },
  }),
  nodeType({
    type: 'step',
    inputs: [{ name: 'in', kind: 'table' }],
    outputs: [{ name: 'out', kind: 'table' }],
    parameters: { type: 'object', properties: { label: { type: 'string' } } },
  }),
  nodeType({
    type: 'python',
    inputs: [],
    outputs: [],
    code: 'user',
    language: 'python',
    template: 'def run() -> dict: ...\n',
  }),
  nodeType({
    type: 'each',
    inputs: [{ name: 'in', kind: 'any' }],
    outputs: [{ name: 'out', kind: 'table' }],
    language: 'typescript',
  }),
]);

function nodeType(parts: Pick<NodeType, 'type' | 'inputs' | 'outputs'> & Partial<NodeType>): NodeType {
  return {
    version: 1,
    title: parts.type,
    summary: '',
    description: '',
    category: 'data',
    icon: 'table',
    code: 'own',
    parameters: { type: 'object', properties: {} },
    reusable: true,
    ...parts,
  };
}
