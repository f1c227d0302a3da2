/** Routes about the house itself: the event stream, and what state the machine is in. */
import * as z from 'zod';
import { ProjectPath, route } from './contract.ts';

export const streamEvents = route('get /projects/{project}/events', {
  summary: 'Events of a project as they are committed (SSE); resumes after Last-Event-ID',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: z.object({ run: z.coerce.number().int().optional(), after: z.string().optional() }),
  answer: 'events',
});

export const System = z
  .object({
    version: z.string(),
    isolation: z.object({ level: z.enum(['full', 'partial', 'none']), missing: z.array(z.string()) }),
    environments: z.array(
      z.object({
        name: z.string(),
        status: z.enum(['ready', 'building', 'failed']),
        packages: z.array(z.object({ name: z.string(), version: z.string() })),
        message: z.string().nullable(),
      }),
    ),
    workers: z.array(
      z.object({
        id: z.string(),
        host: z.string(),
        alive: z.boolean(),
        running: z.int(),
        capacity: z.int(),
        tags: z.array(z.string()).meta({ description: 'What it has that others do not; a node may need it.' }),
        isolation: z.string(),
        lastBeatAt: z.iso.datetime(),
      }),
    ),
    tags: z
      .array(z.string())
      .meta({ description: 'Every tag that a worker ever had, whether one is there now or not.' }),
    database: z.object({ version: z.string(), embedded: z.boolean(), sizeBytes: z.int() }),
    storage: z.object({ artifactBytes: z.int(), freeBytes: z.int() }),
  })
  .meta({ id: 'System' });
export type System = z.infer<typeof System>;
export const getSystem = route('get /system', {
  summary: 'The state of the house: isolation, environments, workers, storage',
  action: 'session',
  scope: 'none',
  answer: System,
});
