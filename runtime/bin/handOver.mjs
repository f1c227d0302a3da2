/** Decides which Node carries the program, and stands in for it: signals go in, the exit code comes out. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { atLeast, LaunchProblem } from './launch.mjs';

const quickResolve = new URL('./quickResolve.mjs', import.meta.url).href;

/** @param {string} root @param {string} program @param {string[]} args */
export async function handOver(root, program, args) {
  const file = path.join(root, program);
  if (!existsSync(file))
    throw new LaunchProblem(`${program} is missing in ${root}. Restore it with \`git checkout ${program}\`.`);
  // What was compiled once is read at the next start, by us and by every Node that we start.
  process.env.NODE_COMPILE_CACHE ??= path.join(root, 'node_modules/.cache/drawloom/compiled');
  if (runsTypeScript(process.versions.node)) {
    const { enableCompileCache } = await import('node:module');
    enableCompileCache(process.env.NODE_COMPILE_CACHE);
    await import('./quickResolve.mjs');
    // New enough: no second process, which saves 40 MB and the start of a Node.
    process.argv = [process.execPath, file, ...args];
    await import(pathToFileURL(file).href);
    return;
  }
  const bin = path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (!existsSync(bin)) {
    throw new LaunchProblem(
      `Drawloom needs Node 22.18 or newer; this is ${process.version}, and the lock file brings none for ${process.platform} on ` +
        `${process.arch}. Install Node 24 and start again.`,
    );
  }
  const env = { ...process.env, PATH: `${path.dirname(bin)}${path.delimiter}${process.env.PATH ?? ''}` };
  // The fourth channel closes when this process dies, even by kill -9: the program takes that as its wish to stop.
  const child = spawn(bin, ['--import', quickResolve, file, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env,
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    // A terminal sends Ctrl-C to both of us; once is enough.
    process.on(signal, () => (signal === 'SIGINT' && process.stdin.isTTY) || child.kill(signal));
  }
  const [code, signal] = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (...how) => resolve(how));
  });
  process.exit(code ?? 128 + (constants.signals[signal] ?? 0));
}

function runsTypeScript(version) {
  return atLeast(version, 24, 0) || (atLeast(version, 22, 18) && !atLeast(version, 23, 0));
}
