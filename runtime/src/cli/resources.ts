/** `drawloom resources`: what the nodes of a pipeline needed, and what they should ask for. */
import { routes } from '@drawloom/shared/api/index.ts';
import type { Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import type { ResourceAdvice } from '@drawloom/shared/run/advice.ts';
import { spellBytes, spellMs } from '@drawloom/shared/run/amounts.ts';
import { call } from './client.ts';
import { type Command, parse, serverHelp, serverOptions, UsageProblem, words } from './command.ts';
import { pipelineNamed, projectFor, withServer } from './server.ts';
import { table } from './table.ts';

export const resources: Command = {
  name: 'resources',
  summary: 'What the nodes of a pipeline needed, and what they should ask for',
  help: `drawloom resources NAME [NODE] [--apply] [--json]

  NAME                 The name or id of a saved pipeline.
  NODE                 The id of one node; without it, all of them.
      --apply          Sets the limits on memory and time in the drawing as advised.
      --json           Prints JSON.
${serverHelp}

It rests on the attempts of the last 30 runs; below three attempts nothing is advised.`,
  async run(args) {
    const options = { ...serverOptions, apply: { type: 'boolean' }, json: { type: 'boolean' } } as const;
    const { values, positionals } = parse(args, options);
    const [name, node] =
      positionals.length > 1 ? words(positionals, 'NAME', 'NODE') : [...words(positionals, 'NAME'), undefined];
    return withServer(async (connection) => {
      const project = await projectFor(connection, values.project);
      const pipeline = await pipelineNamed(connection, project, name);
      if (!pipeline) throw new UsageProblem(`There is no pipeline "${name}" in ${project.id}.`);
      const params = { pipeline: pipeline.id };
      const { nodes } = await call(connection, routes.adviseResources, { params, query: { node } });
      if (node !== undefined && nodes.length === 0)
        throw new UsageProblem(`The pipeline "${name}" has no node "${node}".`);
      process.stdout.write(values.json ? `${JSON.stringify({ nodes })}\n` : `${rowsOf(nodes)}\n`);
      if (values.apply) {
        const { document, revision } = await call(connection, routes.getPipeline, { params });
        const changed = applied(document, nodes);
        await call(connection, routes.savePipeline, {
          params,
          body: { revision, document: document as unknown as Json },
        });
        process.stderr.write(`Set for ${changed} ${changed === 1 ? 'node' : 'nodes'}.\n`);
      }
      return 0;
    });
  },
};

/** Sets what is advised in the document; returns for how many nodes. */
function applied(document: PipelineDocument, nodes: readonly ResourceAdvice[]): number {
  let changed = 0;
  for (const { node: id, memory, time } of nodes) {
    const node = document.nodes[id];
    if (!node || (!memory && !time)) continue;
    node.execution = {
      ...node.execution,
      ...(memory && { memoryBytes: memory.adviseBytes }),
      ...(time && { timeoutMs: time.adviseMs }),
    };
    changed++;
  }
  return changed;
}

const rowsOf = (nodes: readonly ResourceAdvice[]): string =>
  table(
    ['node', 'attempts', 'memory', 'limit', 'advised', 'time', 'limit', 'advised', 'cores'],
    nodes.map(({ node, attempts, memory, time, cpu }) => [
      node,
      String(attempts),
      memory ? spellBytes(memory.p95Bytes) : '',
      memory?.limitBytes ? spellBytes(memory.limitBytes) : '',
      memory ? spellBytes(memory.adviseBytes) : '',
      time ? spellMs(time.p95Ms) : '',
      time?.limitMs ? spellMs(time.limitMs) : '',
      time ? spellMs(time.adviseMs) : '',
      cpu ? String(cpu.p95Cores) : '',
    ]),
  );
