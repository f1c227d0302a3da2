/** MLflow's calls about traces: told, read with their spans, searched, tagged, linked and deleted. */
import { Readable } from 'node:stream';
import * as z from 'zod';
import { experimentNumbered } from '../experiments.ts';
import { runNamed } from '../runs.ts';
import { searchTraces } from '../search/traces.ts';
import { tellOfExperiment } from '../told.ts';
import { addAssessments, mostAssessments } from '../traces/assessments.ts';
import {
  deleteTraces,
  deleteTraceTag,
  linkTraces,
  loadTraces,
  noTrace,
  setTraceTag,
  spansOf,
  type TraceInfo,
  tellTrace,
  traceNamed,
  tracesNamed,
} from '../traces/records.ts';
import type { WireHouse } from './gate.ts';
import { checkedCount, checkedLength, limits } from './limits.ts';
import { invalidValue, notThere } from './mistake.ts';
import { flag, integer, type Rpc, rpc, text } from './rpc.ts';
import { experimentOf, experimentPlace, readAssessment, readTrace, TraceFields, wiredTrace } from './traceForms.ts';

const mostLinked = 100;
const mostWithSpans = 100;
const mostInfos = 1000;

const named = { trace_id: text };

/** Some traces with all their spans, in parts as they are fetched, whatever their size. */
async function* written(house: WireHouse, traces: readonly TraceInfo[]): AsyncGenerator<string> {
  for (const [index, trace] of traces.entries()) {
    yield `${index ? ',' : ''}{"trace_info":${JSON.stringify(wiredTrace(trace))},"spans":[`;
    let first = true;
    for await (const span of spansOf(house.sql, trace.id)) {
      yield first ? span : `,${span}`;
      first = false;
    }
    yield ']}';
  }
}

function inParts(before: string, parts: AsyncGenerator<string>, after: string): Response {
  async function* whole() {
    yield before;
    yield* parts;
    yield after;
  }
  return new Response(Readable.toWeb(Readable.from(whole(), { objectMode: false })) as ReadableStream, {
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

const setTag = (version: Rpc['version']) =>
  rpc('PATCH traces/:trace_id/tags', {
    version,
    action: 'run.execute',
    fields: z.object({ ...named, key: text, value: text.default('') }),
    work: async ({ house, project, fields }) => {
      if (fields.key === '') throw invalidValue("Missing value for required parameter 'key'.");
      checkedLength("tag's name", fields.key, limits.key);
      checkedLength(`value of the tag '${fields.key}'`, fields.value, limits.tagValue);
      await setTraceTag(house.sql, await traceNamed(house.sql, project.id, fields.trace_id), fields.key, fields.value);
      return {};
    },
  });

const deleteTag = (version: Rpc['version']) =>
  rpc('DELETE traces/:trace_id/tags', {
    version,
    action: 'run.execute',
    fields: z.object({ ...named, key: text }),
    work: async ({ house, project, fields }) => {
      const id = await traceNamed(house.sql, project.id, fields.trace_id);
      if (!(await deleteTraceTag(house.sql, id, fields.key)))
        throw notThere(`No trace tag with key '${fields.key}' for trace with ID '${fields.trace_id}'.`);
      return {};
    },
  });

/** A field that is not there is no zero: by time, all that began at 1970 or before would be something else than no limit. */
const deleteSome = (version: Rpc['version']) =>
  rpc('POST traces/delete-traces', {
    version,
    action: 'artifact.delete',
    audited: true,
    fields: z.object({
      experiment_id: text,
      max_timestamp_millis: integer.optional(),
      max_traces: integer.optional(),
      request_ids: z.array(text).default([]),
      trace_ids: z.array(text).default([]),
    }),
    work: async ({ house, project, fields, note }) => {
      const { max_timestamp_millis: throughMs, max_traces: most } = fields;
      const uuids = [...fields.request_ids, ...fields.trace_ids];
      if (throughMs === undefined && uuids.length === 0)
        throw invalidValue('Either `max_timestamp_millis` or `trace_ids` must be specified.');
      if (throughMs !== undefined && uuids.length > 0)
        throw invalidValue('Only one of `max_timestamp_millis` and `trace_ids` can be specified.');
      if (uuids.length > 0 && most !== undefined)
        throw invalidValue("`max_traces` can't be specified if `trace_ids` is specified.");
      if (most !== undefined && most <= 0)
        throw invalidValue(`\`max_traces\` must be a positive integer, received ${most}.`);
      checkedCount('trace ids', uuids.length, mostInfos);
      const { id } = await experimentNumbered(house.db, project.id, fields.experiment_id);
      const going = throughMs === undefined ? { uuids } : { throughMs, atMost: most ?? Number.MAX_SAFE_INTEGER };
      const gone = await deleteTraces(house.sql, id, going);
      note({ traces: gone });
      tellOfExperiment(house.sql, project.id, String(id));
      return { traces_deleted: gone };
    },
  });

export const traceRpcs: Rpc[] = [
  rpc('POST traces', {
    version: '3.0',
    action: 'run.execute',
    fields: z.object({ trace: z.object({ trace_info: TraceFields }) }),
    work: async ({ house, project, fields }) => {
      const info = fields.trace.trace_info;
      checkedCount('assessments', info.assessments.length, mostAssessments);
      const told = readTrace(info);
      const assessments = info.assessments.map(readAssessment);
      const number = experimentOf(info.trace_location);
      const experiment = await experimentNumbered(house.db, project.id, number);
      if (experiment.deletedAt)
        throw invalidValue(`The experiment ${number} is deleted. Restore it before you log to it.`);
      const id = await tellTrace(house.sql, project.id, experiment.id, told);
      await addAssessments(house.sql, { id, uuid: told.uuid }, assessments);
      tellOfExperiment(house.sql, project.id, String(experiment.id));
      const [trace] = await loadTraces(house.sql, [id]);
      if (!trace) throw noTrace(told.uuid);
      return { trace: { trace_info: wiredTrace(trace) } };
    },
  }),
  rpc('GET traces/get', {
    version: '3.0',
    action: 'data.read',
    fields: z.object({ ...named, allow_partial: flag.default(false) }),
    work: async ({ house, project, fields }) => {
      const [trace] = await loadTraces(house.sql, [await traceNamed(house.sql, project.id, fields.trace_id)]);
      if (!trace) throw noTrace(fields.trace_id);
      return inParts('{"trace":', written(house, [trace]), '}');
    },
  }),
  rpc('GET traces/batchGet', {
    version: '3.0',
    action: 'data.read',
    fields: z.object({ trace_ids: z.array(text).default([]) }),
    work: async ({ house, project, fields }) => {
      checkedCount('traces with their spans', fields.trace_ids.length, mostWithSpans);
      const traces = await loadTraces(house.sql, await tracesNamed(house.sql, project.id, fields.trace_ids));
      return inParts('{"traces":[', written(house, traces), ']}');
    },
  }),
  rpc('POST traces/batchGetInfos', {
    version: '3.0',
    action: 'data.read',
    fields: z.object({ trace_ids: z.array(text).default([]) }),
    work: async ({ house, project, fields }) => {
      checkedCount('traces', fields.trace_ids.length, mostInfos);
      const ids = await tracesNamed(house.sql, project.id, fields.trace_ids);
      return { trace_infos: (await loadTraces(house.sql, ids)).map(wiredTrace) };
    },
  }),
  rpc('POST traces/search', {
    version: '3.0',
    action: 'data.read',
    fields: z.object({
      locations: z.array(experimentPlace).default([]),
      filter: text.default(''),
      max_results: integer
        .pipe(z.number().min(1, 'it must be at least 1').max(500, 'it must be at most 500'))
        .default(100),
      order_by: z.array(text).default([]),
      page_token: text.optional(),
    }),
    work: async ({ house, project, fields }) => {
      const experiments: number[] = [];
      for (const number of new Set(fields.locations.map(experimentOf))) {
        // One that is not there has no traces; that is no mistake.
        const found = await experimentNumbered(house.db, project.id, number).catch(() => undefined);
        if (found) experiments.push(found.id);
      }
      const { ids, next } = await searchTraces(house.sql, {
        experiments,
        filter: fields.filter,
        orderBy: fields.order_by,
        limit: fields.max_results,
        after: fields.page_token || undefined,
      });
      return { traces: (await loadTraces(house.sql, ids)).map(wiredTrace), ...(next && { next_page_token: next }) };
    },
  }),
  rpc('GET traces/:trace_id', {
    version: '3.0',
    action: 'data.read',
    fields: z.object(named),
    work: async ({ house, project, fields }) => {
      const [trace] = await loadTraces(house.sql, [await traceNamed(house.sql, project.id, fields.trace_id)]);
      if (!trace) throw noTrace(fields.trace_id);
      return { trace: { trace_info: wiredTrace(trace) } };
    },
  }),
  setTag('2.0'),
  setTag('3.0'),
  deleteTag('2.0'),
  deleteTag('3.0'),
  deleteSome('2.0'),
  deleteSome('3.0'),
  rpc('POST traces/link-to-run', {
    action: 'run.execute',
    fields: z.object({ trace_ids: z.array(text).default([]), run_id: text }),
    work: async ({ house, project, fields }) => {
      if (fields.trace_ids.length > mostLinked)
        throw invalidValue(
          `Cannot link more than ${mostLinked} traces to a run in a single request. Provided ${fields.trace_ids.length} traces.`,
        );
      const run = await runNamed(house.sql, project.id, fields.run_id);
      await linkTraces(house.sql, await tracesNamed(house.sql, project.id, fields.trace_ids), run);
      return {};
    },
  }),
  rpc('POST traces/link-prompts', {
    action: 'run.execute',
    fields: z.object({
      ...named,
      prompt_versions: z.array(z.object({ name: text, version: text })).default([]),
    }),
    work: async ({ house, project, fields }) => {
      checkedCount('prompts', fields.prompt_versions.length, mostLinked);
      const id = await traceNamed(house.sql, project.id, fields.trace_id);
      const [trace] = await loadTraces(house.sql, [id]);
      const linked = new Map<string, { name: string; version: string }>();
      for (const { name, version } of [...linkedBefore(trace), ...fields.prompt_versions])
        linked.set(`${name}/${version}`, { name, version });
      const value = JSON.stringify([...linked.values()]);
      await setTraceTag(house.sql, id, linkedPrompts, checkedLength('list of prompts', value, limits.tagValue));
      return {};
    },
  }),
];

const linkedPrompts = 'mlflow.linkedPrompts';

function linkedBefore(trace: TraceInfo | undefined): { name: string; version: string }[] {
  try {
    const read = z
      .array(z.object({ name: z.string(), version: z.string() }))
      .safeParse(JSON.parse(trace?.tags[linkedPrompts] ?? '[]'));
    return read.success ? read.data : [];
  } catch {
    return []; // somebody set the tag to something else by hand
  }
}
