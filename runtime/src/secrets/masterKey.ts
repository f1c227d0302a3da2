/** Decides where the master key lies: a file of its own beside the data, readable by this user alone, in no backup of the database. */
import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { StartProblem } from '../startProblem.ts';

/** The key of this home, made at the first need. Two programs that start at once end up with the same one. */
export async function masterKey(home: string): Promise<Buffer> {
  const file = path.join(home, 'master-key');
  const found = await read(file);
  if (found) return found;
  await mkdir(home, { recursive: true });
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`;
  const handle = await open(draft, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY, 0o600);
  await handle.writeFile(`${randomBytes(32).toString('base64')}\n`);
  await handle.sync();
  await handle.close();
  // A link fails when the name is taken: whoever is second takes the first one's key.
  await link(draft, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(draft);
  return (await read(file))!;
}

async function read(file: string): Promise<Buffer | null> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const { mode } = await stat(file);
  if (mode & 0o077)
    throw new StartProblem(`The master key ${file} can be read by other users. Close it: chmod 600 ${file}`);
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== 32)
    throw new StartProblem(`The master key ${file} is damaged. Put back the file that the secrets were set under.`);
  return key;
}
