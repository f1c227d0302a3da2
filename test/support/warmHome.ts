/** Decides where tests find the default Python environment: built once for this checkout, then lent to every home. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { prepareEnvironment } from '../../runtime/src/environments/index.ts';

/** A home that outlives test runs and holds nothing but environments. */
export const warmHome = path.resolve(import.meta.dirname, '../../node_modules/.cache/drawloom-tests');

/** Builds the default environment in `warmHome` unless it is there: a minute the first time, then nothing. */
export const warmEnvironment = (tell: (line: string) => void = () => {}) =>
  prepareEnvironment(warmHome, 'default', tell);

/** Gives a fresh home the environments of the warm one, by hard links where the file system allows. */
export async function lendEnvironments(home: string): Promise<void> {
  await warmEnvironment();
  const [from, to] = [path.join(warmHome, 'environments'), path.join(home, 'environments')];
  if (existsSync(to)) return;
  mkdirSync(home, { recursive: true });
  try {
    execFileSync('cp', ['-al', from, to], { stdio: 'ignore' });
  } catch {
    execFileSync('rm', ['-rf', to]);
    execFileSync('cp', ['-a', from, to]);
  }
}
