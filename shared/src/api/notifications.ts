/** Routes about what leaves the house by itself: channels, which news they are given, and how their deliveries went. */
import * as z from 'zod';
import { PageQuery, ProjectPath, page, route } from './contract.ts';

export const NewsKind = z.enum([
  'failed', // a run failed, and the pipeline's run before had not
  'recovered', // a run succeeded after one that failed
  'late', // a run of a schedule is not over in the time that the rule gives
  'missing', // a schedule's time passed and no run came of it
  'approval', // a run waits for somebody to approve
  'stopped', // a trigger stopped: whom it acts for may not have it any more
]);
export type NewsKind = z.infer<typeof NewsKind>;

export const ChannelKind = z.enum(['chat', 'webhook', 'email', 'openlineage']);
export type ChannelKind = z.infer<typeof ChannelKind>;

const WebAddress = z.url({ protocol: /^https?$/, error: 'Give an address that begins with https://.' }).max(2000);
const Mailbox = z.email({ error: 'Give a mail address such as team@example.org.' }).max(320);
const HostName = z
  .string()
  .regex(/^[a-zA-Z0-9.:_-]{1,253}$/, 'Give the name of a mail server such as smtp.example.org.');

/** What of a channel may be seen. Its secret parts go in with `secret` and are never shown. */
export const ChannelSettings = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('chat') }),
  z.strictObject({ kind: z.literal('webhook'), url: WebAddress }),
  z.strictObject({
    kind: z.literal('email'),
    host: HostName,
    port: z.int().min(1).max(65_535).default(587),
    encryption: z.enum(['starttls', 'tls', 'none']).default('starttls').meta({
      description: 'none sends in the clear, and is refused to servers outside of the operator’s own network.',
    }),
    user: z.string().max(320).nullable().default(null),
    from: Mailbox,
    to: z.array(Mailbox).min(1).max(50),
  }),
  z.strictObject({
    kind: z.literal('openlineage'),
    url: WebAddress.meta({ description: 'Of the receiver; without a path, /api/v1/lineage is meant.' }),
    namespace: z.string().trim().min(1).max(200).nullable().default(null).meta({
      description: 'What jobs and data sets stand under there; `drawloom/` and the project’s short name when null.',
    }),
  }),
]);
export type ChannelSettings = z.infer<typeof ChannelSettings>;

export const Channel = z
  .object({
    id: z.uuid(),
    name: z.string(),
    settings: ChannelSettings,
    hasSecret: z.boolean(),
    enabled: z.boolean(),
    lastDelivery: z
      .object({ state: z.enum(['waiting', 'delivered', 'given_up']), at: z.iso.datetime().nullable() })
      .nullable(),
  })
  .meta({ id: 'Channel' });
export type Channel = z.infer<typeof Channel>;

export const NotificationRule = z
  .object({
    id: z.uuid(),
    channel: z.uuid(),
    pipelines: z.array(z.object({ id: z.uuid(), name: z.string() })).nullable(),
    news: z.array(NewsKind),
    lateAfterMs: z.int().nullable(),
    enabled: z.boolean(),
  })
  .meta({ id: 'NotificationRule' });
export type NotificationRule = z.infer<typeof NotificationRule>;

export const Delivery = z
  .object({
    id: z.int(),
    channel: z.object({ id: z.uuid(), name: z.string() }),
    news: z.enum([...NewsKind.options, 'test', 'lineage']),
    title: z.string(),
    run: z.int().nullable(),
    state: z.enum(['waiting', 'delivered', 'given_up']),
    tries: z.int(),
    status: z.int().nullable(),
    answer: z.string().nullable().meta({ description: 'The first kilobyte of what the receiver said last.' }),
    problem: z.string().nullable(),
    createdAt: z.iso.datetime(),
    triedAt: z.iso.datetime().nullable(),
    nextTryAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Delivery' });
export type Delivery = z.infer<typeof Delivery>;

const Name = z.string().trim().min(1).max(100);
const Secret = z.string().min(1).max(4096).meta({
  description:
    'chat: the address that the chat gave for incoming messages. webhook: the signing key, `whsec_…`; without it one is made. email: the password. openlineage: the token that the receiver asks for, if it does.',
});
const LateAfterMs = z.int().min(60_000).max(86_400_000);
const Rule = {
  pipelines: z.array(z.uuid()).min(1).max(500).nullable(),
  news: z.array(NewsKind).min(1),
  lateAfterMs: LateAfterMs.nullable(),
};
const ChannelPath = ProjectPath.extend({ channel: z.uuid() });
const RulePath = ProjectPath.extend({ rule: z.uuid() });
const DeliveryPath = ProjectPath.extend({ delivery: z.coerce.number().int().positive() });
const manages = { action: 'schedule.manage', scope: 'project' } as const;

export const listNotifications = route('get /projects/{project}/notifications', {
  summary: 'Channels of a project, and which news they are given',
  ...manages,
  params: ProjectPath,
  answer: z.object({ channels: z.array(Channel), rules: z.array(NotificationRule) }),
});
export const createChannel = route('post /projects/{project}/channels', {
  summary: 'Add a channel; a signing key that was made for it is answered this once',
  ...manages,
  params: ProjectPath,
  body: z.strictObject({ name: Name, settings: ChannelSettings, secret: Secret.optional() }),
  status: 201,
  answer: z.object({ channel: Channel, signingKey: z.string().nullable() }),
});
export const changeChannel = route('patch /projects/{project}/channels/{channel}', {
  summary: 'Change a channel, switch it on or off, or give it another secret',
  ...manages,
  params: ChannelPath,
  body: z.strictObject({
    name: Name.optional(),
    settings: ChannelSettings.optional(),
    secret: Secret.optional(),
    enabled: z.boolean().optional(),
  }),
  answer: Channel,
});
export const removeChannel = route('delete /projects/{project}/channels/{channel}', {
  summary: 'Remove a channel with its rules and deliveries',
  ...manages,
  params: ChannelPath,
  answer: 'nothing',
});
export const testChannel = route('post /projects/{project}/channels/{channel}/test', {
  summary: 'Send a test message now; answers how it went',
  ...manages,
  params: ChannelPath,
  answer: Delivery,
});
export const createRule = route('post /projects/{project}/notification-rules', {
  summary: 'Give a channel news of some pipelines, or of all',
  ...manages,
  params: ProjectPath,
  body: z.strictObject({
    channel: z.uuid(),
    pipelines: Rule.pipelines.default(null),
    news: Rule.news,
    lateAfterMs: Rule.lateAfterMs.default(null),
  }),
  status: 201,
  answer: NotificationRule,
});
export const changeRule = route('patch /projects/{project}/notification-rules/{rule}', {
  summary: 'Change a rule, or switch it on or off',
  ...manages,
  params: RulePath,
  body: z.strictObject({
    pipelines: Rule.pipelines.optional(),
    news: Rule.news.optional(),
    lateAfterMs: Rule.lateAfterMs.optional(),
    enabled: z.boolean().optional(),
  }),
  answer: NotificationRule,
});
export const removeRule = route('delete /projects/{project}/notification-rules/{rule}', {
  summary: 'Remove a rule',
  ...manages,
  params: RulePath,
  answer: 'nothing',
});
export const listDeliveries = route('get /projects/{project}/deliveries', {
  summary: 'What was sent or is to be sent, newest first',
  ...manages,
  params: ProjectPath,
  query: PageQuery.extend({ state: z.enum(['waiting', 'delivered', 'given_up']).optional() }),
  answer: page(Delivery),
});
export const sendAgain = route('post /projects/{project}/deliveries/{delivery}/send', {
  summary: 'Send one again that was given up, or that waits for its next try',
  ...manages,
  params: DeliveryPath,
  answer: Delivery,
});
