/** Decides how the command line of this machine gets in: by a token in the home folder, which only its owner can read, drawn at every start. */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { StartProblem } from '../startProblem.ts';
import { drawToken } from './credentials.ts';

const fileIn = (home: string) => path.join(home, 'program', 'token');

/** Whoever can read the file could as well read the database's password beside it: it gives nothing away. */
export async function writeLocalToken(home: string): Promise<string> {
  const token = drawToken();
  await mkdir(path.dirname(fileIn(home)), { recursive: true, mode: 0o700 });
  await rm(fileIn(home), { force: true });
  await writeFile(fileIn(home), `${token}\n`, { mode: 0o600, flag: 'wx' });
  await chmod(fileIn(home), 0o600);
  return token;
}

export async function readLocalToken(home: string): Promise<string> {
  try {
    return (await readFile(fileIn(home), 'utf8')).trim();
  } catch (cause) {
    throw new StartProblem(
      `The server on ${home} was started by somebody else, and ${fileIn(home)} cannot be read. Set DRAWLOOM_URL and DRAWLOOM_TOKEN.`,
      { cause },
    );
  }
}
