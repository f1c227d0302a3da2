/** Routes about the clock: when a pipeline starts by itself. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { PipelinePath, ProjectPath, route } from './contract.ts';

export const Schedule = z
  .object({
    id: z.uuid(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    cron: z.string(),
    timeZone: z.string(),
    enabled: z.boolean(),
    parameters: z.record(z.string(), Json),
    next: z.array(z.iso.datetime()).meta({ description: 'The next five times; empty while disabled.' }),
    lastFire: z.object({ nominalAt: z.iso.datetime(), firedAt: z.iso.datetime(), run: z.int().nullable() }).nullable(),
    createdBy: z.string(),
  })
  .meta({ id: 'Schedule' });
export type Schedule = z.infer<typeof Schedule>;

const Cron = z.string().min(1).max(200);
const TimeZone = z.string().max(100);
const Parameters = z.record(z.string(), Json);
const SchedulePath = z.object({ schedule: z.uuid() });
export const listSchedules = route('get /projects/{project}/schedules', {
  summary: 'Schedules of a project',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: z.object({ pipeline: z.uuid().optional() }),
  answer: z.object({ schedules: z.array(Schedule) }),
});
export const createSchedule = route('post /pipelines/{pipeline}/schedules', {
  summary: 'Start a pipeline by the clock',
  action: 'schedule.manage',
  scope: 'pipeline',
  params: PipelinePath,
  body: z.strictObject({
    cron: Cron,
    timeZone: TimeZone.default('UTC'),
    enabled: z.boolean().default(true),
    parameters: Parameters.default({}),
  }),
  status: 201,
  answer: Schedule,
});
export const changeSchedule = route('patch /schedules/{schedule}', {
  summary: 'Change, enable or disable a schedule',
  action: 'schedule.manage',
  scope: 'schedule',
  params: SchedulePath,
  // Without the defaults of a new one: what is left out stays as it is.
  body: z.strictObject({
    cron: Cron.optional(),
    timeZone: TimeZone.optional(),
    enabled: z.boolean().optional(),
    parameters: Parameters.optional(),
  }),
  answer: Schedule,
});
export const removeSchedule = route('delete /schedules/{schedule}', {
  summary: 'Remove a schedule; runs it started stay',
  action: 'schedule.manage',
  scope: 'schedule',
  params: SchedulePath,
  answer: 'nothing',
});
export const previewSchedule = route('post /projects/{project}/schedule-preview', {
  summary: 'The next five times of a cron expression',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  body: z.strictObject({ cron: Cron, timeZone: TimeZone }),
  changes: false,
  answer: z.object({ next: z.array(z.iso.datetime()) }),
});
