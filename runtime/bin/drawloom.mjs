#!/usr/bin/env node
/**
 * Decides what a word on the command line starts, on a machine that may have nothing yet but an older Node:
 * brings the packages of the lock file and a Node that is new enough, then hands over to the real program.
 */

import { handOver } from './handOver.mjs';
import { LaunchProblem, root } from './launch.mjs';
import { bringPackages } from './packages.mjs';

/** Commands that this checkout answers itself. Everything else is for the command line client. */
const programs = {
  start: ['runtime/src/start/start.ts'],
  worker: ['runtime/src/start/join.ts'],
  dev: ['runtime/src/start/dev.ts'],
  test: ['test/run.ts'],
  check: ['test/run.ts', '--with-checks'],
  faults: ['test/run.ts', '--faults'],
  golden: ['test/run.ts', 'golden', '--update'],
  compatibility: ['test/run.ts', 'compatibility', '--update'],
  bench: ['test/bench/bench.ts'],
  pictures: ['test/pictures/pictures.ts'],
  words: ['test/words/words.ts'],
};

const words = process.argv.slice(2);
// "help start" asks the program itself, as the client does for its own commands.
const [command, ...rest] =
  words[0] === 'help' && ['start', 'worker', 'dev'].includes(words[1] ?? '') ? [words[1], '--help'] : words;
const [program, ...given] = Object.hasOwn(programs, command ?? '')
  ? programs[command]
  : ['runtime/src/cli.ts', ...(command === undefined ? [] : [command])];
try {
  await bringPackages(root);
  await handOver(root, program, [...given, ...rest]);
} catch (problem) {
  if (!(problem instanceof LaunchProblem)) throw problem;
  process.stderr.write(`${problem.message}\n`);
  process.exitCode = 1;
}
