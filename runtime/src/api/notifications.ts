/** The routes about what leaves the house by itself: channels, rules, and how deliveries went. No route shows a channel's secret. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Channel, ChannelSettings, Delivery, NotificationRule } from '@drawloom/shared/api/notifications.ts';
import type { Problem } from '@drawloom/shared/problem.ts';
import { and, desc, eq, inArray, lt, sql } from 'drizzle-orm';
import { limits } from '../auth/limiter.ts';
import type { Tx } from '../db/connection.ts';
import { channels, deliveries, notificationRules, outbox } from '../db/tables/notifications.ts';
import { pipelines } from '../db/tables/pipelines.ts';
import { sealChannel } from '../outbox/channels.ts';
import { titleOf } from '../outbox/compose.ts';
import { type DeliverOptions, deliverNow } from '../outbox/deliver.ts';
import { drawSigningKey, isSigningKey } from '../outbox/sign.ts';
import type { House } from './house.ts';
import { placeIn } from './placeInList.ts';
import { invalid, notThere, Refusal } from './refusal.ts';
import { type Handler, handle } from './wire.ts';

export const messagesOf = ({ config, origin }: House): DeliverOptions => ({
  home: config.home,
  internalNetworks: config.internalNetworks,
  origin,
});

export const notificationHandlers: Handler[] = [
  handle(routes.listNotifications, async ({ house, project }) => {
    const rows = await house.db
      .select()
      .from(channels)
      .where(eq(channels.projectId, project.id))
      .orderBy(channels.name);
    const rules = await house.db
      .select()
      .from(notificationRules)
      .where(eq(notificationRules.projectId, project.id))
      .orderBy(notificationRules.createdAt);
    return { channels: await channelAnswers(house.db, rows), rules: await ruleAnswers(house.db, rules) };
  }),

  handle(routes.createChannel, async ({ house, project, body, subject, note }) => {
    const { name, settings } = body;
    const made = settings.kind === 'webhook' && body.secret === undefined ? drawSigningKey() : null;
    const secret = made ?? body.secret;
    refuseUnfit(settings, secret, true);
    const row = await house.db.transaction(async (tx) => {
      await refuseTaken(tx, project.id, name);
      const [added] = await tx
        .insert(channels)
        .values({ projectId: project.id, name, kind: settings.kind, settings, createdBy: subject.personId })
        .returning();
      return secret === undefined ? added! : setSecret(tx, house, added!, secret);
    });
    note({ channel: row.id, name, kind: settings.kind });
    return { channel: (await channelAnswers(house.db, [row]))[0]!, signingKey: made };
  }),

  handle(routes.changeChannel, async ({ house, project, params, body, note }) => {
    const { name, settings, secret, enabled } = body;
    const changed = await house.db.transaction(async (tx) => {
      const before = await channelRow(tx, project.id, params.channel);
      if (settings && settings.kind !== before.kind)
        throw invalid([problem('A channel keeps its kind. Add another one instead.', '/settings/kind')]);
      refuseUnfit(settings ?? before.settings, secret, before.envelope === null);
      if (name !== undefined && name !== before.name) await refuseTaken(tx, project.id, name);
      const [row] = await tx
        .update(channels)
        .set({
          ...(name !== undefined && { name }),
          ...(settings !== undefined && { settings }),
          ...(enabled !== undefined && { enabled }),
          changedAt: sql`now()`,
        })
        .where(eq(channels.id, before.id))
        .returning();
      return secret === undefined ? row! : setSecret(tx, house, row!, secret);
    });
    note({ name: changed.name, enabled: changed.enabled, secretSet: secret !== undefined });
    return (await channelAnswers(house.db, [changed]))[0]!;
  }),

  handle(routes.removeChannel, async ({ house, project, params, note }) => {
    const row = await channelRow(house.db, project.id, params.channel);
    await house.db.delete(channels).where(eq(channels.id, row.id));
    note({ name: row.name });
    return undefined;
  }),

  handle(routes.testChannel, async ({ house, project, params, limit }) => {
    await limit(limits.sendMessage, project.id);
    const channel = await channelRow(house.db, project.id, params.channel);
    const delivery = await house.db.transaction(async (tx) => {
      const [fact] = await tx
        .insert(outbox)
        .values({ projectId: project.id, kind: 'test', sortedAt: sql`now()` })
        .returning();
      const [row] = await tx
        .insert(deliveries)
        .values({ outboxId: fact!.id, projectId: project.id, channelId: channel.id })
        .returning();
      return row!.id;
    });
    await deliverNow(house.sql, delivery, messagesOf(house));
    // Somebody looks on and can press again: no later tries.
    await house.db
      .update(deliveries)
      .set({ state: 'given_up' })
      .where(and(eq(deliveries.id, delivery), eq(deliveries.state, 'waiting')));
    return deliveryNamed(house.db, project.id, delivery);
  }),

  handle(routes.createRule, async ({ house, project, body, subject, note }) => {
    const { kind } = await channelRow(house.db, project.id, body.channel);
    if (kind === 'openlineage')
      throw invalid([problem('A receiver of lineage hears of every run by itself, and takes no news.', '/channel')]);
    await refuseUnfitRule(house.db, project.id, body);
    const { channel, ...rest } = body;
    const [row] = await house.db
      .insert(notificationRules)
      .values({ ...rest, channelId: channel, projectId: project.id, createdBy: subject.personId })
      .returning();
    note({ rule: row!.id, channel, news: body.news });
    return (await ruleAnswers(house.db, [row!]))[0]!;
  }),

  handle(routes.changeRule, async ({ house, project, params, body, note }) => {
    const changed = await house.db.transaction(async (tx) => {
      const before = await ruleRow(tx, project.id, params.rule);
      const given = Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
      await refuseUnfitRule(tx, project.id, { ...before, ...given });
      const [row] = await tx
        .update(notificationRules)
        .set({ enabled: before.enabled, ...given })
        .where(eq(notificationRules.id, before.id))
        .returning();
      return row!;
    });
    note({ enabled: changed.enabled, news: changed.news });
    return (await ruleAnswers(house.db, [changed]))[0]!;
  }),

  handle(routes.removeRule, async ({ house, project, params }) => {
    const row = await ruleRow(house.db, project.id, params.rule);
    await house.db.delete(notificationRules).where(eq(notificationRules.id, row.id));
    return undefined;
  }),

  handle(routes.listDeliveries, async ({ house, project, query }) => {
    const after = query.after === undefined ? null : placeIn(query.after);
    const rows = await deliveryRows(house.db)
      .where(
        and(
          eq(deliveries.projectId, project.id),
          query.state === undefined ? undefined : eq(deliveries.state, query.state),
          after === null ? undefined : lt(deliveries.id, after),
        ),
      )
      .orderBy(desc(deliveries.id))
      .limit(query.limit + 1);
    const items = rows.slice(0, query.limit).map(deliveryAnswer);
    return { items, next: rows.length > query.limit ? String(items.at(-1)!.id) : null };
  }),

  handle(routes.sendAgain, async ({ house, project, params, limit }) => {
    const { state } = await deliveryNamed(house.db, project.id, params.delivery);
    if (state === 'delivered')
      throw new Refusal(409, 'delivered', 'It was delivered. Send a test message to try the channel.');
    await limit(limits.sendMessage, project.id);
    // One under way is left to its sender, whose time is not up.
    await house.db
      .update(deliveries)
      .set({ state: 'waiting', dueAt: sql`now()`, tries: 0 })
      .where(and(eq(deliveries.id, params.delivery), eq(deliveries.state, 'given_up')));
    await house.db
      .update(deliveries)
      .set({ dueAt: sql`now()` })
      .where(
        and(
          eq(deliveries.id, params.delivery),
          eq(deliveries.state, 'waiting'),
          sql`${deliveries.problem} is not null`,
        ),
      );
    await deliverNow(house.sql, params.delivery, messagesOf(house));
    return deliveryNamed(house.db, project.id, params.delivery);
  }),
];

const problem = (message: string, at: string): Problem => ({ code: 'invalid', message, at, severity: 'error' });

/** What would never arrive is refused while somebody looks. Where the address leads is judged at every send. */
function refuseUnfit(settings: ChannelSettings, secret: string | undefined, none: boolean): void {
  if (settings.kind === 'chat') {
    if (secret === undefined && none)
      throw invalid([problem('Give the address that the chat made for incoming messages.', '/secret')]);
    if (secret !== undefined && !(URL.canParse(secret) && /^https?:$/.test(new URL(secret).protocol)))
      throw invalid([problem('The address of a chat begins with https://.', '/secret')]);
  }
  if (settings.kind === 'webhook' || settings.kind === 'openlineage') {
    const { username, password } = new URL(settings.url);
    const instead = settings.kind === 'webhook' ? 'messages are signed instead' : 'give the token apart from it';
    if (username || password)
      throw invalid([problem(`Leave name and password out of the address; ${instead}.`, '/settings/url')]);
  }
  if (settings.kind === 'openlineage' && secret !== undefined && !/^[\x21-\x7e]+$/.test(secret))
    throw invalid([problem('A token has no spaces and no letters beyond ASCII.', '/secret')]);
  if (settings.kind === 'webhook') {
    if (secret !== undefined && !isSigningKey(secret))
      throw invalid([
        problem('A signing key is whsec_ and at least 24 bytes in Base64. Leave it out, and one is made.', '/secret'),
      ]);
  }
  if (settings.kind === 'email' && settings.user !== null && secret === undefined && none)
    throw invalid([problem(`Give the password of ${settings.user}, or leave the user out.`, '/secret')]);
}

async function refuseUnfitRule(
  db: Tx,
  projectId: string,
  {
    news,
    lateAfterMs,
    pipelines: named,
  }: Pick<typeof notificationRules.$inferSelect, 'news' | 'lateAfterMs' | 'pipelines'>,
): Promise<void> {
  if (news.includes('late') && lateAfterMs === null)
    throw invalid([problem('Say after how many minutes a run is late.', '/lateAfterMs')]);
  if (!named) return;
  const there = await db
    .select({ id: pipelines.id })
    .from(pipelines)
    .where(and(eq(pipelines.projectId, projectId), inArray(pipelines.id, named)));
  if (there.length < new Set(named).size)
    throw invalid([problem('One of the pipelines is not in this project.', '/pipelines')]);
}

async function refuseTaken(tx: Tx, projectId: string, name: string): Promise<void> {
  const [taken] = await tx
    .select({ id: channels.id })
    .from(channels)
    .where(and(eq(channels.projectId, projectId), eq(channels.name, name)));
  if (taken)
    throw new Refusal(409, 'name_taken', `There is a channel ${name} already. Choose another name.`, { at: '/name' });
}

type ChannelRow = typeof channels.$inferSelect;

async function setSecret(tx: Tx, { config }: House, channel: ChannelRow, secret: string): Promise<ChannelRow> {
  const version = channel.version + 1;
  const envelope = await sealChannel(config.home, { ...channel, version }, secret);
  const [row] = await tx.update(channels).set({ version, envelope }).where(eq(channels.id, channel.id)).returning();
  return row!;
}

async function channelRow(db: Tx, projectId: string, id: string): Promise<ChannelRow> {
  const [row] = await db
    .select()
    .from(channels)
    .where(and(eq(channels.id, id), eq(channels.projectId, projectId)))
    .for('update');
  if (!row) throw notThere();
  return row;
}

async function ruleRow(db: Tx, projectId: string, id: string) {
  const [row] = await db
    .select()
    .from(notificationRules)
    .where(and(eq(notificationRules.id, id), eq(notificationRules.projectId, projectId)))
    .for('update');
  if (!row) throw notThere();
  return row;
}

async function channelAnswers(db: Tx, rows: readonly ChannelRow[]): Promise<Channel[]> {
  if (rows.length === 0) return [];
  const last = await db
    .selectDistinctOn([deliveries.channelId], {
      channel: deliveries.channelId,
      state: deliveries.state,
      at: deliveries.triedAt,
    })
    .from(deliveries)
    .where(
      inArray(
        deliveries.channelId,
        rows.map(({ id }) => id),
      ),
    )
    .orderBy(deliveries.channelId, desc(deliveries.id));
  const lasts = new Map(last.map((one) => [one.channel, one]));
  return rows.map(({ id, name, settings, envelope, enabled }) => {
    const one = lasts.get(id);
    const lastDelivery = one ? { state: one.state, at: one.at?.toISOString() ?? null } : null;
    return { id, name, settings, hasSecret: envelope !== null, enabled, lastDelivery };
  });
}

async function ruleAnswers(
  db: Tx,
  rows: readonly (typeof notificationRules.$inferSelect)[],
): Promise<NotificationRule[]> {
  const ids = [...new Set(rows.flatMap((row) => row.pipelines ?? []))];
  const named =
    ids.length === 0
      ? []
      : await db.select({ id: pipelines.id, name: pipelines.name }).from(pipelines).where(inArray(pipelines.id, ids));
  const names = new Map(named.map(({ id, name }) => [id, name]));
  return rows.map((row) => ({
    id: row.id,
    channel: row.channelId,
    pipelines: row.pipelines?.map((id) => ({ id, name: names.get(id) ?? '' })) ?? null,
    news: row.news,
    lateAfterMs: row.lateAfterMs,
    enabled: row.enabled,
  }));
}

const deliveryRows = (db: Tx) =>
  db
    .select({ delivery: deliveries, fact: outbox, channel: channels.name, pipeline: pipelines.name })
    .from(deliveries)
    .innerJoin(outbox, eq(outbox.id, deliveries.outboxId))
    .innerJoin(channels, eq(channels.id, deliveries.channelId))
    .leftJoin(pipelines, eq(pipelines.id, outbox.pipelineId))
    .$dynamic();

async function deliveryNamed(db: Tx, projectId: string, id: number): Promise<Delivery> {
  const [row] = await deliveryRows(db).where(and(eq(deliveries.id, id), eq(deliveries.projectId, projectId)));
  if (!row) throw notThere();
  return deliveryAnswer(row);
}

const deliveryAnswer = ({
  delivery,
  fact,
  channel,
  pipeline,
}: Awaited<ReturnType<typeof deliveryRows>>[number]): Delivery => ({
  id: delivery.id,
  channel: { id: delivery.channelId, name: channel },
  news: fact.kind,
  title: titleOf({ kind: fact.kind, pipeline }),
  run: fact.runId,
  state: delivery.state,
  tries: delivery.tries,
  status: delivery.status,
  answer: delivery.answer,
  problem: delivery.problem,
  createdAt: fact.createdAt.toISOString(),
  triedAt: delivery.triedAt?.toISOString() ?? null,
  nextTryAt: delivery.state === 'waiting' ? delivery.dueAt.toISOString() : null,
});
