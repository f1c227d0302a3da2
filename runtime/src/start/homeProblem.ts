/** Decides which failures are those of the home folder, a full disk or files of another user, and says in one sentence what to do. */
import path from 'node:path';
import { StartProblem } from '../startProblem.ts';

/** Undefined when the failure has nothing to do with the home folder. */
export function homeProblem(problem: unknown, home: string): StartProblem | undefined {
  for (let cause = problem; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof StartProblem) return undefined;
    const { code = '', errcode, path: at } = cause as NodeJS.ErrnoException & { errcode?: number };
    if (diskFull.test(code) || errcode === sqlite.full)
      return new StartProblem(
        `The disk of ${home} is full. Free some space there, or choose a folder on another disk with DRAWLOOM_HOME, then start again.`,
        { cause: problem },
      );
    const refused = notOurs.test(code) && at !== undefined && isWithin(at, home);
    if (refused || errcode === sqlite.cannotOpen || errcode === sqlite.readOnly)
      return new StartProblem(
        `This user may not write to ${refused ? at : home}, which another one made. Start as that user, give the whole folder to this one ` +
          `(chown -R "$(id -un)" ${home}), or choose another with DRAWLOOM_HOME.`,
        { cause: problem },
      );
  }
  return undefined;
}

/** Of the file system, and of Postgres. */
const diskFull = /^(ENOSPC|EDQUOT|53100)$/;
const notOurs = /^(EACCES|EPERM|EROFS)$/;
/** The result codes of the file lock that says who owns a home. */
const sqlite = { readOnly: 8, full: 13, cannotOpen: 14 };

const isWithin = (file: string, folder: string): boolean => !path.relative(folder, file).startsWith('..');
