/** Decides how a command follows a run to its end, and what it says then of every node. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { NodeRunSummary, Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { type Connection, call, follow } from './client.ts';
import { duration, plain, table } from './table.ts';

/** Says where a run that was just started is looked at, follows it to its end, and prints what came of it. */
export async function seeThrough(
  connection: Connection,
  started: RunSummary,
  json: boolean | undefined,
  to: NodeJS.WritableStream = process.stdout,
): Promise<Run> {
  process.stderr.write(
    `Run ${started.id} of ${plain(started.pipeline.name)}: ${connection.url}/p/${started.project}/runs/${started.id}\n`,
  );
  const finished = await watch(connection, started.project, started.id);
  to.write(json ? `${JSON.stringify(asJson(finished))}\n` : summary(finished));
  return finished;
}

/** Follows a run to its end. Ctrl-C cancels it, and its end is waited for. */
async function watch(connection: Connection, project: string, run: number): Promise<Run> {
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
  const stream = { params: { project }, query: { run, after: first.lastEvent } };
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
