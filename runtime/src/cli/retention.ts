/** `drawloom retention`, `pin` and `unpin`: how long things are kept, what would go, and what is kept in any case. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Retention, RetentionPolicy, RetentionPreview } from '@drawloom/shared/api/retention.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, wholeNumber, words } from './command.ts';
import { projectFor, withServer } from './server.ts';
import { size, table } from './table.ts';

const limits = {
  'run-days': 'runDays',
  'runs-per-pipeline': 'runsPerPipeline',
  'log-days': 'logDays',
  'output-days': 'artifactDays',
} as const satisfies Record<string, keyof RetentionPolicy>;
type Given = { [K in keyof typeof limits]?: string | undefined };

export const retention: Command = {
  name: 'retention',
  summary: 'How long runs, outputs and logs are kept, and what would go',
  help: `drawloom retention [show] [--json]
drawloom retention preview [LIMITS] [--json]
drawloom retention set LIMITS

      --run-days N           Days after its end that a run is kept.
      --runs-per-pipeline N  How many runs of each pipeline are kept, the newest.
      --log-days N           Days after the end of its run that a log is kept.
      --output-days N        Days after the end of its run that the bytes of an output are kept.
                             "none" takes a limit away; what is not named stays as it is.
      --json                 The whole answer as one object.
${serverHelp}

preview takes nothing away. Pin a run to keep it whatever the limits say: drawloom pin RUN.`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...serverOptions,
      'run-days': { type: 'string' },
      'runs-per-pipeline': { type: 'string' },
      'log-days': { type: 'string' },
      'output-days': { type: 'string' },
      json: { type: 'boolean' },
    });
    const [verb = 'show', ...rest] = positionals;
    words(rest);
    if (!['show', 'preview', 'set'].includes(verb)) throw new UsageProblem('Say show, preview or set. See --help.');
    const change = changeIn(values);
    const named = Object.keys(change).length > 0;
    if (verb === 'show' && named) throw new UsageProblem('Limits go with preview or set. See --help.');
    if (verb === 'set' && !named) throw new UsageProblem('Name the limits to set, such as --run-days 90. See --help.');
    return withServer(async (connection) => {
      const params = { project: (await projectFor(connection, values.project)).id };
      const now = await call(connection, routes.getRetention, { params });
      const policy = { ...now.policy, ...change };
      if (verb === 'preview') {
        const told = await call(connection, routes.previewRetention, { params, body: { policy } });
        process.stdout.write(values.json ? `${JSON.stringify(told)}\n` : previewText(told));
        return 0;
      }
      const answer = verb === 'set' ? await call(connection, routes.setRetention, { params, body: policy }) : now;
      process.stdout.write(values.json ? `${JSON.stringify(answer)}\n` : stateText(answer));
      return 0;
    });
  },
};

function changeIn(values: Given): Partial<RetentionPolicy> {
  const change: Partial<RetentionPolicy> = {};
  for (const [option, limit] of Object.entries(limits)) {
    const text = values[option as keyof Given];
    if (text !== undefined) change[limit] = text === 'none' ? null : wholeNumber(text, `--${option}`);
  }
  return change;
}

const stateText = ({ policy, kept, forgotten, lastPassAt }: Retention): string => {
  const rows = Object.entries(limits).map(([option, limit]) => [option, policy[limit]?.toString() ?? 'none']);
  const amounts = [
    ['runs', String(kept.runs), String(forgotten.runs)],
    ['outputs', size(kept.artifacts.sizeBytes), size(forgotten.artifacts.sizeBytes)],
    ['logs', size(kept.logBytes), size(forgotten.logBytes)],
  ];
  return `${table(['limit', 'kept for'], rows)}

${table(['', 'there', 'forgotten so far'], amounts)}

${kept.pinned} pinned. ${lastPassAt ? `Last carried out ${lastPassAt.slice(0, 16).replace('T', ' ')} UTC.` : 'Not carried out yet.'}
`;
};

const previewText = ({ runs, artifacts, logs, kept }: RetentionPreview): string => {
  const rows = [
    ['  runs', String(runs.count), `${runs.byAge} by age, ${runs.byCount} by count`],
    ['  outputs', String(artifacts.count), `freeing ${size(artifacts.sizeBytes)}`],
    ['  logs', String(logs.runs), `freeing ${size(logs.sizeBytes)}`],
  ];
  const staying = kept.map(({ by, runs: count }) => [`  ${by}`, String(count)]);
  return `By these limits would go now:
${rows.map(([what, count, more]) => `${what!.padEnd(12)}${count!.padStart(8)}  ${more}`).join('\n')}
${staying.length > 0 ? `Beyond the limits, and kept:\n${staying.map(([what, count]) => `${what!.padEnd(12)}${count!.padStart(8)}`).join('\n')}\n` : ''}`;
};

export const pin: Command = {
  name: 'pin',
  summary: 'Keep a run, with its outputs and logs, whatever the policy says',
  help: `drawloom pin RUN [--note TEXT]

  RUN                  The number of the run.
      --note TEXT      Why it is kept.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const { values, positionals } = parse(args, { ...serverOptions, note: { type: 'string' } });
    const [number] = words(positionals, 'RUN');
    const run = wholeNumber(number, 'RUN');
    return withServer(async (connection) => {
      await call(connection, routes.pinRun, { params: { run }, body: { note: values.note ?? '' } });
      process.stdout.write(`Run ${run} is kept until it is unpinned\n`);
      return 0;
    });
  },
};

export const unpin: Command = {
  name: 'unpin',
  summary: 'Leave a run to the policy again',
  help: `drawloom unpin RUN

  RUN                  The number of the run.
${serverHelp.slice(serverHelp.indexOf('\n') + 2)}`,
  async run(args) {
    const { positionals } = parse(args, serverOptions);
    const [number] = words(positionals, 'RUN');
    const run = wholeNumber(number, 'RUN');
    return withServer(async (connection) => {
      await call(connection, routes.unpinRun, { params: { run } });
      process.stdout.write(`Run ${run} goes when the policy says so\n`);
      return 0;
    });
  },
};
