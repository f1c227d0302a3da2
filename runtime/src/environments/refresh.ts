/**
 * Decides when the environments that come with Drawloom take newer packages: when a person runs this and commits the difference.
 *     node runtime/src/environments/refresh.ts default
 */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { shippedFolder, shippedRequirements } from './index.ts';
import { lockWithUv } from './lock.ts';
import { findPython, oldestPython } from './python.ts';
import { prepareTools } from './tools.ts';

const home = process.env.DRAWLOOM_HOME ?? '.drawloom';
const python = await findPython();
const tools = await prepareTools(home, python, console.error);
for (const name of process.argv.slice(2)) {
  const everywhere = ['--universal', '--python-version', oldestPython.join('.')];
  const ended = await lockWithUv(shippedRequirements(name), python, tools, everywhere);
  if (ended.code !== 0) throw new Error(ended.stderr);
  writeFileSync(path.join(shippedFolder, name, `${name}.lock`), ended.stdout);
}
