/** The route that shows what was done in a project. */
import { routes } from '@drawloom/shared/api/index.ts';
import { and, desc, eq, lt } from 'drizzle-orm';
import { auditEntries } from '../db/tables/people.ts';
import { placeIn } from './placeInList.ts';
import { type Handler, handle } from './wire.ts';

export const auditHandlers: Handler[] = [
  handle(routes.listAudit, async ({ house, project, query }) => {
    const before = query.after === undefined ? undefined : placeIn(query.after);
    const rows = await house.db
      .select()
      .from(auditEntries)
      .where(
        and(eq(auditEntries.projectId, project.id), before === undefined ? undefined : lt(auditEntries.id, before)),
      )
      .orderBy(desc(auditEntries.id))
      .limit(query.limit + 1);
    const items = rows.slice(0, query.limit).map(({ id, at, actorName, action, object, outcome, details, via }) => ({
      id,
      at: at.toISOString(),
      actor: actorName,
      action,
      object,
      outcome,
      details: { ...details, via },
    }));
    return { items, next: rows.length > query.limit ? String(items.at(-1)!.id) : null };
  }),
];
