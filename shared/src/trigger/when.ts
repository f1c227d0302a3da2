/** Decides in which words one says when a schedule falls due: a cron expression, every so often, or days of the calendar by rule. */
import * as z from 'zod';

export const Weekday = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']);
export type Weekday = z.infer<typeof Weekday>;

/** Days that are passed over: one date, a date of every year, or all from one date to another. */
export const Exception = z
  .union([
    z.iso.date(),
    z.string().regex(/^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/),
    z
      .strictObject({ from: z.iso.date(), to: z.iso.date() })
      .refine(({ from, to }) => from <= to, { error: '`from` comes before `to`; turn them round.' }),
  ])
  .meta({ description: 'A date (2026-12-24), a date of every year (12-25), or a range of dates.' });
export type Exception = z.infer<typeof Exception>;

const clockParts = {
  timeZone: z.string().min(1).max(100).default('UTC'),
  except: z.array(Exception).max(400).default([]).meta({ description: 'Days that are passed over.' }),
  jitterSeconds: z
    .int()
    .min(0, 'Jitter is 0 seconds or more.')
    .max(86_400, 'Jitter is a day (86400 seconds) at most.')
    .default(0)
    .meta({
      description:
        'Each start waits up to this long, the same for one nominal time always, and never past the next nominal time.',
    }),
  catchUpSeconds: z
    .int()
    .min(10, 'The catch-up window is 10 seconds or more; leave it out to make up the last missed time only.')
    .max(366 * 86_400, 'The catch-up window is 366 days at most. A backfill reaches further back.')
    .nullable()
    .default(null)
    .meta({
      description:
        'After nobody was up: times missed by no more than this are all made up; null makes up the last one, whenever it was.',
    }),
};

export const CronClock = z.strictObject({
  kind: z.literal('cron'),
  cron: z.string().min(1).max(200).meta({ description: 'Minute, hour, day of month, month, day of week.' }),
  ...clockParts,
});

export const IntervalClock = z.strictObject({
  kind: z.literal('interval'),
  everySeconds: z
    .int()
    .min(10, 'An interval is 10 seconds or more.')
    .max(366 * 86_400, 'An interval is 366 days at most.'),
  anchor: z.iso
    .datetime({ offset: true })
    .default('1970-01-01T00:00:00Z')
    .meta({ description: 'An instant at which it falls due; all others are counted from there.' }),
  ...clockParts,
});

const DayRule = z.union([
  z.strictObject({ every: z.literal('day') }),
  z.strictObject({ weekdays: z.array(Weekday).min(1).max(7) }),
  z
    .strictObject({
      monthDays: z
        .array(
          z
            .int()
            .min(-31)
            .max(31)
            .refine((day) => day !== 0, 'There is no day 0; 1 is the first, -1 the last.'),
        )
        .min(1)
        .max(31),
    })
    .meta({ description: '1 is the first day of the month, -1 its last.' }),
  z
    .strictObject({
      nth: z
        .int()
        .min(-5)
        .max(5)
        .refine((nth) => nth !== 0, 'There is no 0th; 1 is the first, -1 the last.'),
      weekday: Weekday,
    })
    .meta({ description: 'The second Tuesday of a month, its last Friday.' }),
  z
    .strictObject({
      workday: z
        .int()
        .min(-23)
        .max(23)
        .refine((nth) => nth !== 0, 'There is no 0th; 1 is the first, -1 the last.'),
    })
    .meta({ description: 'The nth day of a month that is neither a Saturday, a Sunday, nor an exception.' }),
]);
export type DayRule = z.infer<typeof DayRule>;

export const CalendarClock = z.strictObject({
  kind: z.literal('calendar'),
  at: z
    .array(z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'A time of day is written 06:30.'))
    .min(1)
    .max(96),
  days: DayRule,
  months: z.array(z.int().min(1).max(12)).min(1).max(12).optional(),
  ...clockParts,
});

export const Clock = z.discriminatedUnion('kind', [CronClock, IntervalClock, CalendarClock]);
export type Clock = z.infer<typeof Clock>;
export type CronClock = z.infer<typeof CronClock>;
export type IntervalClock = z.infer<typeof IntervalClock>;
export type CalendarClock = z.infer<typeof CalendarClock>;

/** More nominal times than this are not one backfill. */
export const longestBackfill = 10_000;
