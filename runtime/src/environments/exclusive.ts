/** Decides who builds when several programs want the same folder: one at a time, and never a dead one. */
import { closeSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { run } from './command.ts';
import { environmentsFolder } from './folder.ts';
import { toolEnvironment } from './operator.ts';
import { EnvironmentProblem } from './problem.ts';

const question = `
import fcntl, sys
try:
    fcntl.flock(3, fcntl.LOCK_EX | (fcntl.LOCK_NB if sys.argv[1] == 'now' else 0))
except BlockingIOError:
    sys.exit(75)
`;

/**
 * Does `work` while nobody else does any under the same name in this home, in this process or another.
 * The kernel holds the lock for whoever has the file open: us, and the tools that `work` hands it to. So it is free again
 * the moment the last of them is gone, however they went, and it stays taken while one of them still writes.
 */
export async function exclusively<T>(
  home: string,
  name: string,
  python: string,
  onWait: () => void,
  work: (hold: number) => Promise<T>,
): Promise<T> {
  const folder = path.join(environmentsFolder(home), 'locks');
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const file = openSync(path.join(folder, name), 'a', 0o644);
  // Node cannot ask for such a lock; a Python that shares our open file can, and what it gets is ours.
  const take = (when: 'now' | 'wait') =>
    run(python, [python, '-I', '-S', '-c', question, when], { env: toolEnvironment(home), hold: file });
  try {
    let taken = await take('now');
    if (taken.code === 75) {
      onWait();
      taken = await take('wait');
    }
    if (taken.code !== 0) {
      throw new EnvironmentProblem(
        'folder-unfit',
        `Files in ${folder} cannot be locked, so two programs could build the same environment at once. ` +
          'Choose a folder on a local disk with DRAWLOOM_HOME.',
        taken.stderr,
      );
    }
    return await work(file);
  } finally {
    closeSync(file);
  }
}
