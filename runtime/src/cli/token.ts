/** `drawloom token`: making, listing and revoking API tokens. */
import { Action } from '@drawloom/shared/api/access.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { projectFor, withServer } from './server.ts';
import { table } from './table.ts';

export const token: Command = {
  name: 'token',
  summary: 'Make, list and revoke API tokens',
  help: `drawloom token create NAME [--action ACTION]… [--days NUMBER] [--project NAME]
drawloom token list
drawloom token revoke ID

      --action A       What it may do, one of ${Action.options.join(', ')};
                       may be given several times. Without it: all that you may do in the project.
      --days N         How long it lasts, 90 unless told otherwise.
${serverHelp}

A token is printed once, on standard output, and cannot be shown again.`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...serverOptions,
      action: { type: 'string', multiple: true },
      days: { type: 'string' },
    });
    const [verb, ...rest] = positionals;
    if (verb === 'create') {
      const [name] = words(rest, 'NAME');
      const actions = Action.array().min(1).optional().safeParse(values.action);
      if (!actions.success) throw new UsageProblem(`An action is one of ${Action.options.join(', ')}.`);
      const days = values.days === undefined ? undefined : wholeNumber(values.days, '--days');
      return withServer(async (connection) => {
        const project = await projectFor(connection, values.project);
        const { text, token: made } = await call(connection, routes.createToken, {
          body: { name, project: project.id, actions: actions.data, ...(days !== undefined && { days }) },
        });
        process.stderr.write(`Token ${made.id} for ${project.id}, until ${made.expiresAt.slice(0, 10)}:\n`);
        process.stdout.write(`${text}\n`);
        return 0;
      });
    }
    if (verb === 'list') {
      words(rest);
      return withServer(async (connection) => {
        const { tokens } = await call(connection, routes.listTokens);
        const rows = tokens.map((one) => [
          one.id,
          one.name,
          `${one.hint}…`,
          one.project ?? '',
          one.expiresAt.slice(0, 10),
          one.lastUsedAt?.slice(0, 16).replace('T', ' ') ?? 'never',
        ]);
        process.stdout.write(`${table(['id', 'name', 'token', 'project', 'until', 'last used'], rows)}\n`);
        return 0;
      });
    }
    if (verb === 'revoke') {
      const [id] = words(rest, 'ID');
      return withServer(async (connection) => {
        await call(connection, routes.revokeToken, { params: { token: id } });
        process.stderr.write('Revoked.\n');
        return 0;
      });
    }
    throw new UsageProblem('Say create, list or revoke. See --help.');
  },
};
