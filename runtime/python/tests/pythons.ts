/** Decides which interpreters tests use: the bare one of this machine, and one with the default environment, built once. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { type Environment, prepareEnvironment } from '../../src/environments/index.ts';

/** The interpreter itself, past any shim that would cost each start its own time. */
export const barePython = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

const home = path.resolve(import.meta.dirname, '../../../node_modules/.cache/drawloom-tests');

export const defaultEnvironment = (): Promise<Environment> => prepareEnvironment(home, 'default', () => {});
