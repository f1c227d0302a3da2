/** Decides what can set a trigger off: a clock, a signed message that another program sends, new data, or code that is asked. */
import * as z from 'zod';
import { PortName } from '../node-type/ports.ts';
import { NodeId } from '../pipeline/document.ts';
import { Sensor } from './sensor.ts';
import { CalendarClock, type Clock, CronClock, IntervalClock } from './when.ts';

export const Webhook = z
  .strictObject({ kind: z.literal('webhook') })
  .meta({ description: 'A message to the address of the trigger, signed with its key.' });

export const DataInput = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('output'), pipeline: z.uuid(), node: NodeId, port: PortName }).meta({
    description: 'What a node of another pipeline gives: new with each run that did well and carried that node out.',
  }),
  z
    .strictObject({ kind: z.literal('file'), name: z.string().min(1).max(1000) })
    .meta({ description: 'A file of the data folder, or an upload: new when its bytes are other ones.' }),
]);
export type DataInput = z.infer<typeof DataInput>;

export const NewData = z
  .strictObject({
    kind: z.literal('data'),
    inputs: z.array(DataInput).min(1).max(20),
    when: z.enum(['any', 'all']).default('any').meta({
      description: 'any: each new version starts a run. all: once every input has a new one since the last start.',
    }),
  })
  .meta({ description: 'New versions of outputs of other pipelines, or of files.' });
export type NewData = z.infer<typeof NewData>;

export const Occasion = z.discriminatedUnion('kind', [
  CronClock,
  IntervalClock,
  CalendarClock,
  Webhook,
  NewData,
  Sensor,
]);
export type Occasion = z.infer<typeof Occasion>;

export const isClock = (on: Occasion): on is Clock =>
  on.kind === 'cron' || on.kind === 'interval' || on.kind === 'calendar';

/** What brings something along that parameters can be taken from: a message, the versions that are new, a key. */
export const bringsMessage = (on: Occasion): boolean => !isClock(on);

/** By which clock a nominal time is taken apart. What comes from elsewhere has no time zone of its own. */
export const timeZoneOf = (on: Occasion): string => (isClock(on) ? on.timeZone : 'UTC');
