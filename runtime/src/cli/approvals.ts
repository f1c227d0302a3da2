/** `drawloom approvals`: what waits for people, and their answers. */
import type { Approval, Verdict } from '@drawloom/shared/api/approvals.ts';
import { routes } from '@drawloom/shared/api/index.ts';
import { inOrder } from '@drawloom/shared/pipeline/document.ts';
import { type Connection, call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { parametersIn, typed } from './parameters.ts';
import { projectFor, withServer } from './server.ts';
import { table } from './table.ts';

const options = {
  ...serverOptions,
  json: { type: 'boolean' },
  all: { type: 'boolean' },
  param: { type: 'string', multiple: true },
  comment: { type: 'string' },
} as const;
type Values = ReturnType<typeof parse<typeof options>>['values'];

export const approvals: Command = {
  name: 'approvals',
  summary: 'What waits for your approval; approve or reject it',
  help: `drawloom approvals list [--all] [--json]
drawloom approvals show ID [--json]
drawloom approvals approve ID [--param NAME=VALUE] [--comment TEXT]
drawloom approvals reject ID [--comment TEXT]

      --all            Those of the project, decided ones too; without it, those that wait for you.
      --param N=V      A field of its form.
      --comment TEXT   Kept with the answer, for everybody to see.
      --json           Prints JSON.
${serverHelp}`,
  async run(args) {
    const { values, positionals } = parse(args, options);
    const [verb, ...rest] = positionals;
    if (verb === 'list') {
      words(rest);
      return withServer((connection) => list(connection, values));
    }
    if (verb === 'show' || verb === 'approve' || verb === 'reject') {
      const [given] = words(rest, 'ID');
      const id = wholeNumber(given, 'ID');
      return withServer((connection) =>
        verb === 'show' ? show(connection, values, id) : answer(connection, values, id, verb),
      );
    }
    throw new UsageProblem('Say list, show, approve or reject. See --help.');
  },
};

async function list(connection: Connection, values: Values): Promise<number> {
  const project = await projectFor(connection, values.project);
  const { items } = await call(connection, routes.listApprovals, {
    params: { project: project.id },
    query: { limit: 100, ...(!values.all && { mine: 'true' }) },
  });
  const head = ['id', 'question', 'run', 'asked', 'expires', 'state'];
  process.stdout.write(`${values.json ? JSON.stringify({ approvals: items }) : table(head, items.map(row))}\n`);
  return 0;
}

const row = (approval: Approval): string[] => [
  String(approval.id),
  approval.title,
  approval.run ? `${approval.run.id} (${approval.run.pipeline.name})` : '',
  minute(approval.askedAt),
  approval.expiresAt ? minute(approval.expiresAt) : '',
  stateOf(approval),
];

const approved = ({ answers }: Approval): number => answers.filter(({ verdict }) => verdict === 'approve').length;
const stateOf = (approval: Approval): string =>
  approval.status === 'open' ? `${approved(approval)} of ${approval.needed} approved` : approval.status;
const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');

async function show(connection: Connection, { json }: Values, id: number): Promise<number> {
  const approval = await call(connection, routes.getApproval, { params: { approval: id } });
  if (json) {
    process.stdout.write(`${JSON.stringify(approval)}\n`);
    return 0;
  }
  const { title, text, run, form, answers, whyNot } = approval;
  const lines = [
    title,
    ...(text ? [text] : []),
    ...(run ? [`Asked by "${run.name}" of run ${run.id} (${run.pipeline.name}).`] : []),
    `${stateOf(approval)}${approval.expiresAt && approval.status === 'open' ? `; until ${minute(approval.expiresAt)} UTC, then ${approval.onExpiry}` : ''}`,
    ...inOrder(form).map(
      ([name, field]) =>
        `  ${name}: ${field.type}${field.default === undefined ? '' : `, ${field.default} unless told otherwise`}`,
    ),
    ...answers.map(
      (one) => `${minute(one.at)}  ${one.person.name}: ${one.verdict}${one.comment && `, ${one.comment}`}`,
    ),
    ...(whyNot ? [whyNot] : []),
  ];
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  return 0;
}

async function answer(connection: Connection, values: Values, id: number, verdict: Verdict): Promise<number> {
  const { form } = await call(connection, routes.getApproval, { params: { approval: id } });
  const given = parametersIn(values.param ?? []);
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(form, name));
  if (unknown !== undefined)
    throw new UsageProblem(`The form has no field ${unknown}. It has: ${Object.keys(form).join(', ') || 'none'}.`);
  const done = await call(connection, routes.answerApproval, {
    params: { approval: id },
    body: {
      verdict,
      values: typed(given, { parameters: form }) as Record<string, string | number | boolean>,
      ...(values.comment !== undefined && { comment: values.comment }),
    },
  });
  if (values.json) process.stdout.write(`${JSON.stringify(done)}\n`);
  else process.stderr.write(`${done.title}: ${stateOf(done)}.\n`);
  return 0;
}
