/**
 * Puts the address on the wire to which programs send spans as OpenTelemetry has it, in either of its forms, packed or not. A request is
 * taken as a whole or not at all; the experiment stands in a header, and so may a run that its traces belong to.
 */
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import type { Hono } from 'hono';
import { readBytes } from '../../api/body.ts';
import type { House } from '../../api/house.ts';
import { experimentNumbered } from '../experiments.ts';
import { runNamed } from '../runs.ts';
import { tellOfExperiment } from '../told.ts';
import { jsonSpans } from '../traces/otlpJson.ts';
import { mostValues, NotProtobuf, protobufSpans } from '../traces/protobuf.ts';
import { keepSpans, linkTraces } from '../traces/records.ts';
import type { ReadSpan } from '../traces/span.ts';
import { spannedTraces } from '../traces/spanned.ts';
import { admit } from './gate.ts';
import { lenientJson } from './lenientJson.ts';
import { invalidValue, WireMistake } from './mistake.ts';

/** Packed or not. */
const longestBody = 16 * 2 ** 20;
const unpackers = { gzip: promisify(gunzip), deflate: promisify(inflate) };
const jsonLimits = { maxLength: longestBody, maxDepth: 150, maxValues: 3 * mostValues };

async function unpacked(body: Buffer, encoding: string | null): Promise<Buffer> {
  const name = (encoding ?? 'identity').trim().toLowerCase();
  if (name === '' || name === 'identity') return body;
  if (!Object.hasOwn(unpackers, name))
    throw invalidValue(`Content-Encoding '${name.slice(0, 40)}' is not known here. Send gzip, deflate or none.`);
  try {
    return await unpackers[name as keyof typeof unpackers](body, { maxOutputLength: longestBody });
  } catch {
    throw new WireMistake(
      'BAD_REQUEST',
      `The body is not whole as ${name}, or has more than ${longestBody / 2 ** 20} MiB unpacked.`,
    );
  }
}

function spansIn(body: Buffer, isJson: boolean): Iterable<ReadSpan> {
  if (!isJson) return protobufSpans(body);
  return jsonSpans(lenientJson(body.toString('utf8'), jsonLimits));
}

export function otlpRoutes(app: Hono, house: House): void {
  const doorway = { name: 'otlp/traces', action: 'run.execute', audited: false } as const;
  app.post('/v1/traces', (context) =>
    admit(house, context, doorway, async ({ project }) => {
      const request = context.req.raw;
      const type = (request.headers.get('content-type') ?? '').split(';')[0]!.trim().toLowerCase();
      const isJson = type === 'application/json';
      if (!isJson && type !== 'application/x-protobuf')
        throw new WireMistake(
          'BAD_REQUEST',
          `Invalid Content-Type: '${type.slice(0, 60)}'. Expected: application/x-protobuf or application/json.`,
        );
      const number = request.headers.get('x-mlflow-experiment-id');
      if (!number)
        throw invalidValue(
          "Missing value for required parameter 'x-mlflow-experiment-id', a header with the experiment's id.",
        );
      const experiment = await experimentNumbered(house.db, project.id, number);
      if (experiment.deletedAt)
        throw invalidValue(`The experiment ${number} is deleted. Restore it before you log to it.`);
      const run = request.headers.get('x-mlflow-run-id');
      const tracked = run ? await runNamed(house.sql, project.id, run) : null;
      const sent = await readBytes(request, longestBody, { silenceMs: house.silenceMs });
      const body = await unpacked(sent, request.headers.get('content-encoding'));
      let traces: ReturnType<typeof spannedTraces>;
      try {
        traces = spannedTraces(spansIn(body, isJson));
      } catch (error) {
        if (error instanceof NotProtobuf)
          throw new WireMistake('BAD_REQUEST', `Invalid OpenTelemetry format: ${error.message}.`);
        throw error;
      }
      if (traces.length === 0) throw new WireMistake('BAD_REQUEST', 'Invalid OpenTelemetry format - no spans found.');
      const ids = await keepSpans(house.sql, project.id, experiment.id, traces);
      if (tracked !== null) await linkTraces(house.sql, ids, tracked);
      tellOfExperiment(house.sql, project.id, String(experiment.id));
      const headers = { 'content-type': isJson ? 'application/json' : 'application/x-protobuf' };
      return new Response(isJson ? '{}' : new Uint8Array(), { headers });
    }),
  );
}
