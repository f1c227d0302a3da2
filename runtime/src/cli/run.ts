/** `drawloom run`: starts a pipeline by its file or its name, shows how it goes, and says in the end what came of every node. */
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { routes } from '@drawloom/shared/api/index.ts';
import type { Project } from '@drawloom/shared/api/people.ts';
import { type NodeRunSummary, Priority, type Run } from '@drawloom/shared/api/runs.ts';
import { canonical, type Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { readDocument } from '@drawloom/shared/pipeline/upgrade/index.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { type Connection, call, follow } from './client.ts';
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
import { duration, plain, table } from './table.ts';

const options = {
  ...serverOptions,
  param: { type: 'string', multiple: true },
  json: { type: 'boolean' },
  'no-reuse': { type: 'boolean' },
  version: { type: 'string' },
  key: { type: 'string' },
  timeout: { type: 'string' },
  priority: { type: 'string' },
} as const;

export const run: Command = {
  name: 'run',
  summary: 'Run a pipeline, from a file or by its name, and wait for its end',
  help: `drawloom run FILE|NAME [--param NAME=VALUE]… [--json] [--no-reuse] [--version NUMBER] [--timeout TIME] [--priority N] [--key KEY] [--project NAME]

  FILE                 A pipeline as \`drawloom export\` writes it, or a folder with such a pipeline.json. It is saved under its name first; a drawing of that name
                       that differs is kept as a version.
  NAME                 The name or id of a saved pipeline.
      --param N=V      Sets a parameter of the pipeline; may be given several times.
      --json           Prints one JSON object instead of a table: the run, and every node with its outputs and metrics.
      --no-reuse       Does all work again, whatever was done before.
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
      const { run: started } = await call(connection, routes.startRun, {
        params: { pipeline: pipeline.id },
        body: {
          parameters: typed(given, drawn),
          reuse: !values['no-reuse'],
          ...(values.key !== undefined && { idempotencyKey: values.key }),
          ...(timeoutMs !== undefined && { timeoutMs }),
          ...(version !== undefined && { version }),
          ...(priority !== undefined && { priority }),
        },
      });
      process.stderr.write(
        `Run ${started.id} of ${plain(started.pipeline.name)}: ${connection.url}/p/${project.id}/runs/${started.id}\n`,
      );
      const finished = await watch(connection, project, started.id);
      process.stdout.write(values.json ? `${JSON.stringify(asJson(finished))}\n` : summary(finished));
      return finished.status === 'succeeded' ? 0 : 1;
    });
  },
};

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

/** Follows a run to its end. Ctrl-C cancels it, and its end is waited for. */
async function watch(connection: Connection, project: Project, run: number): Promise<Run> {
  const params = { run };
  const first = await call(connection, routes.getRun, { params });
  const total = first.nodes.length;
  let done = 0;
  const names = new Map(first.nodes.map((node) => [node.node, node.name]));
  const told = new Map<string, string>();
  const tell = (node: string, status: string, attempt: number, reason?: string | null) => {
    if (told.get(node) === `${status} ${attempt}`) return;
    told.set(node, `${status} ${attempt}`);
    if (status === 'pending' || status === 'queued') return;
    if (status !== 'running' && status !== 'waiting') done++;
    const why = reason && reason !== 'ok' ? ` (${reason})` : '';
    process.stderr.write(`[${done}/${total}] ${plain(names.get(node) ?? node)}: ${status}${why}\n`);
  };
  const tellAll = (run: Run): Run => {
    for (const node of run.nodes) tell(node.node, node.status, node.attempts, node.reason);
    return run;
  };
  if (isRunFinal(tellAll(first).status)) return first;
  const over = new AbortController();
  const cancel = () => {
    process.stderr.write('Cancelling; Ctrl-C again to leave it to itself\n');
    process.removeListener('SIGINT', cancel);
    call(connection, routes.cancelRun, { params }).catch((problem) => process.stderr.write(`${problem.message}\n`));
  };
  process.on('SIGINT', cancel);
  const stream = { params: { project: project.id }, query: { run, after: first.lastEvent } };
  try {
    for await (const event of follow(connection, routes.streamEvents, stream, over.signal)) {
      if (event === 'reset') {
        const now = await call(connection, routes.getRun, { params });
        if (isRunFinal(tellAll(now).status)) return now;
      } else if (event.kind === 'nodes' && event.run === run)
        for (const change of event.changes) {
          if (change.mapIndex === 0) tell(change.node, change.status, change.attempt, change.reason);
        }
      else if (event.kind === 'run' && event.run === run && isRunFinal(event.status)) break;
    }
  } finally {
    over.abort();
    process.removeListener('SIGINT', cancel);
  }
  return tellAll(await call(connection, routes.getRun, { params }));
}

/** The shape that scripts rely on. */
function asJson({ nodes, document: _, lastEvent: __, ...run }: Run) {
  return {
    run,
    nodes: nodes.map(
      ({ node, status, reason, failure, reusedFrom, startedAt, finishedAt, items, outputs, metrics }) => ({
        node,
        status,
        ...(reason !== null && { reason }),
        ...(failure !== null && { failure }),
        ...(reusedFrom !== null && { reusedFrom }),
        startedAt,
        finishedAt,
        ...(items !== null && { items }),
        outputs,
        metrics,
      }),
    ),
  };
}

function summary(run: Run): string {
  const rows = run.nodes.map((node) => [node.name, stateOf(node), timeOf(node), reuseOf(node), outputsOf(node)]);
  const lines = [table(['node', 'state', 'time', 'reuse', 'outputs'], rows)];
  for (const { name, message, status, failure } of run.nodes)
    if (message && (status === 'failed' || status === 'cancelled')) {
      lines.push(plain(`${name}: ${message}`));
      if (status === 'failed') for (const step of failure?.steps ?? []) lines.push(plain(`  - ${step.text}`));
    }
  const took =
    run.startedAt && run.finishedAt ? ` in ${duration(Date.parse(run.finishedAt) - Date.parse(run.startedAt))}` : '';
  if (run.message) lines.push(plain(run.message));
  return `${lines.join('\n')}\nRun ${run.id} ${run.status}${took}\n`;
}

const stateOf = ({ status, items }: NodeRunSummary): string =>
  items ? `${status}, ${items.good} of ${items.total} items` : status;
const timeOf = ({ startedAt, finishedAt, status }: NodeRunSummary): string =>
  startedAt && finishedAt && status !== 'reused' ? duration(Date.parse(finishedAt) - Date.parse(startedAt)) : '';
const reuseOf = ({ reusedFrom }: NodeRunSummary): string => (reusedFrom ? `from run ${reusedFrom.run}` : '');
const outputsOf = ({ outputs, items }: NodeRunSummary): string =>
  (items ? [] : outputs)
    .map(({ port, kind, rowCount }) => (rowCount === null ? `${port} (${kind})` : `${port} (${rowCount} rows)`))
    .concat(items ? [...new Set(outputs.map(({ port }) => `${port} per item`))] : [])
    .join(', ');
