/** Decides what `npm test` and `npm run check` do, in which order, and that nothing is skipped because a part is missing. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildEditorWhenStale } from '../runtime/src/start/editor.ts';
import { findBrowser } from './support/browser.ts';

const root = path.resolve(import.meta.dirname, '..');
const workspaces = ['shared', 'runtime', 'editor', 'test'];
const withChecks = process.argv.includes('--with-checks');
/** Only the faults, all of them at full length. */
const faults = process.argv.includes('--faults');
const ours = new Set(['--with-checks', '--faults']);
const forVitest = [
  ...(faults ? ['--project', 'faults'] : []),
  ...(withChecks ? ['--retry', '1'] : []),
  ...process.argv.slice(2).filter((arg) => !ours.has(arg)),
];

const failed: string[] = [];
if (withChecks) {
  run('types', 'node_modules/turbo/bin/turbo', ['run', 'types', '--output-logs=errors-only']);
  run('lint and format', 'node_modules/@biomejs/biome/bin/biome', ['check', '--config-path', '.ci', ...workspaces]);
}
if (!faults) await prepare('browser for the journeys', () => findBrowser());
if (!faults && existsSync(path.join(root, 'editor/index.html'))) {
  await prepare('editor', () => buildEditorWhenStale((line) => console.log(line)));
}
run('tests', 'node_modules/vitest/vitest.mjs', ['run', '--config', 'test/vitest.config.ts', ...forVitest]);
process.exitCode = failed.length > 0 ? 1 : 0;

function run(name: string, script: string, args: string[]): void {
  if (name !== 'tests') console.log(`Checking ${name}`);
  const { status } = spawnSync(process.execPath, [script, ...args], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    // What failed before the tests is counted in their last line, so that it cannot be overlooked.
    env: {
      ...process.env,
      TURBO_TELEMETRY_DISABLED: '1',
      ...(faults && { DRAWLOOM_FAULTS: 'full' }),
      DRAWLOOM_FAILED_CHECKS: failed.join(', '),
    },
  });
  if (status !== 0) failed.push(name);
}

async function prepare(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (problem) {
    console.error((problem as Error).message);
    failed.push(name);
  }
}
