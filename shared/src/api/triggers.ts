/** Routes about triggers: what starts a pipeline without a person, and what came of it each time. */
import * as z from 'zod';
import { Json } from '../json.ts';
import { Problem } from '../problem.ts';
import { RunStatus } from '../run/status.ts';
import { Occasion } from '../trigger/occasion.ts';
import { Cursor } from '../trigger/sensor.ts';
import { Clock } from '../trigger/when.ts';
import { largestOrdinal, PageQuery, PipelinePath, ProjectPath, page, route } from './contract.ts';

export const Overlap = z.enum(['skip', 'buffer-one', 'buffer-all', 'cancel', 'terminate', 'allow']).meta({
  description:
    'When the run before is not over yet. skip: pass over this one. buffer-one: let one wait. buffer-all: let all wait. ' +
    'cancel: end the one that runs, then start. terminate: end it, and start without waiting for its end. allow: start beside it.',
});
export type Overlap = z.infer<typeof Overlap>;

export const DataVersion = z
  .object({
    input: z.int().meta({ description: 'Which input of the trigger, from 0.' }),
    run: z.int().nullable().meta({ description: 'The run that made it; null for a file.' }),
    name: z.string().meta({ description: 'The name of the file, or node and port.' }),
    sha256: z.string(),
    sizeBytes: z.int(),
  })
  .meta({ id: 'DataVersion' });
export type DataVersion = z.infer<typeof DataVersion>;

export const Fire = z
  .object({
    id: z.int(),
    nominalAt: z.iso.datetime().meta({ description: 'The time it was due at; of a message, when it was received.' }),
    missedFrom: z.iso.datetime().nullable(),
    dueAt: z.iso.datetime(),
    state: z
      .enum(['planned', 'due', 'buffered', 'launching', 'started', 'done', 'skipped', 'missed', 'refused', 'failed'])
      .meta({
        description: 'failed: an ask of a sensor did not end well; `run` is that ask, and `problems` say why.',
      }),
    why: z.enum(['running', 'waiting', 'replaced', 'off']).nullable().meta({
      description:
        'Why it was skipped: a run was not over, one waited already, a later one took its place, or the trigger was off.',
    }),
    problems: z.array(Problem).nullable(),
    data: z.array(DataVersion).nullable().meta({ description: 'The versions that were new, where such set it off.' }),
    run: z.int().nullable(),
    runStatus: RunStatus.nullable(),
    startedAt: z.iso.datetime().nullable(),
    endedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Fire' });
export type Fire = z.infer<typeof Fire>;

export const Trigger = z
  .object({
    id: z.uuid(),
    name: z.string(),
    pipeline: z.object({ id: z.uuid(), name: z.string() }),
    on: Occasion,
    parameters: z.record(z.string(), Json),
    version: z.int().nullable(),
    overlap: Overlap,
    pauseOnFailure: z.boolean(),
    enabled: z.boolean(),
    paused: z
      .object({ at: z.iso.datetime(), run: z.int().nullable(), why: z.enum(['failed', 'refused', 'rights']) })
      .nullable()
      .meta({
        description:
          'Set when it switched itself off: a run failed (which), none could be started, or whom it acts for may not manage triggers any more.',
      }),
    next: z
      .array(z.iso.datetime())
      .meta({ description: 'The next five nominal times; empty while it is off, and for what has none.' }),
    webhook: z
      .object({
        address: z.url().meta({ description: 'Where messages are to be sent.' }),
        oldKeyUntil: z.iso
          .datetime()
          .nullable()
          .meta({ description: 'Until when the signing key before this one is taken.' }),
      })
      .nullable(),
    sensor: z
      .object({
        cursor: Json.meta({
          description: 'What its last answer gave the next ask to go on from; null before the first.',
        }),
        nextAskAt: z.iso.datetime().nullable().meta({ description: 'Null while it is asked, or off.' }),
        failures: z.int().meta({ description: 'Asks in a row that failed; each makes the next one come later.' }),
        lastAsk: z
          .object({ run: z.int(), status: RunStatus, at: z.iso.datetime() })
          .nullable()
          .meta({ description: 'The latest ask that began, with its run and log.' }),
      })
      .nullable(),
    lastFire: Fire.nullable(),
    createdBy: z.string(),
    actsFor: z.string().meta({ description: 'Whoever saved it last: it may do what they may do now.' }),
  })
  .meta({ id: 'Trigger' });
export type Trigger = z.infer<typeof Trigger>;

const Parameters = z.record(z.string(), Json).meta({
  description:
    'A value may be taken from the nominal time, {"$nominal": "monthStart", "months": -1}, or from the message, {"$body": "/data/date"}; of new data that is {"$body": "/changed/sha256"}.',
});
const SigningKey = z
  .string()
  .max(200)
  .meta({ description: 'Of a webhook: `whsec_…` that the sender gave; without it one is made.' });
const NextCursor = Cursor.meta({ description: 'Of a sensor: where its next ask goes on; null is the beginning.' });
const TriggerPath = z.object({ trigger: z.uuid() });

export const listTriggers = route('get /projects/{project}/triggers', {
  summary: 'Triggers of a project, newest first',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  query: z.object({ pipeline: z.uuid().optional() }),
  answer: z.object({ triggers: z.array(Trigger) }),
});
export const createTrigger = route('post /pipelines/{pipeline}/triggers', {
  summary: 'Let a pipeline start by itself',
  action: 'schedule.manage',
  scope: 'pipeline',
  params: PipelinePath,
  body: z.strictObject({
    name: z.string().trim().max(200).default(''),
    on: Occasion,
    signingKey: SigningKey.optional(),
    cursor: NextCursor.optional(),
    parameters: Parameters.default({}),
    version: z.int().positive().max(largestOrdinal).nullable().default(null),
    overlap: Overlap.default('skip'),
    pauseOnFailure: z.boolean().default(false),
    enabled: z.boolean().default(true),
  }),
  status: 201,
  answer: Trigger.extend({
    signingKey: z
      .string()
      .nullable()
      .meta({ description: 'The key that was made for a webhook. It is not shown again.' }),
  }),
});
export const changeTrigger = route('patch /triggers/{trigger}', {
  summary: 'Change a trigger, or switch it on or off',
  action: 'schedule.manage',
  scope: 'trigger',
  params: TriggerPath,
  // Without the defaults of a new one: what is left out stays as it is.
  body: z.strictObject({
    name: z.string().trim().max(200).optional(),
    on: Occasion.optional(),
    cursor: NextCursor.optional(),
    parameters: Parameters.optional(),
    version: z.int().positive().max(largestOrdinal).nullable().optional(),
    overlap: Overlap.optional(),
    pauseOnFailure: z.boolean().optional(),
    enabled: z.boolean().optional(),
  }),
  answer: Trigger,
});
export const changeSigningKey = route('post /triggers/{trigger}/signing-key', {
  summary: 'Give a webhook another signing key; the one before is taken for a while longer',
  action: 'schedule.manage',
  scope: 'trigger',
  params: TriggerPath,
  body: z.strictObject({
    signingKey: SigningKey.optional(),
    oldKeyHours: z
      .int()
      .min(0)
      .max(168)
      .default(24)
      .meta({ description: 'How long messages under the old key are taken; 0 when somebody else has it.' }),
  }),
  answer: z.object({
    signingKey: z.string().nullable().meta({ description: 'The key that was made. It is not shown again.' }),
    oldKeyUntil: z.iso.datetime().nullable(),
  }),
});
export const receiveMessage = route('post /hooks/{trigger}', {
  summary:
    'Set a webhook off: JSON, signed as Standard Webhooks are. 200: it was received before, and this is what came of it',
  action: 'public',
  scope: 'trigger',
  params: TriggerPath,
  status: 202,
  answer: z.object({
    fire: z.int(),
    state: Fire.shape.state,
    why: Fire.shape.why,
    run: z.int().nullable(),
    runStatus: RunStatus.nullable(),
  }),
});
export const removeTrigger = route('delete /triggers/{trigger}', {
  summary: 'Remove a trigger and its history; runs it started stay',
  action: 'schedule.manage',
  scope: 'trigger',
  params: TriggerPath,
  answer: 'nothing',
});
export const listFires = route('get /triggers/{trigger}/fires', {
  summary: 'What a trigger fired, newest first: the run, or why there was none',
  action: 'project.view',
  scope: 'trigger',
  params: TriggerPath,
  query: PageQuery,
  answer: page(Fire),
});
export const previewTrigger = route('post /projects/{project}/trigger-preview', {
  summary: 'The next five times of a schedule, before it is kept',
  action: 'project.view',
  scope: 'project',
  params: ProjectPath,
  body: z.strictObject({ on: Clock }),
  changes: false,
  answer: z.object({ next: z.array(z.iso.datetime()) }),
});
