/** Decides how the API describes itself: OpenAPI 3.1, from the same declarations that the handlers are wired by. */
import { roleActions } from '@drawloom/shared/api/access.ts';
import { type Answer, mayBeLeftOut, type Route } from '@drawloom/shared/api/contract.ts';
import { routeList } from '@drawloom/shared/api/index.ts';
import { ProblemBody } from '@drawloom/shared/problem.ts';
import * as z from 'zod';

type Schema = Record<string, unknown>;

export function describeApi(version: string): Schema {
  const components: Record<string, Schema> = {};
  const schemaOf = (schema: z.ZodType, io: 'input' | 'output') => hoist(schema, io, components);
  const problem = { 'application/problem+json': { schema: schemaOf(ProblemBody, 'output') } };
  const paths: Record<string, Record<string, Schema>> = {};
  for (const [name, route] of routeList) {
    paths[route.path] ??= {};
    paths[route.path]![route.method] = {
      operationId: name,
      summary: route.summary,
      ...(route.action !== 'public' && { description: whoMay(route) }),
      ...(route.action === 'public' && { security: [] }),
      parameters: [...parametersOf(route.params, 'path', schemaOf), ...parametersOf(route.query, 'query', schemaOf)],
      ...bodyOf(name, route, schemaOf),
      responses: {
        [route.status]: answerOf(route.answer, schemaOf),
        default: { description: 'What is wrong, where, and what to do now.', content: problem },
      },
    };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Drawloom', version, description: 'Pipelines, their runs, and everything the runs made.' },
    servers: [{ url: '/api/v1' }],
    security: [{ token: [] }, { password: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(components).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'An API token.' },
        password: { type: 'http', scheme: 'basic', description: 'Any name, with an API token as the password.' },
      },
    },
  };
}

function whoMay({ action, scope }: Route): string {
  if (action === 'session') return 'Anyone signed in.';
  if (scope === 'instance') return `Takes ${action}: admins of the instance.`;
  const roles = Object.entries(roleActions).filter(([, actions]) => (actions as readonly string[]).includes(action));
  return `Takes ${action} in the project: ${roles.map(([role]) => role).join(', ') || 'admins only'}.`;
}

type SchemaOf = (schema: z.ZodType, io: 'input' | 'output') => Schema;

function parametersOf(shape: z.ZodObject, place: 'path' | 'query', schemaOf: SchemaOf): Schema[] {
  return Object.entries(shape.shape).map(([name, part]) => {
    const { description, ...schema } = schemaOf(part as z.ZodType, 'output') as Schema & { description?: string };
    const required = place === 'path' || !(part as z.ZodType).safeParse(undefined).success;
    return { name, in: place, required, ...(description && { description }), schema };
  });
}

function bodyOf(name: string, route: Route, schemaOf: SchemaOf): Schema {
  if (route.body.type !== 'undefined')
    return {
      requestBody: {
        required: !mayBeLeftOut(route),
        content: { 'application/json': { schema: schemaOf(route.body, 'input') } },
      },
    };
  if (name.startsWith('receiveLineage'))
    return { requestBody: { required: true, content: { 'application/json': { schema: anyJson } } } };
  if (name !== 'uploadFile') return {};
  return { requestBody: { required: false, content: { 'application/octet-stream': {} } } }; // an empty file is a file
}

function answerOf(answer: Answer, schemaOf: SchemaOf): Schema {
  if (answer === 'nothing') return { description: 'Done.' };
  if (answer === 'events')
    return {
      description: 'A stream that stays open.',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    };
  if (answer === 'bytes') return { description: 'The bytes, as the type they are of.', content: { '*/*': {} } };
  return { description: 'As asked.', content: { 'application/json': { schema: schemaOf(answer, 'output') } } };
}

/** Named schemas move to the components, so that each is described once; any JSON value at all is one of them. */
function hoist(schema: z.ZodType, io: 'input' | 'output', components: Record<string, Schema>): Schema {
  const {
    $schema: _,
    $defs = {},
    ...rest
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Schema & {
    $defs?: Record<string, Schema>;
  };
  const nameOf = (key: string) => (key.startsWith('__schema') ? 'Json' : key);
  const refer = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(refer);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [
        key,
        key === '$ref' && typeof member === 'string'
          ? `#/components/schemas/${nameOf(member.replace('#/$defs/', ''))}`
          : refer(member),
      ]),
    );
  };
  for (const [key, definition] of Object.entries($defs)) {
    const { id: __, ...named } = refer(definition) as Schema & { id?: unknown };
    components[nameOf(key)] ??= key.startsWith('__schema') ? anyJson : named;
  }
  const { id, ...plain } = refer(rest) as Schema & { id?: string };
  if (typeof id !== 'string' || !z.globalRegistry.get(schema)?.id)
    return typeof id === 'string' ? { id, ...plain } : plain;
  components[id] ??= plain;
  return { $ref: `#/components/schemas/${id}` };
}

const anyJson: Schema = { description: 'Any JSON value.' };
