/** `drawloom backfill`: running a pipeline for every time of a range, watching that, stopping it and going on. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Backfill, RunSet } from '@drawloom/shared/api/runSets.ts';
import type { Clock } from '@drawloom/shared/trigger/when.ts';
import { type Connection, call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { parametersIn, typedOrNominal } from './parameters.ts';
import { pipelineNamed, projectFor, withServer } from './server.ts';
import { table } from './table.ts';
import { clockFrom } from './triggers.ts';

const options = {
  ...serverOptions,
  json: { type: 'boolean' },
  trigger: { type: 'string' },
  cron: { type: 'string' },
  every: { type: 'string' },
  on: { type: 'string' },
  zone: { type: 'string' },
  from: { type: 'string' },
  until: { type: 'string' },
  limit: { type: 'string' },
  'newest-first': { type: 'boolean' },
  name: { type: 'string' },
  param: { type: 'string', multiple: true },
  version: { type: 'string' },
  'no-reuse': { type: 'boolean' },
  key: { type: 'string' },
  wait: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  cancel: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parse<typeof options>>['values'];

export const backfill: Command = {
  name: 'backfill',
  summary: 'Run a pipeline for every time of a range, a few at a time',
  help: `drawloom backfill start PIPELINE (--trigger ID | --cron E | --every D | --on JSON) --from DAY --until DAY [options]
drawloom backfill list [--json]
drawloom backfill show ID [--json]
drawloom backfill stop ID [--cancel]
drawloom backfill resume ID
drawloom backfill retry ID
drawloom backfill wait ID

      --trigger ID     Take times, parameters and version of this trigger; or say when as \`drawloom triggers add\` does.
      --from, --until  The first and the last day, in the time zone; or instants, the last one left out.
      --limit N        As many runs at a time, 3 unless told otherwise.
      --newest-first   Begin at the end.
      --name NAME      What to call it.
      --param N=V      A parameter; {"$nominal": "monthStart"} takes it from the time the run stands for.
      --version N      This version; without it the trigger's, or the drawing as it is saved then.
      --no-reuse       Do all work again.
      --key KEY        Starts once: the same key again answers the run set that it made before.
      --dry-run        Only say how many runs it would be.
      --wait           Wait for its end.
      --cancel         With stop: also cancel the runs that are under way.
      --json           Prints JSON instead of a table.
${serverHelp}

Exit code 0: all went well; 1: it was waited for, and something failed, was cancelled or stopped; 2: the call was wrong.`,
  async run(args) {
    const { values, positionals } = parse(args, options);
    const [verb, ...rest] = positionals;
    if (verb === 'start') {
      const [pipeline] = words(rest, 'PIPELINE');
      const { from, until } = values;
      if (from === undefined || until === undefined)
        throw new UsageProblem('--from and --until name the first and the last day.');
      return withServer((connection) => start(connection, values, pipeline, { from, until }));
    }
    if (verb === 'list') {
      words(rest);
      return withServer((connection) => list(connection, values));
    }
    const acts = { show, stop, resume, retry, wait };
    if (verb === undefined || !Object.hasOwn(acts, verb))
      throw new UsageProblem('Say start, list, show, stop, resume, retry or wait. See --help.');
    const [id] = words(rest, 'ID');
    return withServer((connection) => acts[verb as keyof typeof acts](connection, values, id));
  },
};

async function start(
  connection: Connection,
  values: Values,
  name: string,
  range: { from: string; until: string },
): Promise<number> {
  const project = await projectFor(connection, values.project);
  const pipeline = await pipelineNamed(connection, project, name);
  if (!pipeline) throw new UsageProblem(`There is no pipeline "${name}" in ${project.id}.`);
  const params = { pipeline: pipeline.id };
  const { document } = await call(connection, routes.getPipeline, { params });
  const ownTimes =
    values.trigger === undefined || [values.cron, values.every, values.on].some((one) => one !== undefined);
  const body = {
    ...range,
    ...(values.trigger !== undefined && { trigger: values.trigger }),
    ...(ownTimes && { on: clockFrom(values) as Clock }), // what is wrong with it, the server says, with its place
    ...(values.param && { parameters: typedOrNominal(parametersIn(values.param), document) }),
    ...(values.version !== undefined && { version: wholeNumber(values.version, '--version') }),
    ...(values.limit !== undefined && { concurrency: wholeNumber(values.limit, '--limit') }),
    ...(values['newest-first'] && { order: 'newest-first' as const }),
    ...(values.name !== undefined && { name: values.name }),
    ...(values.key !== undefined && { idempotencyKey: values.key }),
    ...(values['no-reuse'] && { reuse: false }),
  } as Backfill;
  if (values['dry-run']) {
    const forecast = await call(connection, routes.previewBackfill, { params, body });
    if (values.json) process.stdout.write(`${JSON.stringify(forecast)}\n`);
    else process.stdout.write(`${forecast.count} runs, ${forecast.first} to ${forecast.last}\n`);
    return 0;
  }
  const set = await call(connection, routes.createBackfill, { params, body });
  process.stderr.write(`Run set ${set.id}: ${connection.url}/p/${project.id}/run-sets/${set.id}\n`);
  if (values.wait) return wait(connection, values, set.id);
  tell(set, values);
  return 0;
}

async function list(connection: Connection, values: Values): Promise<number> {
  const project = await projectFor(connection, values.project);
  const found = await call(connection, routes.listRunSets, { params: { project: project.id }, query: { limit: 100 } });
  if (values.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else process.stdout.write(`${table(head, found.items.map(row))}\n`);
  return 0;
}

async function show(connection: Connection, values: Values, runSet: string): Promise<number> {
  const set = await call(connection, routes.getRunSet, { params: { runSet } });
  const { fires } = await call(connection, routes.listRunSetFires, { params: { runSet } });
  if (values.json) process.stdout.write(`${JSON.stringify({ runSet: set, fires })}\n`);
  else {
    tell(set, values);
    const rows = fires.map((fire) => [
      fire.nominalAt.slice(0, 16).replace('T', ' '),
      fire.runStatus ?? fire.state,
      fire.run === null ? '' : String(fire.run),
      fire.problems?.[0]?.message ?? '',
    ]);
    process.stdout.write(`\n${table(['time', 'state', 'run', 'why'], rows)}\n`);
  }
  return 0;
}

async function stop(connection: Connection, values: Values, runSet: string): Promise<number> {
  const cancelRuns = values.cancel === true;
  tell(await call(connection, routes.stopRunSet, { params: { runSet }, body: { cancelRuns } }), values);
  return 0;
}

async function resume(connection: Connection, values: Values, runSet: string): Promise<number> {
  tell(await call(connection, routes.resumeRunSet, { params: { runSet } }), values);
  return 0;
}

async function retry(connection: Connection, values: Values, runSet: string): Promise<number> {
  const { runSet: set, again } = await call(connection, routes.retryRunSet, { params: { runSet } });
  process.stderr.write(`${again} wanted again.\n`);
  tell(set, values);
  return 0;
}

async function wait(connection: Connection, values: Values, runSet: string): Promise<number> {
  let told = '';
  for (;;) {
    const set = await call(connection, routes.getRunSet, { params: { runSet } });
    const now = progress(set);
    if (now !== told) process.stderr.write(`${now}\n`);
    told = now;
    if (set.status !== 'running') {
      tell(set, values);
      const { planned, failed, cancelled } = set.counts;
      return planned + failed + cancelled === 0 ? 0 : 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

const head = ['id', 'pipeline', 'name', 'status', 'progress'];
const row = (set: RunSet): string[] => [set.id, set.pipeline.name, set.name, set.status, progress(set)];
const progress = ({ counts }: RunSet): string =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');

function tell(set: RunSet, values: Values): void {
  process.stdout.write(values.json ? `${JSON.stringify(set)}\n` : `${table(head, [row(set)])}\n`);
}
