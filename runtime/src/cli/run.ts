/** `drawloom run`: starts a pipeline by its file or its name, all of it or a part, or says what that would do. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Project } from '@drawloom/shared/api/people.ts';
import { Priority, type RunPlan } from '@drawloom/shared/api/runs.ts';
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import { readDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import { type Connection, call } from './client.ts';
import {
  type Command,
  parse,
  secondsIn,
  serverHelp,
  serverOptions,
  UsageProblem,
  wholeNumber,
  words,
} from './command.ts';
import { parametersIn, typed } from './parameters.ts';
import { listProblems } from './problems.ts';
import { pipelineNamed, projectFor, withServer } from './server.ts';
import { duration, size, table } from './table.ts';
import { seeThrough } from './watch.ts';

const options = {
  ...serverOptions,
  param: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  'no-reuse': { type: 'boolean' },
  version: { type: 'string' },
  to: { type: 'string', multiple: true },
  from: { type: 'string', multiple: true },
  plan: { type: 'boolean' },
  key: { type: 'string' },
  timeout: { type: 'string' },
  priority: { type: 'string' },
} as const;

export const run: Command = {
  name: 'run',
  summary: 'Run a pipeline, from a file or by its name, and wait for its end',
  help: `drawloom run FILE|NAME [--param NAME=VALUE]… [--json] [--no-reuse] [--to NODE]… [--from NODE]… [--plan] [--version NUMBER] [--timeout TIME] [--priority N] [--key KEY] [--project NAME]

  FILE                 A pipeline as \`drawloom export\` writes it, or a folder with such a pipeline.json. It is saved under its name first; a drawing of that name
                       that differs is kept as a version.
  NAME                 The name or id of a saved pipeline.
      --param N=V      Sets a parameter of the pipeline; may be given several times.
      --json           Prints one JSON object instead of a table: the run, and every node with its outputs and metrics.
      --no-reuse       Does all work again, whatever was done before.
      --to NODE        Goes no further than this node, by its id or name: it and what it needs. May be given several times.
      --from NODE      Does this node and what follows it anew, and takes over what they need. May be given several times.
      --plan           Says for each node whether it would run, be reused or be left out, and why; nothing is started.
      --version N      Runs this frozen version instead of the drawing.
      --timeout TIME   Stops what is left of the run by then, and lets it fail: 90s, 30m, 8h or 2d.
      --priority N     Goes before runs of a lower one, from -100 to 100; 0 unless told otherwise, -10 in a backfill.
                       Write --priority=-5 for one below 0.
      --key KEY        Starts once: the same key again watches the run that it started before.
${serverHelp}

Progress goes to standard error. Exit code 0: all went well; 1: the run failed or was cancelled; 2: the call was wrong.
Ctrl-C cancels the run.`,
  async run(args) {
    const { values, positionals } = parse(args, options);
    const [what] = words(positionals, 'FILE or NAME');
    const given = parametersIn(values.param ?? []);
    const priority = values.priority === undefined ? undefined : priorityIn(values.priority);
    const timeoutMs = values.timeout === undefined ? undefined : secondsIn(values.timeout, '--timeout') * 1000;
    const version = values.version === undefined ? undefined : wholeNumber(values.version, '--version');
    // A file that is wrong needs no server to say so.
    const document = looksLikeFile(what) ? (await documentIn(what)).document : null;
    return withServer(async (connection) => {
      const project = await projectFor(connection, values.project);
      const pipeline = document
        ? await savedFrom(connection, project, document)
        : await pipelineNamed(connection, project, what);
      if (!pipeline)
        throw new UsageProblem(`There is no pipeline "${what}" in ${project.id}, and no file of that name.`);
      const { document: drawn } = await call(connection, routes.getPipeline, { params: { pipeline: pipeline.id } });
      const scope = scopeIn(values.to, values.from, drawn);
      const wanted = {
        parameters: typed(given, drawn),
        reuse: !values['no-reuse'],
        ...(version !== undefined && { version }),
        ...(scope && { scope }),
      };
      if (values.plan) {
        const foreseen = await call(connection, routes.planRun, { params: { pipeline: pipeline.id }, body: wanted });
        process.stdout.write(values.json ? `${JSON.stringify(foreseen)}\n` : outlook(foreseen));
        return 0;
      }
      const { run: started } = await call(connection, routes.startRun, {
        params: { pipeline: pipeline.id },
        body: {
          ...wanted,
          ...(values.key !== undefined && { idempotencyKey: values.key }),
          ...(timeoutMs !== undefined && { timeoutMs }),
          ...(priority !== undefined && { priority }),
        },
      });
      return (await seeThrough(connection, started, values.json)).status === 'succeeded' ? 0 : 1;
    });
  },
};

/** Nodes by their ids or names, as a scope; undefined when none are named. */
export function scopeIn(
  to: readonly string[] | undefined,
  from: readonly string[] | undefined,
  { nodes }: Pick<PipelineDocument, 'nodes'>,
): Scope | undefined {
  const idsOf = (named: readonly string[]) => named.map((name) => nodeNamed(name, nodes));
  if (!to && !from) return undefined;
  return { ...(to && { to: idsOf(to) }), ...(from && { from: idsOf(from) }) };
}

function nodeNamed(name: string, nodes: Readonly<Record<string, { name: string }>>): string {
  if (Object.hasOwn(nodes, name)) return name;
  const found = Object.entries(nodes).filter(([, node]) => node.name === name);
  if (found.length === 1) return found[0]![0];
  if (found.length > 1)
    throw new UsageProblem(
      `Several nodes are named "${name}": ${found.map(([id]) => id).join(', ')}. Say one by its id.`,
    );
  throw new UsageProblem(`There is no node "${name}". There are ${Object.keys(nodes).join(', ')}.`);
}

function outlook({ nodes, counts, expectedMs, withoutHistory, savedMs }: RunPlan): string {
  const words = { run: 'runs', reuse: 'is reused', skip: 'is left out' } as const;
  const rows = nodes.map(({ name, fate, certain, expected, message }) => [
    name,
    certain ? words[fate] : `${words[fate]}, unless`,
    fate === 'skip' || !expected ? '' : duration(expected.wallMs),
    fate === 'skip' || !expected?.peakMemoryBytes ? '' : size(expected.peakMemoryBytes),
    message,
  ]);
  const time = expectedMs === null ? '' : `, about ${duration(expectedMs)}`;
  const open =
    withoutHistory > 0 && expectedMs !== null ? ` and whatever ${withoutHistory} of them take that never ran` : '';
  const saved = savedMs > 0 ? `; reuse saves ${duration(savedMs)} of work` : '';
  return `${table(['node', 'fate', 'time', 'memory', 'why'], rows)}\n${counts.run} to run${time}${open}, ${counts.reuse} reused, ${counts.skip} left out${saved}\n`;
}

function priorityIn(text: string): number {
  const read = Priority.safeParse(/^-?\d+$/.test(text) ? Number(text) : undefined);
  if (read.success) return read.data;
  throw new UsageProblem(`--priority is a whole number from -100 to 100, not "${text}".`);
}

const looksLikeFile = (what: string): boolean => existsSync(what) || /[/\\]|\.json$/.test(what);

/** The pipeline of a file, or of a folder that holds a `pipeline.json`, as examples do; `text` is how it stands there. */
export async function documentIn(given: string): Promise<{ document: PipelineDocument; text: string }> {
  const isFolder = await stat(given).then(
    (facts) => facts.isDirectory(),
    () => false,
  );
  const file = isFolder ? path.join(given, 'pipeline.json') : given;
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new UsageProblem(
      cause.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read (${cause.code}).`,
      { cause },
    );
  });
  const read = readDocument(text);
  if ('problems' in read) throw new UsageProblem(`${file} is no pipeline.\n${listProblems(read.problems)}`);
  return { document: read.document, text };
}

/** Makes the file the saved drawing of its name. What was drawn there before and differs is frozen, so that nothing is lost. */
async function savedFrom(connection: Connection, project: Project, document: PipelineDocument) {
  const known = await pipelineNamed(connection, project, document.name);
  if (!known)
    return call(connection, routes.createPipeline, {
      params: { project: project.id },
      body: { document: document as unknown as Json },
    });
  const params = { pipeline: known.id };
  const saved = await call(connection, routes.getPipeline, { params });
  if (canonical(saved.document) === canonical(document)) return saved;
  if (Object.keys(saved.document.nodes).length > 0)
    await call(connection, routes.createVersion, {
      params,
      body: { message: 'As it was before a file was run over it' },
    });
  return call(connection, routes.savePipeline, {
    params,
    body: { revision: saved.revision, document: document as unknown as Json },
  });
}
