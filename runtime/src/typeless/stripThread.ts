/** The thread of `userCode.ts`: one text in, one text or the code of an error out. */
import { stripTypeScriptTypes } from 'node:module';
import { parentPort } from 'node:worker_threads';

parentPort!.on('message', (code: string) => {
  try {
    parentPort!.postMessage({ code: stripTypeScriptTypes(code) });
  } catch (error) {
    parentPort!.postMessage({ error: String((error as NodeJS.ErrnoException).code) });
  }
});
