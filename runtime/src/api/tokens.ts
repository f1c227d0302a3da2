/** The routes about API tokens, each person's own. */
import type { Action } from '@drawloom/shared/api/access.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Token } from '@drawloom/shared/api/people.ts';
import { and, desc, eq, isNull } from 'drizzle-orm';
import { actionsIn } from '../auth/authorize.ts';
import { limits } from '../auth/limiter.ts';
import type { Subject } from '../auth/subject.ts';
import { mintToken, revokeToken, type TokenRow } from '../auth/tokens.ts';
import { isUuid } from '../db/errors.ts';
import { apiTokens } from '../db/tables/people.ts';
import { projects } from '../db/tables/projects.ts';
import { notThere, Refusal } from './refusal.ts';
import { type Handler, handle, projectNamed } from './wire.ts';

export const tokenHandlers: Handler[] = [
  handle(routes.listTokens, async ({ house, subject }) => {
    const rows = await house.db
      .select({ token: apiTokens, project: projects.slug })
      .from(apiTokens)
      .innerJoin(projects, eq(projects.id, apiTokens.projectId))
      .where(and(eq(apiTokens.personId, subject.personId), isNull(apiTokens.revokedAt)))
      .orderBy(desc(apiTokens.createdAt));
    return { tokens: rows.map(({ token, project }) => tokenAnswer(token, project)) };
  }),

  handle(routes.createToken, async (call) => {
    const { house, subject, body } = call;
    refuseTokens(subject);
    await call.limit(limits.mintToken, subject.personId);
    const [project] = await house.db.select().from(projects).where(projectNamed(body.project));
    const own = project ? actionsIn(subject, project.id) : new Set<Action>();
    if (!project || !own.has('project.view')) throw notThere();
    const wanted = body.actions ?? [...own].filter((action) => action !== 'instance.admin');
    const beyond = wanted.filter((action) => !own.has(action) || action === 'instance.admin');
    if (beyond.length > 0)
      throw new Refusal(422, 'beyond_own_rights', `You may not do this yourself: ${beyond.join(', ')}.`, {
        at: '/actions',
      });
    const { row, text } = await mintToken(house.db, {
      personId: subject.personId,
      name: body.name,
      projectId: project.id,
      actions: wanted,
      days: body.days,
    });
    call.note({ token: row.id, project: project.slug, actions: wanted });
    return { token: tokenAnswer(row, project.slug), text };
  }),

  handle(routes.revokeToken, async ({ house, subject, params, note }) => {
    refuseTokens(subject);
    if (!isUuid(params.token)) throw notThere();
    if (!(await revokeToken(house.db, subject.personId, params.token))) throw notThere();
    note({ token: params.token });
    return undefined;
  }),
];

/** A token that leaked must not be able to live on in tokens that it made, nor to take its person's others away. */
function refuseTokens(subject: Subject): void {
  if (subject.bounds) throw new Refusal(403, 'not_allowed', 'A token cannot make or revoke tokens. Sign in to do so.');
}

const tokenAnswer = (row: TokenRow, project: string): Token => ({
  id: row.id,
  name: row.name,
  hint: row.hint,
  project,
  actions: row.actions,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt.toISOString(),
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
});
