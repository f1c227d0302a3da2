/**
 * Decides what counts as an event of OpenLineage, and what of it the graph needs: its job, its run, its data sets. Facets are kept whatever
 * they are called; only what the specification asks of every one is asked.
 * source  OpenLineage 2-0-2, OpenLineage.json
 */
import { type Json, pointer } from '@drawloom/shared/json.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import * as z from 'zod';
import type { KeptFacets } from '../db/tables/lineage.ts';

/** Names are found by an index, which takes no more. */
const longest = { namespace: 500, name: 2000 };
const mostSets = 2000;
const mostFacets = 200;
/** What a calendar of the database can hold in any time zone. */
const years = { first: 1900, last: 9000 };

const uri = z
  .string({ error: 'Give a URI.' })
  .max(2000)
  .regex(/^[a-z][a-z0-9+.-]*:\S+$/i, { error: 'This is no URI. Give one with its scheme, such as https://….' });
const named = (what: 'namespace' | 'name') =>
  z
    .string({ error: `Give the ${what} as text.` })
    .min(1, { error: `The ${what} is empty. Give one.` })
    .refine((text) => Buffer.byteLength(text) <= longest[what], {
      error: `The ${what} is longer than ${longest[what]} bytes. Give a shorter one.`,
    });
const Instant = z.iso
  .datetime({ offset: true, abort: true, error: 'Give the time as in 2026-01-31T12:00:00Z, with its offset.' })
  .refine((text) => Number(text.slice(0, 4)) >= years.first && Number(text.slice(0, 4)) <= years.last, {
    error: `The year is not between ${years.first} and ${years.last}. Send the time at which it happened.`,
  });
const Facet = z.looseObject({ _producer: uri, _schemaURL: uri, _deleted: z.boolean().nullish() });
const Facets = z
  .record(z.string(), Facet)
  .refine((facets) => Object.keys(facets).length <= mostFacets, {
    error: `There are more than ${mostFacets} facets here. Send fewer.`,
  })
  .nullish();
const Job = z.looseObject({ namespace: named('namespace'), name: named('name'), facets: Facets });
const DataSet = Job;
const Input = DataSet.extend({ inputFacets: Facets });
const Output = DataSet.extend({ outputFacets: Facets });
const Base = z.looseObject({ eventTime: Instant, producer: uri, schemaURL: uri });
const JobEvent = Base.extend({
  job: Job,
  inputs: z.array(Input).nullish(),
  outputs: z.array(Output).nullish(),
}).refine(({ inputs, outputs }) => (inputs?.length ?? 0) + (outputs?.length ?? 0) <= mostSets, {
  error: `The event names more than ${mostSets} data sets. Send several events of the same run.`,
});
const RunEvent = JobEvent.safeExtend({
  eventType: z.enum(['START', 'RUNNING', 'COMPLETE', 'ABORT', 'FAIL', 'OTHER']).nullish(),
  run: z.looseObject({ runId: z.guid({ error: 'Give the run’s UUID.' }), facets: Facets }),
});
const DataSetEvent = Base.extend({ dataset: DataSet });

export type RunState = NonNullable<z.output<typeof RunEvent>['eventType']>;
export interface ToldSet {
  namespace: string;
  name: string;
  facets: KeptFacets;
}
export interface ToldUse {
  direction: 'in' | 'out';
  namespace: string;
  name: string;
  facets: KeptFacets;
}
export interface ToldEvent {
  at: string;
  job: ToldSet | null;
  run: { uuid: string; state: RunState; facets: KeptFacets } | null;
  /** Each once, whatever reads and writes it. */
  sets: ToldSet[];
  uses: ToldUse[];
}

export function readEvent(event: Json): ToldEvent | { problems: Problem[] } {
  if (typeof event !== 'object' || event === null || Array.isArray(event))
    return {
      problems: [problem('', 'An event is an object. Send one, or many as an array to /api/v1/lineage/batch.')],
    };
  const has = (key: string) => event[key] !== undefined && event[key] !== null;
  if (has('dataset')) {
    const stray = ['job', 'run'].find(has);
    if (stray)
      return {
        problems: [
          problem(pointer(stray), `An event about a data set has no ${stray}. Send that as an event of its own.`),
        ],
      };
    const read = DataSetEvent.safeParse(event);
    if (!read.success) return { problems: problemsOf(read.error) };
    const at = instantOf(read.data.eventTime);
    return { at, job: null, run: null, sets: [toldOf(read.data.dataset, at)], uses: [] };
  }
  if (!has('job'))
    return {
      problems: [problem('/job', 'The event says of nothing what it is about: it has neither job nor dataset.')],
    };
  const read = (has('run') ? RunEvent : JobEvent).safeParse(event);
  if (!read.success) return { problems: problemsOf(read.error) };
  return ofJob(read.data as z.output<typeof RunEvent> | z.output<typeof JobEvent>);
}

function ofJob(event: z.output<typeof RunEvent> | z.output<typeof JobEvent>): ToldEvent {
  const at = instantOf(event.eventTime);
  const sets = new Map<string, ToldSet>();
  const uses = new Map<string, ToldUse>();
  const add = (direction: 'in' | 'out', set: z.output<typeof DataSet>, facets: z.output<typeof Facets>) => {
    const { namespace, name } = set;
    const key = JSON.stringify([namespace, name]);
    const told = toldOf(set, at);
    sets.set(key, { ...told, facets: { ...sets.get(key)?.facets, ...told.facets } });
    const use = `${direction} ${key}`;
    uses.set(use, { direction, namespace, name, facets: { ...uses.get(use)?.facets, ...kept(facets, at) } });
  };
  for (const set of event.inputs ?? []) add('in', set, set.inputFacets);
  for (const set of event.outputs ?? []) add('out', set, set.outputFacets);
  const run = 'run' in event ? (event as z.output<typeof RunEvent>) : null;
  return {
    at,
    job: toldOf(event.job, at),
    run: run && {
      uuid: run.run.runId.toLowerCase(),
      state: run.eventType ?? 'OTHER',
      facets: kept(run.run.facets, at),
    },
    sets: [...sets.values()],
    uses: [...uses.values()],
  };
}

const toldOf = ({ namespace, name, facets }: z.output<typeof DataSet>, at: string): ToldSet => ({
  namespace,
  name,
  facets: kept(facets, at),
});

const kept = (facets: z.output<typeof Facets>, at: string): KeptFacets =>
  Object.fromEntries(
    Object.entries(facets ?? {}).map(([key, facet]) => [key, { at, facet: facet._deleted ? null : (facet as Json) }]),
  );

/** In UTC to the microsecond, so that the order of texts is that of times. */
function instantOf(text: string): string {
  const fraction = /\.(\d+)/.exec(text)?.[1] ?? '';
  return `${new Date(text).toISOString().slice(0, 19)}.${fraction.slice(0, 6).padEnd(6, '0')}Z`;
}

const problem = (at: string, message: string): Problem => ({ code: 'invalid', message, at, severity: 'error' });

const problemsOf = (error: z.ZodError): Problem[] =>
  error.issues.slice(0, 50).map((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
    return problem(pointer(...path), path.length > 0 ? `${path.join('.')}: ${issue.message}` : issue.message);
  });
