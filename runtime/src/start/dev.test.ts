import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { livingOf, treeOf } from '../../../test/support/processes.ts';
import { runDrawloom } from '../../../test/support/server.ts';
import { lendEnvironments } from '../../../test/support/warmHome.ts';

test('development serves the editor from its sources with the API behind it, and stops whole', {
  timeout: 180_000,
}, async () => {
  const home = mkdtempSync(path.join(tmpdir(), 'drawloom-dev-'));
  await lendEnvironments(home);
  const port = await twoFreePorts();
  const { child, output, exited } = runDrawloom(['dev'], { DRAWLOOM_HOME: home, PORT: String(port) });
  try {
    await expect.poll(output, { timeout: 120_000 }).toMatch(/Sign in +http/);
    const editor = `http://127.0.0.1:${port + 1}`;
    expect(output()).toContain(`${editor}/sign-in#`);
    await expect.poll(() => statusOf(editor), { timeout: 30_000 }).toBe(200);
    expect(await statusOf(`${editor}/api/v1/session`)).toBe(401);
    const all = treeOf(child.pid!);
    child.kill('SIGINT');
    expect((await exited).code).toBe(0);
    await expect.poll(() => livingOf(all), { timeout: 10_000 }).toEqual([]);
  } finally {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  }
});

const statusOf = (url: string) =>
  fetch(url).then(
    (answer) => answer.status,
    () => 0,
  );

/** A port whose neighbour is free as well: the API gets the one, the editor the other. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const [first, second] = [createServer(), createServer()];
    first.listen(0, '127.0.0.1');
    await once(first, 'listening');
    const { port } = first.address() as AddressInfo;
    second.listen(port + 1, '127.0.0.1');
    const free = await once(second, 'listening').then(
      () => true,
      () => false,
    );
    first.close();
    second.close();
    if (free) return port;
  }
}
