/** The routes that tell where something comes from and what came of it, and what a run did in the words of OpenLineage. */
import { Readable } from 'node:stream';
import { routes } from '@drawloom/shared/api/index.ts';
import { walkLineage } from '../lineage/graph/walk.ts';
import { heardOf } from '../lineage/heard.ts';
import { tellRun } from '../lineage/tell.ts';
import { notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const lineageHandlers: Handler[] = [
  handle(routes.getLineage, async ({ house, project, query }) => {
    const lineage = await walkLineage(house.sql, { project, ...query });
    if (!lineage) throw notThere();
    return lineage;
  }),

  handle(routes.getToldLineage, async ({ house, project, query }) => {
    const told = await heardOf(house.sql, project.id, query.of);
    if (!told) throw notThere();
    return told;
  }),

  handle(routes.exportLineage, ({ house, params }) => {
    const events = tellRun(house.sql, params.run, { origin: house.origin() });
    return new Response(Readable.toWeb(Readable.from(linesOf(events))) as ReadableStream, {
      headers: {
        'content-type': 'application/x-ndjson; charset=utf-8',
        'content-disposition': `attachment; filename="run-${params.run}.openlineage.ndjson"`,
        'cache-control': 'no-store',
      },
    });
  }),
];

async function* linesOf(events: AsyncIterable<object>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  for await (const event of events) yield encoder.encode(`${JSON.stringify(event)}\n`);
}
