/** Decides how tests speak to us as a program of others does: its released package, in an environment of its own, on scripts of ours. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { buildEnvironment } from '../../runtime/src/environments/index.ts';
import { warmHome } from './warmHome.ts';

export interface PythonClient {
  /** Calls one scenario of `scenarios.py` as whoever has this token; throws what it ended with when it ended with an error. */
  call(token: string, scenario: string, args?: Record<string, unknown>): Promise<unknown>;
  close(): void;
}

/** One process, since a client takes seconds to load. Its environment is built once for this checkout: half a minute the first time. */
export async function startPythonClient(name: string, env: NodeJS.ProcessEnv): Promise<PythonClient> {
  const folder = path.resolve(import.meta.dirname, '../clients', name);
  const lock = readFileSync(path.join(folder, `${name}.lock`), 'utf8');
  const { python } = await buildEnvironment(warmHome, name, lock, () => {});
  const client = spawn(python, [path.join(folder, 'scenarios.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: warmHome, ...env },
  });
  let said = '';
  client.stderr.on('data', (chunk) => {
    said = (said + String(chunk)).slice(-4000);
  });
  const answers = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
  let turn: Promise<unknown> = Promise.resolve();
  return {
    call(token, scenario, args = {}) {
      const answered = turn.then(async () => {
        client.stdin.write(`${JSON.stringify({ token, scenario, args })}\n`);
        const { value, done } = await answers.next();
        if (done) throw new Error(`The client ended: ${said}`);
        const answer = JSON.parse(value) as { answer: unknown } | { error: string };
        if ('error' in answer) throw new Error(answer.error);
        return answer.answer;
      });
      turn = answered.catch(() => {});
      return answered;
    },
    close: () => client.kill(),
  };
}
