// Finds out by trying how well attempts are kept apart: a real attempt tries to get out while this side leaves things to find.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SandboxHost } from './host.ts';
import type { IsolationLevel } from './isolation.ts';
import type { Limits, Slot } from './slot.ts';

interface Probe {
  name: string;
  held: boolean;
  detail: string;
}

const limits: Limits = { timeoutMs: 30_000, memoryBytes: 512 * 1024 ** 2, diskBytes: 64 * 1024 ** 2, pids: 64 };

/** Also sets `host.level`. Throws when the attempt itself could not be carried out: then nothing is known. */
export async function selfTest(host: SandboxHost): Promise<IsolationLevel> {
  const marker = `drawloom-${randomBytes(8).toString('hex')}`;
  const folder = await mkdtemp(join(tmpdir(), 'drawloom-self-test-'));
  const secret = join(folder, marker);
  const abstract = createServer().listen(`\0${marker}-worker`);
  const loopback = createServer().listen(0, '127.0.0.1');
  const slots: Slot[] = [];
  try {
    await Promise.all([once(abstract, 'listening'), once(loopback, 'listening')]);
    // Readable by all, so that what keeps it from the attempt is the sandbox and not a permission.
    await writeFile(secret, 'secret of the worker', { mode: 0o644 });
    await chmod(folder, 0o755);
    const decoy = await host.acquire({ kind: 'python' });
    slots.push(decoy);
    await answered(decoy, { role: 'decoy', marker }, 'standing');
    const slot = await host.acquire({ kind: 'python' });
    slots.push(slot);
    await slot.link(secret, 'input');
    const answer = await answered(
      slot,
      {
        marker,
        pids: [process.pid, decoy.pid],
        secrets: [secret, join(decoy.jobFolder, marker)],
        abstract: [`${marker}-worker`, marker],
        port: (loopback.address() as AddressInfo).port,
        input: '/in/input',
        readOnly: host.spec.pythonPath,
      },
      'escapes',
    );
    host.level = judge(host.level, answer.results as Probe[]);
    return host.level;
  } finally {
    await Promise.all(slots.map((slot) => slot.release()));
    abstract.close();
    loopback.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function judge(built: IsolationLevel, probes: Probe[]): IsolationLevel {
  const gaps = probes.filter((probe) => !probe.held);
  const missing = [...new Set([...built.missing, ...gaps.map((probe) => probe.name)])];
  return {
    ...built,
    level: built.mode === 'none' ? 'none' : missing.length > 0 ? 'partial' : 'full',
    missing,
    details: [...built.details, ...gaps.map((probe) => `${probe.name}: ${probe.detail}.`)],
    tested: true,
  };
}

async function answered(slot: Slot, escapes: object, type: string): Promise<Record<string, unknown>> {
  let said = '';
  slot.onStderr((chunk) => {
    said = (said + chunk.toString()).slice(-4000);
  });
  slot.onStdout(() => {});
  const answer = new Promise<Record<string, unknown>>((resolve) => {
    slot.onMessage((message) => {
      if (message.type === type) resolve(message);
      else said += JSON.stringify(message);
    });
  });
  slot.dispatch({ escapes }, limits);
  return Promise.race([
    answer,
    slot.exited.then((exit) => {
      throw new Error(`The sandbox's self-test could not be carried out (${JSON.stringify(exit)}). It said: ${said}`);
    }),
  ]);
}
