/** Decides how a test speaks to MLflow's routes: a house that listens, a token that may everything, and the released client. */
import type { AddressInfo } from 'node:net';
import type { Action } from '@drawloom/shared/api/access.ts';
import { serve } from '@hono/node-server';
import type { House } from '../../runtime/src/api/house.ts';
import { type Asker, type TestApi, testApi } from './api.ts';
import { type MlflowClient, startMlflowClient } from './mlflowClient.ts';

export const everything: Action[] = [
  'project.view',
  'data.read',
  'run.execute',
  'artifact.delete',
  'model.register',
  'model.promote',
];

export interface WireHouse {
  api: TestApi;
  url: string;
  person: Asker;
  token: string;
  client: MlflowClient;
  /** Calls a scenario of the client with the token. */
  calls(scenario: string, args?: Record<string, unknown>): Promise<unknown>;
  /** As a program without the client asks; `as` is another token. */
  ask(method: string, path: string, init?: RequestInit & { as?: string }): Promise<Response>;
  /** The same for what takes and answers JSON. */
  json(method: string, path: string, body?: unknown, as?: string): Promise<{ status: number; body: never }>;
  /** Somebody in a project of their own, as a token. */
  stranger(): Promise<string>;
  close(): Promise<void>;
}

/** `hears` is told of every request and of what it was answered. */
export async function wireHouse(
  settings: Partial<House> = {},
  hears: (method: string, pathname: string, status: number) => void = () => {},
): Promise<WireHouse> {
  const api = await testApi(settings);
  const person = await api.person({ role: 'ml-engineer' });
  const token = await person.token(everything);
  const server = serve({
    fetch: async (request, env) => {
      const answer = await api.app.fetch(request, env);
      hears(request.method, new URL(request.url).pathname, answer.status);
      return answer;
    },
    port: 0,
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = await startMlflowClient(url);
  const ask: WireHouse['ask'] = (method, path, init = {}) =>
    fetch(`${url}${path}`, {
      method,
      ...init,
      headers: { authorization: `Bearer ${init.as ?? token}`, ...init.headers },
    });
  let others = 0;
  return {
    api,
    url,
    person,
    token,
    client,
    calls: (scenario, args) => client.call(token, scenario, args),
    ask,
    async json(method, path, body, as) {
      const answer = await ask(method, path, {
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(as !== undefined && { as }),
        headers: { 'content-type': 'application/json' },
      });
      return { status: answer.status, body: (await answer.json()) as never };
    },
    async stranger() {
      const slug = `other-${++others}`;
      const project = await api.addProject(slug);
      const one = await api.person({ role: 'ml-engineer', project: project.id });
      const wanted = { name: 'theirs', project: slug, actions: everything };
      return (await one.json<{ text: string }>('POST', '/api/v1/tokens', wanted)).text;
    },
    async close() {
      client.close();
      server.close();
      await api.close();
    },
  };
}
