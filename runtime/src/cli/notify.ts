/** `drawloom notify`: who is told of failures, recoveries and late runs, and how it went. */
import { routes } from '@drawloom/shared/api/index.ts';
import { ChannelSettings, type Delivery, NewsKind } from '@drawloom/shared/api/notifications.ts';
import { type Connection, call } from './client.ts';
import {
  type Command,
  parse,
  secretIn,
  serverHelp,
  serverOptions,
  UsageProblem,
  wholeNumber,
  words,
} from './command.ts';
import { pipelineNamed, projectFor, withServer } from './server.ts';
import { table } from './table.ts';

export const notify: Command = {
  name: 'notify',
  summary: 'Channels for news of runs: add, test, and see what was sent',
  help: `drawloom notify list
drawloom notify add NAME --chat --secret-file FILE
drawloom notify add NAME --webhook URL [--secret-file FILE]
drawloom notify add NAME --mail HOST --from ADDRESS --to ADDRESS… [--port N] [--user NAME --secret-file FILE]
drawloom notify add NAME --openlineage URL [--namespace NAME] [--secret-file FILE]
drawloom notify rule CHANNEL --news failed,recovered,late,missing [--pipeline NAME]… [--late-after MINUTES]
drawloom notify test CHANNEL
drawloom notify remove CHANNEL
drawloom notify deliveries [--given-up]
drawloom notify send ID

      --secret-file F  A file that holds the address of the chat, the signing key or the password; - reads standard input.
                       A webhook without one gets a signing key, printed once on standard output. For OpenLineage: a token.
      --openlineage U  Tells the receiver at U of every run; it takes no rule.
      --namespace NAME What jobs and data sets stand under there; drawloom/PROJECT when left out.
      --late-after N   A run of a schedule is late when it is not over after so many minutes.
${serverHelp}

test and send end with 1 when the message did not arrive.`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...serverOptions,
      chat: { type: 'boolean' },
      webhook: { type: 'string' },
      mail: { type: 'string' },
      openlineage: { type: 'string' },
      namespace: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string', multiple: true },
      port: { type: 'string' },
      user: { type: 'string' },
      'secret-file': { type: 'string' },
      news: { type: 'string' },
      pipeline: { type: 'string', multiple: true },
      'late-after': { type: 'string' },
      'given-up': { type: 'boolean' },
    });
    const [verb, ...rest] = positionals;
    const inProject = (work: (connection: Connection, project: string) => Promise<number>) =>
      withServer(async (connection) => work(connection, (await projectFor(connection, values.project)).id));

    if (verb === 'list') {
      words(rest);
      return inProject(async (connection, project) => {
        const { channels, rules } = await call(connection, routes.listNotifications, { params: { project } });
        const rows = channels.map((channel) => [
          channel.name,
          channel.settings.kind,
          channel.enabled ? 'on' : 'off',
          rules
            .filter((rule) => rule.channel === channel.id)
            .map(
              ({ news, pipelines }) => `${news.join(',')} of ${pipelines?.map(({ name }) => name).join(', ') ?? 'all'}`,
            )
            .join('; '),
          channel.lastDelivery?.state.replace('_', ' ') ?? 'nothing sent',
        ]);
        process.stdout.write(`${table(['name', 'kind', 'state', 'news', 'last'], rows)}\n`);
        return 0;
      });
    }
    if (verb === 'add') {
      const [name] = words(rest, 'NAME');
      const settings = settingsFrom(values);
      const secret = values['secret-file'] === undefined ? undefined : secretIn(values['secret-file']);
      return inProject(async (connection, project) => {
        const made = await call(connection, routes.createChannel, {
          params: { project },
          body: { name, settings, ...(secret !== undefined && { secret }) },
        });
        process.stderr.write(
          settings.kind === 'openlineage'
            ? 'Added. It is told of every run from now on.\n'
            : `Added. Say what it is told: drawloom notify rule "${name}" --news failed,recovered\n`,
        );
        if (made.signingKey) process.stdout.write(`${made.signingKey}\n`);
        return 0;
      });
    }
    if (verb === 'rule') {
      const [name] = words(rest, 'CHANNEL');
      const news = NewsKind.array()
        .min(1)
        .safeParse((values.news ?? '').split(',').map((one) => one.trim()));
      if (!news.success) throw new UsageProblem(`--news takes one or more of ${NewsKind.options.join(',')}.`);
      const minutes = values['late-after'] === undefined ? null : wholeNumber(values['late-after'], '--late-after');
      return withServer(async (connection) => {
        const project = await projectFor(connection, values.project);
        const pipelines: string[] = [];
        for (const named of values.pipeline ?? []) {
          const found = await pipelineNamed(connection, project, named);
          if (!found) throw new UsageProblem(`There is no pipeline ${named} in ${project.id}.`);
          pipelines.push(found.id);
        }
        await call(connection, routes.createRule, {
          params: { project: project.id },
          body: {
            channel: await channelNamed(connection, project.id, name),
            news: news.data,
            pipelines: pipelines.length > 0 ? pipelines : null,
            lateAfterMs: minutes === null ? null : minutes * 60_000,
          },
        });
        return 0;
      });
    }
    if (verb === 'test' || verb === 'remove') {
      const [name] = words(rest, 'CHANNEL');
      return inProject(async (connection, project) => {
        const params = { project, channel: await channelNamed(connection, project, name) };
        if (verb === 'test') return tell(await call(connection, routes.testChannel, { params }));
        await call(connection, routes.removeChannel, { params });
        return 0;
      });
    }
    if (verb === 'deliveries') {
      words(rest);
      return inProject(async (connection, project) => {
        const { items } = await call(connection, routes.listDeliveries, {
          params: { project },
          query: values['given-up'] ? { state: 'given_up' } : {},
        });
        const rows = items.map((one) => [
          String(one.id),
          one.createdAt.slice(0, 19).replace('T', ' '),
          one.title,
          one.channel.name,
          one.state.replace('_', ' '),
          String(one.tries),
          one.problem ?? one.answer ?? '',
        ]);
        process.stdout.write(`${table(['id', 'at', 'news', 'channel', 'state', 'tries', 'answer'], rows)}\n`);
        return 0;
      });
    }
    if (verb === 'send') {
      const [id] = words(rest, 'ID');
      const delivery = wholeNumber(id, 'ID');
      return inProject(async (connection, project) =>
        tell(await call(connection, routes.sendAgain, { params: { project, delivery } })),
      );
    }
    throw new UsageProblem('Say list, add, rule, test, remove, deliveries or send. See --help.');
  },
};

function settingsFrom(values: {
  chat?: boolean | undefined;
  webhook?: string | undefined;
  mail?: string | undefined;
  openlineage?: string | undefined;
  namespace?: string | undefined;
  from?: string | undefined;
  to?: string[] | undefined;
  port?: string | undefined;
  user?: string | undefined;
}): ChannelSettings {
  const { chat, webhook, mail, openlineage, namespace, from, to = [], port, user } = values;
  if ([chat, webhook, mail, openlineage].filter((one) => one !== undefined).length !== 1)
    throw new UsageProblem('A channel is one of --chat, --webhook URL, --mail HOST and --openlineage URL. See --help.');
  const read = ChannelSettings.safeParse(
    chat
      ? { kind: 'chat' }
      : webhook !== undefined
        ? { kind: 'webhook', url: webhook }
        : openlineage !== undefined
          ? { kind: 'openlineage', url: openlineage, ...(namespace !== undefined && { namespace }) }
          : {
              kind: 'email',
              host: mail,
              from,
              to: to.flatMap((list) => list.split(',').map((one) => one.trim())),
              ...(port !== undefined && { port: wholeNumber(port, '--port') }),
              ...(user !== undefined && { user }),
            },
  );
  if (read.success) return read.data;
  throw new UsageProblem(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n'));
}

async function channelNamed(connection: Connection, project: string, name: string): Promise<string> {
  const { channels } = await call(connection, routes.listNotifications, { params: { project } });
  const found = channels.find((channel) => channel.name === name || channel.id === name);
  if (!found) throw new UsageProblem(`There is no channel ${name}. See: drawloom notify list`);
  return found.id;
}

function tell({ state, problem, answer }: Delivery): number {
  const good = state === 'delivered';
  process.stderr.write(`${good ? 'Delivered' : (problem ?? 'Not delivered yet')}${answer ? `: ${answer}` : ''}\n`);
  return good ? 0 : 1;
}
