/** Decides as whom Postgres runs: it refuses root, so root is mapped away or left, and everyone else runs it as themselves. */
import { spawnSync } from 'node:child_process';
import { chownSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { StartProblem } from '../../startProblem.ts';

/** How to put a Postgres program on the command line, and which user it then is. */
export interface RunAs {
  prefix: string[];
  uid?: number;
  gid?: number;
}

const nobody = 65534;

export function chooseUser(probe: string): RunAs {
  const dieWithParent = works(['setpriv', '--pdeathsig', 'INT', '--', probe, '--version'])
    ? ['setpriv', '--pdeathsig', 'INT', '--']
    : [];
  if (process.getuid?.() !== 0) return { prefix: dieWithParent };

  // Inside a user namespace root is somebody else, and outside the files stay root's: nothing to chown, no user to add.
  const mapped = ['unshare', '--user', `--map-user=${nobody}`, `--map-group=${nobody}`, '--'];
  // Leaving root clears the wish to die with the parent, so setpriv comes last.
  if (works([...mapped, ...dieWithParent, probe, '--version'])) return { prefix: [...mapped, ...dieWithParent] };

  for (const { uid, gid } of [...postgresUser(), { uid: nobody, gid: nobody }]) {
    if (works([...dieWithParent, probe, '--version'], { uid, gid })) return { prefix: dieWithParent, uid, gid };
  }
  throw new StartProblem(
    'Postgres refuses to run as root, and neither a user namespace nor another user could start it ' +
      `(${probe} must be readable for them). Start Drawloom as an ordinary user, or set DATABASE_URL to a Postgres of your own.`,
  );
}

/** Gives a folder and all in it to the user who is to write there. Only needed where root was left, not mapped. */
export function giveTo(user: RunAs, folder: string): void {
  if (user.uid === undefined || user.gid === undefined) return;
  const { uid, gid } = user;
  const give = (at: string) => {
    const stat = lstatSync(at);
    if (stat.uid !== uid) chownSync(at, uid, gid);
    if (stat.isDirectory()) for (const name of readdirSync(at)) give(path.join(at, name));
  };
  give(folder);
}

function works(command: string[], as: { uid?: number; gid?: number } = {}): boolean {
  return spawnSync(command[0]!, command.slice(1), { stdio: 'ignore', cwd: '/', timeout: 20_000, ...as }).status === 0;
}

function postgresUser(): { uid: number; gid: number }[] {
  try {
    const line = readFileSync('/etc/passwd', 'utf8').match(/^postgres:[^:]*:(\d+):(\d+):/m);
    return line ? [{ uid: Number(line[1]), gid: Number(line[2]) }] : [];
  } catch {
    return [];
  }
}
