/**
 * Decides how Drawloom stands beside the engines that can be had from the Python package index: the same scenarios, each engine in the
 * set-up that its own pages give for one machine, in the same run as ours. They are installed into a scratch folder when first asked
 * for, and nothing of theirs is part of this project. A row shows the engine's time; beside it stands ours.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { engines, figureOfPeer } from './figures.ts';
import { type Bench, checkout, type Figure, figure, type Tell } from './frame.ts';
import { scratchPostgres } from './house.ts';
import { measureNodes, type Scenario, scenarios } from './runtimeNodes.ts';

const run = promisify(execFile);
/** Outlives the run, for the next one; named by version, so that a new pin is a new folder. */
const folder = process.env.DRAWLOOM_PEERS ?? path.join(checkout, 'node_modules/.cache/drawloom-peers');

export const bench: Bench = async (tell, { quick }) => {
  const scratch = await scratchPostgres();
  const ours = await measureNodes(scratch, tell, { quick }).finally(() => scratch.close());
  const results: Figure[] = [];
  for (const [engine, { version, packages }] of Object.entries(engines)) {
    let python: string;
    try {
      python = await installed(engine, version, packages, tell);
    } catch (problem) {
      tell(`${engine} ${version} could not be installed: ${(problem as Error).message}`);
      continue;
    }
    for (const scenario of scenarios) {
      const mine = ours.find(({ name }) => name === scenario.name)!;
      try {
        const asked = quick ? { ...scenario, nodes: 2 } : scenario;
        const seconds = await carriedOut(engine, python, asked);
        tell(`${engine} ${scenario.name} ${seconds.toFixed(2)} s, ours ${mine.value} s`);
        results.push(figure(figureOfPeer(engine, scenario.name), [seconds], mine.runs));
      } catch (problem) {
        tell(`${engine} did not carry out ${scenario.name}: ${(problem as Error).message}`);
      }
    }
  }
  return [...ours, ...results];
};

/** The engine's own interpreter, in an environment of its own. */
async function installed(engine: string, version: string, packages: readonly string[], tell: Tell): Promise<string> {
  const at = path.join(folder, `${engine}-${version}`);
  const python = path.join(at, 'bin/python');
  const finished = path.join(at, 'finished');
  if (existsSync(finished)) return python;
  tell(`installing ${engine} ${version}`);
  rmSync(at, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', at]);
  await run(python, ['-m', 'pip', 'install', '--quiet', 'uv']);
  await run(path.join(at, 'bin/uv'), [
    'pip',
    'install',
    '--quiet',
    '--compile-bytecode',
    '--python',
    python,
    ...packages,
  ]);
  await run('touch', [finished]);
  return python;
}

/** In a folder of its own, with nothing of an earlier run; seconds as the engine's adapter measured them. */
async function carriedOut(engine: string, python: string, scenario: Scenario): Promise<number> {
  const place = mkdtempSync(path.join(tmpdir(), `drawloom-peer-${engine}-`));
  try {
    const { stdout } = await run(python, [path.join(import.meta.dirname, `peers/with_${engine}.py`)], {
      cwd: place,
      env: { ...process.env, SCENARIO: JSON.stringify(scenario), NODE: process.execPath },
      maxBuffer: 2 ** 28,
    });
    return (JSON.parse(stdout.trim().split('\n').at(-1)!) as { seconds: number }).seconds;
  } finally {
    rmSync(place, { recursive: true, force: true, maxRetries: 5 });
  }
}
