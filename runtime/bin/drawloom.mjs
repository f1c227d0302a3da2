#!/usr/bin/env node
import { handOver } from './handOver.mjs';
import { LaunchProblem, root } from './launch.mjs';
/**
 * Decides what a word on the command line starts, on a machine that may have nothing yet but an older Node:
 * brings the packages of the lock file and a Node that is new enough, then hands over to the real program.
 */
import { bringPackages } from './packages.mjs';

/** Commands that this checkout answers itself. Everything else is for the command line client. */
const programs = {
  start: 'runtime/src/start/start.ts',
  dev: 'runtime/src/start/dev.ts',
  test: 'test/run.ts',
  check: 'test/check.ts',
  bench: 'test/bench/bench.ts',
  golden: 'test/golden.ts',
};

const [command = '', ...rest] = process.argv.slice(2);
const own = Object.hasOwn(programs, command);
try {
  await bringPackages(root);
  await handOver(root, own ? programs[command] : 'runtime/src/cli.ts', own ? rest : process.argv.slice(2));
} catch (problem) {
  if (!(problem instanceof LaunchProblem)) throw problem;
  process.stderr.write(`${problem.message}\n`);
  process.exitCode = 1;
}
