/** The routes about columns before anything runs. */
import { routes } from '@drawloom/shared/api/index.ts';
import { answersTo } from '../columns/planner.ts';
import { seenTables } from '../columns/seen.ts';
import { type Handler, handle } from './wire.ts';

export const columnHandlers: Handler[] = [
  handle(routes.listSeenTables, async ({ house, params }) => ({
    tables: (await seenTables(house.db, params.pipeline)) as never,
  })),

  handle(routes.planQueries, async ({ house, project, body }) => ({
    answers: (await answersTo(house.reader, project.id, body.questions)) as never,
  })),
];
