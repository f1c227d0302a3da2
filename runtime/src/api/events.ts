/** The route that tells what happens, as it happens. */
import { routes } from '@drawloom/shared/api/index.ts';
import { Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const eventHandlers: Handler[] = [
  handle(routes.streamEvents, ({ house, project, query, request }) => {
    // The header is newer: a browser that reconnects sends it along with the address it first asked for.
    const since = request.headers.get('last-event-id') || query.after || null;
    const stream = house.events.open({ projectId: project.id, run: query.run }, since, request.signal);
    if (!stream)
      throw new Refusal(
        503,
        'too_many_viewers',
        'Too many pages watch already. Close some, or try again in a minute.',
        {
          headers: { 'retry-after': '60' },
        },
      );
    return stream;
  }),
];
