/** Decides where the pictures of docs/first-pipeline.md come from: the journey that walks what the page tells, so that both stay true. */
import { spawnSync } from 'node:child_process';
import { copyFileSync } from 'node:fs';
import path from 'node:path';
import { screenshots } from '../support/browser.ts';

const root = path.resolve(import.meta.dirname, '../..');
const names = ['drawn', 'result', 'log', 'failed-line', 'plan', 'reuse'];

/** Runs the journey and copies its pictures into docs/pictures. Returns the exit code of the journey, which must pass. */
export function takeWalk(): number {
  const { status } = spawnSync(
    process.execPath,
    ['test/run.ts', '--project', 'journeys', 'test/journeys/firstPipeline.test.ts'],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  if (status !== 0) return status ?? 1;
  for (const name of names) {
    copyFileSync(path.join(screenshots, `walk-${name}.png`), path.join(root, `docs/pictures/walk-${name}.png`));
  }
  return 0;
}
