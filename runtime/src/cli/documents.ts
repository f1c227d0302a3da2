/** `drawloom validate`, `export` and `import`: pipelines as files. */
import { writeFile } from 'node:fs/promises';
import { routes } from '@drawloom/shared/api/index.ts';
import { blocks, checkPipeline } from '@drawloom/shared/pipeline/checks.ts';
import { catalog } from '../nodes/catalog.ts';
import { call } from './client.ts';
import {
  type Command,
  cannotWrite,
  parse,
  serverHelp,
  serverOptions,
  UsageProblem,
  wholeNumber,
  words,
} from './command.ts';
import { listProblems } from './problems.ts';
import { documentIn } from './run.ts';
import { pipelineNamed, projectFor, withServer } from './server.ts';
import { plain } from './table.ts';

export const validate: Command = {
  name: 'validate',
  summary: 'Check a pipeline file, without a server',
  help: `drawloom validate FILE [--json]

      --json           Prints the problems as one JSON object.

Exit code 0: it can run (there may be warnings); 1: it cannot; 2: there is no such file, or it is no pipeline.`,
  async run(args) {
    const { values, positionals } = parse(args, { json: { type: 'boolean' } });
    const [file] = words(positionals, 'FILE');
    const { document } = await documentIn(file);
    const problems = checkPipeline(document, catalog);
    const bad = blocks(problems);
    if (values.json) process.stdout.write(`${JSON.stringify({ valid: !bad, problems })}\n`);
    else if (problems.length > 0) process.stdout.write(`${listProblems(problems)}\n`);
    if (!values.json) process.stdout.write(bad ? `${file} cannot run yet.\n` : `${file} can run.\n`);
    return bad ? 1 : 0;
  },
};

export const exportCommand: Command = {
  name: 'export',
  summary: 'Write a saved pipeline to a file or to standard output',
  help: `drawloom export NAME [--out FILE] [--version NUMBER] [--project NAME]

  -o, --out FILE       Where to write it; standard output without it.
      --version N      A frozen version instead of the drawing.
${serverHelp}`,
  async run(args) {
    const { values, positionals } = parse(args, {
      ...serverOptions,
      out: { type: 'string', short: 'o' },
      version: { type: 'string' },
    });
    const [name] = words(positionals, 'NAME');
    const version = values.version === undefined ? undefined : wholeNumber(values.version, '--version');
    return withServer(async (connection) => {
      const project = await projectFor(connection, values.project);
      const pipeline = await pipelineNamed(connection, project, name);
      if (!pipeline) throw new UsageProblem(`There is no pipeline "${name}" in ${project.id}.`);
      const response = await call(connection, routes.exportPipeline, {
        params: { pipeline: pipeline.id },
        query: { version },
      });
      const text = await response.text();
      if (values.out === undefined) process.stdout.write(text);
      else {
        await writeFile(values.out, text).catch(cannotWrite(values.out));
        process.stderr.write(`Wrote ${values.out}\n`);
      }
      return 0;
    });
  },
};

export const importCommand: Command = {
  name: 'import',
  summary: 'Add a pipeline from a file; inert until its code is accepted',
  help: `drawloom import FILE [--accept] [--project NAME]

      --accept         Accepts its code at once: you have read it, and it may run here.
${serverHelp}`,
  async run(args) {
    const { values, positionals } = parse(args, { ...serverOptions, accept: { type: 'boolean' } });
    const [file] = words(positionals, 'FILE');
    const { text } = await documentIn(file);
    return withServer(async (connection) => {
      const project = await projectFor(connection, values.project);
      const added = await call(connection, routes.importPipeline, { params: { project: project.id }, body: { text } });
      const trusted =
        added.trusted ||
        (values.accept && (await call(connection, routes.trustPipeline, { params: { pipeline: added.id } })).trusted);
      const inert = trusted ? '' : ' Its code cannot run until somebody accepts it (--accept, or in the editor).';
      process.stdout.write(`${plain(added.document.name)}  ${added.id}\n`);
      process.stderr.write(`Added to ${project.id}.${inert}\n`);
      return 0;
    });
  },
};
