/** Decides what can set a trigger off: a clock, or a signed message that another program sends. */
import * as z from 'zod';
import { CalendarClock, type Clock, CronClock, IntervalClock } from './when.ts';

export const Webhook = z
  .strictObject({ kind: z.literal('webhook') })
  .meta({ description: 'A message to the address of the trigger, signed with its key.' });

export const Occasion = z.discriminatedUnion('kind', [CronClock, IntervalClock, CalendarClock, Webhook]);
export type Occasion = z.infer<typeof Occasion>;

export const isClock = (on: Occasion): on is Clock => on.kind !== 'webhook';

/** By which clock a nominal time is taken apart. What comes from elsewhere has no time zone of its own. */
export const timeZoneOf = (on: Occasion): string => (isClock(on) ? on.timeZone : 'UTC');
