/** `drawloom triggers`: what starts pipelines by itself, and what came of it. */
import { routes } from '@drawloom/shared/api/index.ts';
import { Overlap, type Trigger } from '@drawloom/shared/api/triggers.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { Occasion } from '@drawloom/shared/trigger/occasion.ts';
import { type Connection, call } from './client.ts';
import {
  type Command,
  parse,
  secondsIn,
  secretIn,
  serverHelp,
  serverOptions,
  textIn,
  UsageProblem,
  wholeNumber,
  words,
} from './command.ts';
import { parametersIn, typedOrNominal } from './parameters.ts';
import { pipelineNamed, projectFor, withServer } from './server.ts';
import { table } from './table.ts';

const options = {
  ...serverOptions,
  json: { type: 'boolean' },
  name: { type: 'string' },
  cron: { type: 'string' },
  every: { type: 'string' },
  on: { type: 'string' },
  webhook: { type: 'boolean' },
  sensor: { type: 'string' },
  cursor: { type: 'string' },
  environment: { type: 'string' },
  'key-file': { type: 'string' },
  'old-key-for': { type: 'string' },
  zone: { type: 'string' },
  param: { type: 'string', multiple: true },
  version: { type: 'string' },
  overlap: { type: 'string' },
  'pause-on-failure': { type: 'boolean' },
} as const;
type Values = ReturnType<typeof parse<typeof options>>['values'];

export const triggers: Command = {
  name: 'triggers',
  summary: 'List, add, switch and look back at what starts pipelines by itself',
  help: `drawloom triggers list [--json]
drawloom triggers add PIPELINE (--cron EXPRESSION | --every DURATION | --on JSON | --webhook | --sensor FILE) [options]
drawloom triggers cursor ID JSON
drawloom triggers key ID [--key-file FILE] [--old-key-for DURATION]
drawloom triggers history ID [--json]
drawloom triggers enable ID
drawloom triggers disable ID
drawloom triggers remove ID

      --cron E         Minute, hour, day of month, month, day of week: "0 6 1 * *".
      --every D        Every so often: 90s, 15m, 6h, 2d.
      --on JSON        Any kind, as the API takes it: {"kind": "calendar", "at": ["06:00"], "days": {"workday": -1}}.
                       New data: {"kind": "data", "inputs": [{"kind": "file", "name": "flights.csv"}]}.
      --webhook        When a signed message comes. Prints the signing key, this once; with "key ID" another one.
      --sensor FILE    When code finds something: a function in Python, or in TypeScript (.ts). It is asked every minute,
                       or as often as --every says. "cursor ID JSON" lets it go on from another place.
      --cursor JSON    Where a new sensor begins.
      --environment N  Of Python, for the sensor.
      --key-file FILE  The signing key that the sender gave (whsec_…), from a file or from standard input (-).
      --old-key-for D  How long the signing key before is taken as well: 24h unless told otherwise, 0s for not at all.
      --zone ZONE      The time zone, UTC unless told otherwise: Europe/Berlin.
      --name NAME      What to call it.
      --param N=V      A parameter of its runs; {"$nominal": "monthStart", "months": -1} takes it from the time it is due,
                       {"$body": "/data/date"} from the message.
      --version N      Always this version; without it the drawing as it is saved then.
      --overlap RULE   ${Overlap.options.join(', ')}: when the run before is not over.
      --pause-on-failure   Switch it off when a run fails.
      --json           Prints JSON instead of a table.
${serverHelp}`,
  async run(args) {
    const { values, positionals } = parse(args, options);
    const [verb, ...rest] = positionals;
    if (verb === 'list') {
      words(rest);
      return withServer((connection) => list(connection, values));
    }
    if (verb === 'add') {
      const [pipeline] = words(rest, 'PIPELINE');
      const on = values.webhook ? webhookFrom(values) : values.sensor ? sensorFrom(values) : clockFrom(values);
      return withServer((connection) => add(connection, values, pipeline, on));
    }
    if (verb === 'key') {
      const [trigger] = words(rest, 'ID');
      const seconds = secondsIn(values['old-key-for'] ?? '24h', '--old-key-for');
      return withServer((connection) => changeKey(connection, values, trigger, seconds));
    }
    if (verb === 'cursor') {
      const [trigger, text] = words(rest, 'ID', 'JSON');
      const cursor = jsonIn(text, 'JSON');
      return withServer(async (connection) => {
        await call(connection, routes.changeTrigger, { params: { trigger }, body: { cursor } });
        process.stderr.write('The next ask goes on from there.\n');
        return 0;
      });
    }
    if (verb === 'history') {
      const [trigger] = words(rest, 'ID');
      return withServer((connection) => history(connection, values, trigger));
    }
    if (verb === 'enable' || verb === 'disable' || verb === 'remove') {
      const [trigger] = words(rest, 'ID');
      return withServer(async (connection) => {
        if (verb === 'remove') await call(connection, routes.removeTrigger, { params: { trigger } });
        else
          await call(connection, routes.changeTrigger, { params: { trigger }, body: { enabled: verb === 'enable' } });
        process.stderr.write(
          `${verb === 'remove' ? 'Removed' : verb === 'enable' ? 'Switched on' : 'Switched off'}.\n`,
        );
        return 0;
      });
    }
    throw new UsageProblem('Say list, add, key, cursor, history, enable, disable or remove. See --help.');
  },
};

async function list(connection: Connection, values: Values): Promise<number> {
  const project = await projectFor(connection, values.project);
  const found = await call(connection, routes.listTriggers, { params: { project: project.id } });
  if (values.json) process.stdout.write(`${JSON.stringify(found)}\n`);
  else process.stdout.write(`${table(['id', 'pipeline', 'on', 'overlap', 'next', 'last'], found.triggers.map(row))}\n`);
  return 0;
}

const offWord = ({ why }: NonNullable<Trigger['paused']>): string =>
  why === 'rights' ? 'stopped: rights lost' : 'off after a failure';

const row = (trigger: Trigger): string[] => [
  trigger.id,
  trigger.name ? `${trigger.pipeline.name} (${trigger.name})` : trigger.pipeline.name,
  clockText(trigger.on),
  trigger.overlap,
  trigger.enabled
    ? trigger.webhook
      ? 'a message'
      : trigger.on.kind === 'data'
        ? 'new data'
        : trigger.on.kind === 'sensor'
          ? 'what it finds'
          : minute(trigger.next[0] ?? '')
    : trigger.paused
      ? offWord(trigger.paused)
      : 'off',
  trigger.lastFire ? outcome(trigger.lastFire) : '',
];

async function add(connection: Connection, values: Values, name: string, on: object): Promise<number> {
  const project = await projectFor(connection, values.project);
  const pipeline = await pipelineNamed(connection, project, name);
  if (!pipeline) throw new UsageProblem(`There is no pipeline "${name}" in ${project.id}.`);
  const overlap = Overlap.optional().safeParse(values.overlap);
  if (!overlap.success) throw new UsageProblem(`--overlap is one of ${Overlap.options.join(', ')}.`);
  const { document } = await call(connection, routes.getPipeline, { params: { pipeline: pipeline.id } });
  const made = await call(connection, routes.createTrigger, {
    params: { pipeline: pipeline.id },
    body: {
      on: on as Occasion, // what is wrong with it, the server says, with its place
      parameters: typedOrNominal(parametersIn(values.param ?? []), document),
      ...(values.name !== undefined && { name: values.name }),
      ...(values.version !== undefined && { version: wholeNumber(values.version, '--version') }),
      ...(overlap.data !== undefined && { overlap: overlap.data }),
      ...(values['key-file'] !== undefined && { signingKey: secretIn(values['key-file']) }),
      ...(values.cursor !== undefined && { cursor: jsonIn(values.cursor, '--cursor') }),
      ...(values['pause-on-failure'] && { pauseOnFailure: true }),
    },
  });
  if (values.json) process.stdout.write(`${JSON.stringify(made)}\n`);
  else if (made.webhook) {
    process.stderr.write(
      `Trigger ${made.id} starts ${pipeline.name} when a signed message comes to ${made.webhook.address}\n`,
    );
    if (made.signingKey) process.stdout.write(`${made.signingKey}\n`);
  } else if (made.on.kind === 'data')
    process.stderr.write(`Trigger ${made.id} starts ${pipeline.name} when there is new data.\n`);
  else if (made.on.kind === 'sensor')
    process.stderr.write(`Trigger ${made.id} starts ${pipeline.name} when its sensor finds something.\n`);
  else {
    process.stderr.write(`Trigger ${made.id} starts ${pipeline.name} next at:\n`);
    process.stdout.write(made.next.map((time) => `${time}\n`).join(''));
  }
  return 0;
}

async function changeKey(connection: Connection, values: Values, trigger: string, seconds: number): Promise<number> {
  const made = await call(connection, routes.changeSigningKey, {
    params: { trigger },
    body: {
      oldKeyHours: Math.ceil(seconds / 3600),
      ...(values['key-file'] !== undefined && { signingKey: secretIn(values['key-file']) }),
    },
  });
  if (values.json) process.stdout.write(`${JSON.stringify(made)}\n`);
  else {
    process.stderr.write(
      made.oldKeyUntil
        ? `The key before is taken until ${minute(made.oldKeyUntil)} UTC.\n`
        : 'The key before is not taken any more.\n',
    );
    if (made.signingKey) process.stdout.write(`${made.signingKey}\n`);
  }
  return 0;
}

async function history(connection: Connection, values: Values, trigger: string): Promise<number> {
  const { items } = await call(connection, routes.listFires, { params: { trigger }, query: { limit: 100 } });
  if (values.json) process.stdout.write(`${JSON.stringify({ fires: items })}\n`);
  else
    process.stdout.write(
      `${table(
        ['due at', 'state', 'run', 'why'],
        items.map((fire) => [
          fire.missedFrom ? `${minute(fire.missedFrom)} to ${minute(fire.nominalAt)}` : minute(fire.nominalAt),
          fire.state === 'failed' ? 'ask failed' : (fire.runStatus ?? fire.state),
          fire.run === null ? '' : String(fire.run),
          fire.problems?.[0]?.message ?? fire.why ?? '',
        ]),
      )}\n`,
    );
  return 0;
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
const outcome = ({ run, runStatus, state }: NonNullable<Trigger['lastFire']>): string =>
  state === 'failed' ? 'ask failed' : run === null ? state : `run ${run} ${runStatus ?? 'started'}`;

export const clockText = (on: Occasion): string =>
  on.kind === 'webhook'
    ? 'webhook'
    : on.kind === 'data'
      ? `new data (${on.when} of ${on.inputs.length})`
      : on.kind === 'sensor'
        ? `sensor, every ${on.everySeconds} s`
        : on.kind === 'cron'
          ? on.cron
          : on.kind === 'interval'
            ? `every ${on.everySeconds} s`
            : `calendar ${on.at.join(' ')}`;

function webhookFrom(values: Pick<Values, 'cron' | 'every' | 'on' | 'zone'>): object {
  if ([values.cron, values.every, values.on, values.zone].some((one) => one !== undefined))
    throw new UsageProblem(
      'A webhook waits for messages, and knows no times. Leave --cron, --every, --on and --zone out.',
    );
  return { kind: 'webhook' };
}

function sensorFrom(values: Pick<Values, 'cron' | 'every' | 'on' | 'zone' | 'sensor' | 'environment'>): object {
  if ([values.cron, values.on, values.zone].some((one) => one !== undefined))
    throw new UsageProblem('A sensor is asked as often as --every says. Leave --cron, --on and --zone out.');
  const file = values.sensor!;
  return {
    kind: 'sensor',
    language: /\.m?ts$/.test(file) ? 'typescript' : 'python',
    code: textIn(file),
    ...(values.every !== undefined && { everySeconds: secondsIn(values.every, '--every') }),
    ...(values.environment !== undefined && { environment: values.environment }),
  };
}

function jsonIn(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new UsageProblem(`${what} takes JSON, and ${text} is none. A text stands in quotes: '"2013-01"'.`, { cause });
  }
}

/** The one way of saying when that was given. */
export function clockFrom(values: Pick<Values, 'cron' | 'every' | 'on' | 'zone'>): object {
  const { cron, every, on, zone } = values;
  if ([cron, every, on].filter((one) => one !== undefined).length !== 1)
    throw new UsageProblem('Say when with one of --cron, --every, --on, --webhook and --sensor.');
  const timeZone = zone === undefined ? {} : { timeZone: zone };
  if (cron !== undefined) return { kind: 'cron', cron, ...timeZone };
  if (every !== undefined) return { kind: 'interval', everySeconds: secondsIn(every, '--every'), ...timeZone };
  try {
    return { ...JSON.parse(on!), ...timeZone };
  } catch (cause) {
    throw new UsageProblem(`--on takes JSON, and ${on} is none.`, { cause });
  }
}
