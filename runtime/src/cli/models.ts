/** `drawloom models`: registered models and their versions, looked at, registered, promoted and taken away. */
import { routes } from '@drawloom/shared/api/index.ts';
import {
  ModelStage,
  type ModelVersion,
  type ModelVersionSummary,
  type RegisteredModel,
} from '@drawloom/shared/api/models.ts';
import { type Connection, call, ServerProblem } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { gateIn } from './gates.ts';
import { projectFor, withServer } from './server.ts';
import { plain, size, table } from './table.ts';

const options = {
  ...serverOptions,
  json: { type: 'boolean' },
  text: { type: 'string' },
  stage: { type: 'string' },
  description: { type: 'string' },
  remove: { type: 'boolean' },
  archive: { type: 'boolean' },
  gate: { type: 'string', multiple: true },
  why: { type: 'string' },
  all: { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parse<typeof options>>['values'];
interface At {
  connection: Connection;
  project: string;
  values: Values;
}

export const models: Command = {
  name: 'models',
  summary: 'Registered models: list, show, register, promote and delete versions',
  help: `drawloom models [list] [--text TEXT] [--stage STAGE] [--json]
drawloom models show NAME [VERSION] [--json]
drawloom models register NAME SOURCE [--description TEXT] [--json]
drawloom models alias NAME ALIAS (VERSION | --remove)
drawloom models stage NAME VERSION STAGE [--archive]
drawloom models promote NAME VERSION (@ALIAS | STAGE) [--gate GATE]… [--why TEXT] [--archive] [--json]
drawloom models delete NAME (VERSION | --all)

  VERSION              Its number, or an alias of it: 3 or @champion.
  SOURCE               What it is made of: runs:/RUN/PATH, models:/MODEL-ID, models:/NAME/VERSION or models:/NAME@ALIAS.
                       A name that is not there yet is made.
  STAGE                ${ModelStage.options.join(', ')}, in any case.
      --text TEXT      Only those whose name, description or an alias has it.
      --stage STAGE    Only those that have a version in it.
      --archive        Whatever else is in that stage goes to the archive.
      --gate GATE      Asks somebody else to promote, and only if a number is good enough: "auc >= 0.7", or beside
                       another version: "auc >= @champion - 0.01". May be given several times.
      --why TEXT       For whoever answers, on the page Approvals or with "drawloom approvals".
      --all            The model itself, with all its versions.
      --json           Prints JSON.
${serverHelp}`,
  async run(args) {
    const { values, positionals } = parse(args, options);
    const [verb = 'list', ...rest] = positionals;
    const act = Object.hasOwn(verbs, verb) ? verbs[verb] : undefined;
    if (!act) throw new UsageProblem('Say list, show, register, alias, stage, promote or delete. See --help.');
    const work = act(values, rest);
    return withServer(async (connection) => {
      await work({ connection, project: (await projectFor(connection, values.project)).id, values });
      return 0;
    });
  },
};

/** What is wrong with a call is told before a server is asked, or brought up. */
const verbs: Record<string, (values: Values, given: readonly string[]) => (at: At) => Promise<unknown>> = {
  list(values, given) {
    words(given);
    const stage = values.stage === undefined ? undefined : stageIn(values.stage);
    return (at) => list(at, stage);
  },
  show(_, given) {
    if (given.length < 2) {
      const [name] = words(given, 'NAME');
      return (at) => showModel(at, name);
    }
    const [name, version] = words(given, 'NAME', 'VERSION');
    return (at) => showVersion(at, name, version);
  },
  register(_, given) {
    const [name, source] = words(given, 'NAME', 'SOURCE');
    return (at) => register(at, name, source);
  },
  alias(values, given) {
    if (values.remove) {
      const [model, alias] = words(given, 'NAME', 'ALIAS');
      return ({ connection, project }) =>
        call(connection, routes.removeModelAlias, { params: { project, model, alias: bare(alias) } });
    }
    const [model, alias, version] = words(given, 'NAME', 'ALIAS', 'VERSION');
    return async (at) => {
      const params = { project: at.project, model, alias: bare(alias) };
      const changed = await call(at.connection, routes.setModelAlias, {
        params,
        body: { version: await numberOf(at, model, version) },
      });
      tell(at, changed, `${model}@${params.alias} is version ${aliased(changed, params.alias)} now.`);
    };
  },
  stage(values, given) {
    const [model, version, to] = words(given, 'NAME', 'VERSION', 'STAGE');
    const stage = stageIn(to);
    return async (at) => {
      const params = { project: at.project, model, version: await numberOf(at, model, version) };
      const body = { stage, archive: values.archive ?? false };
      const moved = await call(at.connection, routes.setModelStage, { params, body });
      tell(at, moved, `Version ${moved.version} of ${model} is in ${moved.stage} now.`);
    };
  },
  promote(values, given) {
    const [model, version, to] = words(given, 'NAME', 'VERSION', '@ALIAS or STAGE');
    const body = {
      ...(to.startsWith('@') ? { alias: bare(to) } : { stage: stageIn(to) }),
      archive: values.archive ?? false,
      gates: (values.gate ?? []).map(gateIn),
      text: values.why ?? '',
    };
    return async (at) => {
      const params = { project: at.project, model, version: await numberOf(at, model, version) };
      const asked = await call(at.connection, routes.askPromotion, { params, body });
      tell(at, asked, `Approval ${asked.id} waits for somebody who may promote: ${asked.title}`);
    };
  },
  delete(values, given) {
    if (values.all) {
      const [model] = words(given, 'NAME');
      return async (at) => {
        await call(at.connection, routes.deleteModel, { params: { project: at.project, model } });
        tell(at, { model }, `${model} is gone, with all its versions.`);
      };
    }
    if (given.length === 1) throw new UsageProblem('Name the VERSION, or say --all for the model with all of them.');
    const [model, version] = words(given, 'NAME', 'VERSION');
    return async (at) => {
      const params = { project: at.project, model, version: await numberOf(at, model, version) };
      await call(at.connection, routes.deleteModelVersion, { params });
      tell(at, params, `Version ${params.version} of ${model} is gone; its number is never given again.`);
    };
  },
};

const bare = (alias: string): string => alias.replace(/^@/, '');
const aliased = ({ aliases }: RegisteredModel, wanted: string) =>
  aliases.find(({ alias }) => alias === wanted)?.version;

function stageIn(text: string): ModelStage {
  const found = ModelStage.options.find((one) => one.toLowerCase() === text.toLowerCase());
  if (!found) throw new UsageProblem(`A stage is one of ${ModelStage.options.join(', ')}, not "${text}".`);
  return found;
}

/** What was done, for people on standard error; with --json, what came of it on standard output. */
function tell({ values }: At, answer: unknown, sentence: string): void {
  if (values.json) process.stdout.write(`${JSON.stringify(answer)}\n`);
  else process.stderr.write(`${plain(sentence)}\n`);
}

async function numberOf({ connection, project }: At, model: string, version: string): Promise<number> {
  if (!version.startsWith('@')) return wholeNumber(version, 'VERSION');
  const found = aliased(await call(connection, routes.getModel, { params: { project, model } }), bare(version));
  if (found === undefined) throw new UsageProblem(`${model} has no alias ${bare(version)}. See drawloom models show.`);
  return found;
}

async function list({ connection, project, values }: At, stage: ModelStage | undefined): Promise<void> {
  const items: RegisteredModel[] = [];
  for (let after: string | null | undefined; after !== null; ) {
    const query = { limit: 100, ...(values.text && { text: values.text }), ...(stage && { stage }) };
    const page = await call(connection, routes.listModels, {
      params: { project },
      query: { ...query, ...(after && { after }) },
    });
    items.push(...page.items);
    after = page.next;
  }
  const head = ['model', 'latest', 'versions', 'aliases', 'stages', 'changed'];
  const row = (one: RegisteredModel): string[] => [
    one.name,
    one.latestVersion === null ? '' : String(one.latestVersion),
    String(one.versionCount),
    one.aliases.map(({ alias, version }) => `@${alias}=${version}`).join(' '),
    one.stages
      .filter((held) => held.stage !== 'None')
      .map((held) => `${held.stage}=${held.version}`)
      .join(' '),
    minute(one.updatedAt),
  ];
  process.stdout.write(`${values.json ? JSON.stringify({ models: items }) : table(head, items.map(row))}\n`);
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const numbers = (metrics: ModelVersionSummary['metrics']): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${name}=${typeof value === 'number' ? Number(value.toPrecision(6)) : value}`)
    .join(' ');
const names = ({ aliases, stage }: ModelVersionSummary): string =>
  [...aliases.map((alias) => `@${alias}`), ...(stage === 'None' ? [] : [stage])].join(' ');

async function showModel({ connection, project, values }: At, name: string): Promise<void> {
  const params = { project, model: name };
  const model = await call(connection, routes.getModel, { params });
  const { items, next } = await call(connection, routes.listModelVersions, { params, query: { limit: 100 } });
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ ...model, versions: items })}\n`);
    return;
  }
  const row = (one: ModelVersionSummary): string[] => [
    String(one.version),
    names(one),
    one.run ? `run ${one.run.id}` : (one.trackedRun?.name ?? ''),
    numbers(one.metrics),
    size(one.sizeBytes),
    `${minute(one.createdAt)} by ${one.createdBy}`,
  ];
  const lines = [model.name, ...(model.description ? [model.description] : []), ...tagLines(model.tags)];
  const rows = table(['version', 'names', 'run', 'numbers', 'size', 'registered'], items.map(row));
  process.stdout.write(`${plain(lines.join('\n'))}\n\n${rows}\n${next === null ? '' : 'There are older ones.\n'}`);
}

const tagLines = (tags: Record<string, string>): string[] =>
  Object.entries(tags).map(([key, value]) => `  ${key}: ${value}`);

async function showVersion(at: At, name: string, given: string): Promise<void> {
  const params = { project: at.project, model: name, version: await numberOf(at, name, given) };
  const version = await call(at.connection, routes.getModelVersion, { params });
  process.stdout.write(
    at.values.json ? `${JSON.stringify(version)}\n` : `${plain(versionLines(version).join('\n'))}\n`,
  );
}

function versionLines(version: ModelVersion): string[] {
  const { contents, origin, run, trackedRun, files, fileCount } = version;
  const { signature, environment } = contents;
  const fields = (of: { name: string | null; type: string }[]) =>
    of.map(({ name, type }) => (name === null ? type : `${name} ${type}`)).join(', ');
  const line = (what: string, text: string | null | undefined): string[] => (text ? [`${what.padEnd(12)}${text}`] : []);
  const data = [...(origin?.inputs ?? []), ...(origin?.dataSets ?? [])];
  return [
    `${version.model}, version ${version.version}`,
    ...line('names', names(version)),
    ...line('description', version.description),
    ...line('registered', `${minute(version.createdAt)} by ${version.createdBy}`),
    ...line('source', version.source),
    ...line('run', run ? `${run.id}${run.node === null ? '' : `, node ${run.node}`}` : trackedRun?.name),
    ...line('pipeline', origin?.pipeline && `${origin.pipeline.name}, version ${origin.pipeline.version}`),
    ...line('commit', origin?.commit),
    ...line(
      'data',
      data
        .map((one) => ('port' in one ? `${one.port} ${one.sha256.slice(0, 12)}` : `${one.name} ${one.digest}`))
        .join(', '),
    ),
    ...line(
      'parameters',
      Object.entries(origin?.parameters ?? {})
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ),
    ...line('numbers', numbers(version.metrics)),
    ...line('takes', signature && fields(signature.inputs)),
    ...line('gives', signature && fields(signature.outputs)),
    ...line(
      'needs',
      environment &&
        [environment.python && `Python ${environment.python}`, ...environment.packages].filter(Boolean).join(', '),
    ),
    ...tagLines(version.tags),
    ...(contents.problem ? [contents.problem] : []),
    '',
    ...files.map(({ path, sizeBytes, sha256 }) => `${sha256.slice(0, 12)}  ${size(sizeBytes).padStart(10)}  ${path}`),
    ...(fileCount > files.length ? [`… and ${fileCount - files.length} more`] : []),
  ];
}

async function register(at: At, model: string, source: string): Promise<void> {
  const { connection, project, values } = at;
  try {
    await call(connection, routes.registerModel, { params: { project }, body: { name: model } });
  } catch (problem) {
    // it is there already: it gets another version
    if (!(problem instanceof ServerProblem && problem.body.status === 409)) throw problem;
  }
  const body = { source, description: values.description ?? '' };
  const made = await call(connection, routes.registerVersion, { params: { project, model }, body });
  tell(at, made, `Version ${made.version} of ${model} is registered, ${size(made.sizeBytes)}.`);
}
