/** The route that tells where an artifact comes from, and what came of it. */
import { routes } from '@drawloom/shared/api/index.ts';
import { lineageOf } from '../record/read/lineage.ts';
import { notThere } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const lineageHandlers: Handler[] = [
  handle(routes.getLineage, async ({ house, project, params, query }) => {
    const lineage = await lineageOf(house.db, { projectId: project.id, sha256: params.sha256, ...query });
    if (!lineage) throw notThere();
    return lineage;
  }),
];
