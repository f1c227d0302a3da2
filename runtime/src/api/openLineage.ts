/** The routes that other programs tell their lineage to, under the addresses and in the form that OpenLineage's clients know. */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Json, JsonLimits } from '@drawloom/shared/json.ts';
import { readEvent } from '../lineage/readEvent.ts';
import { receiveEvent } from '../lineage/receive.ts';
import { jsonOf, readBytes } from './body.ts';
import { invalid, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

const ofEvent: JsonLimits = { maxLength: 2 ** 20, maxDepth: 64, maxValues: 50_000 };
const ofBatch: JsonLimits = { maxLength: 8 * 2 ** 20, maxDepth: 65, maxValues: 400_000 };
const mostEvents = 1000;

export const openLineageHandlers: Handler[] = [
  handle(routes.receiveLineage, async ({ house, project, request, setStatus }) => {
    const event = await bodyOf(request, ofEvent, house.silenceMs);
    const told = readEvent(event);
    if ('problems' in told) throw invalid(told.problems);
    const isNew = await receiveEvent(house.sql, project.id, event, told);
    if (!isNew) setStatus(200);
    return { again: !isNew };
  }),

  handle(routes.receiveLineageBatch, async ({ house, project, request }) => {
    const events = await bodyOf(request, ofBatch, house.silenceMs);
    if (!Array.isArray(events))
      throw new Refusal(422, 'invalid', 'A batch is an array of events. Send one event to /api/v1/lineage.');
    if (events.length > mostEvents)
      throw new Refusal(
        422,
        'invalid',
        `The batch has ${events.length} events; at most ${mostEvents} are taken. Send several.`,
      );
    const failed: { index: number; reason: string; retriable: boolean }[] = [];
    for (const [index, event] of events.entries()) {
      const told = Buffer.byteLength(JSON.stringify(event)) > ofEvent.maxLength ? tooLarge : readEvent(event);
      if ('problems' in told) failed.push({ index, reason: told.problems[0]!.message, retriable: false });
      else await receiveEvent(house.sql, project.id, event, told);
    }
    return {
      status: failed.length === 0 ? ('success' as const) : ('partial_success' as const),
      summary: {
        received: events.length,
        successful: events.length - failed.length,
        failed: failed.length,
        retriable: 0,
        non_retriable: failed.length,
      },
      failed_events: failed,
    };
  }),
];

const tooLarge = { problems: [{ message: 'The event is larger than 1 MiB. Send less of its facets.' }] };

async function bodyOf(request: Request, limits: JsonLimits, silenceMs: number): Promise<Json> {
  if (!/^application\/json\s*(;\s*charset="?utf-8"?)?$/i.test(request.headers.get('content-type') ?? ''))
    throw new Refusal(415, 'wrong_type', 'Send the body as application/json.');
  const sent = await readBytes(request, limits.maxLength, { silenceMs });
  const encoding = (request.headers.get('content-encoding') ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity') return jsonOf(sent, limits);
  if (encoding !== 'gzip')
    throw new Refusal(
      415,
      'wrong_encoding',
      `The body is encoded as ${encoding.slice(0, 40)}. Send it plain, or as gzip.`,
    );
  return jsonOf(await unpacked(sent, limits.maxLength), limits);
}

/** Never more than may be sent plain, however small it was packed. */
async function unpacked(sent: Buffer, maxOutputLength: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(sent, { maxOutputLength });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new Refusal(
        413,
        'too_big',
        `The body has more than ${maxOutputLength / 2 ** 20} MiB when it is unpacked. Send less.`,
      );
    throw new Refusal(
      400,
      'bad_encoding',
      'The body is said to be gzip, and is none. Pack it again, or send it plain.',
    );
  }
}
