/** What attempts of the real program can see, and what becomes of one when its worker dies. */
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, RunSummary } from '@drawloom/shared/api/runs.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { livingOf, treeOf } from '../../../test/support/processes.ts';
import { type RunningDrawloom, startDrawloom } from '../../../test/support/server.ts';

let drawloom: RunningDrawloom;
beforeAll(async () => {
  drawloom = await startDrawloom();
}, 300_000);
afterAll(() => drawloom?.stop());

async function json<T>(method: string, route: string, body?: unknown): Promise<T> {
  const answer = await drawloom.fetch(`/api/v1${route}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Starts a run of one Python node, which is told what there is to look for. */
async function start(name: string, code: string, parameters: Record<string, string | number> = {}): Promise<number> {
  const document = { ...emptyPipeline(name), nodes: { it: { type: 'python', name: 'It', code, parameters } } };
  const made = await json<Pipeline>('POST', '/projects/getting-started/pipelines', { document });
  expect(made.problems).toEqual([]);
  return (await json<{ run: RunSummary }>('POST', `/pipelines/${made.id}/runs`, {})).run.id;
}
const nodeOf = (run: number) => json<NodeRun>('GET', `/runs/${run}/nodes/it`);
const logOf = async (run: number) => (await drawloom.fetch(`/api/v1/runs/${run}/nodes/it/log`)).text();
const workerOf = () => Number([...drawloom.output().matchAll(/Worker ready \(process (\d+)\)/g)].at(-1)![1]);

test('a node that reads the environment, the worker’s memory, the database socket, another run’s folder or the network finds nothing', {
  timeout: 120_000,
}, async () => {
  const other = await start(
    'Neighbour',
    'import time\ndef it():\n    open("mark-of-the-neighbour", "w").close()\n    print("here", flush=True)\n    time.sleep(3600)\n',
  );
  await expect.poll(() => logOf(other), { timeout: 60_000 }).toContain('here');
  const worker = workerOf();
  const { port } = new URL(drawloom.url);
  // All of it is there to be found, for whoever is not kept apart.
  expect(readFileSync(`/proc/${worker}/environ`, 'utf8')).toContain(drawloom.home);
  const below = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(below(path.join(drawloom.home, 'attempts')).some((file) => file.endsWith('mark-of-the-neighbour'))).toBe(true);
  const postmaster = below(drawloom.home).find((file) => file.endsWith('postmaster.pid'))!;
  const database = Number(readFileSync(path.join(drawloom.home, postmaster), 'utf8').split('\n')[3]);
  const socket = connect(database, '127.0.0.1');
  await once(socket, 'connect');
  socket.destroy();
  const run = await start(
    'Curious',
    `import ctypes, json, os, socket
def tried(what):
    try:
        return what()
    except OSError as error:
        return None
def connected(family, place):
    with socket.socket(family, socket.SOCK_STREAM) as found:
        found.settimeout(5)
        found.connect(place)
        return "reached"
def it(*, home: str, worker: int, port: int, database: int):
    pids = [pid for pid in os.listdir("/proc") if pid.isdigit()]
    environs = [tried(lambda: open(f"/proc/{pid}/environ").read()) or "" for pid in pids] + [json.dumps(dict(os.environ))]
    marks = [where for where, _, files in os.walk("/") if "mark-of-the-neighbour" in files and not where.startswith("/proc")]
    print("found", json.dumps({
        "environment": [text for text in environs if any(name in text for name in ("DATABASE_URL", "ADMIN_TOKEN", "DRAWLOOM_HOME"))],
        "memory": tried(lambda: open(f"/proc/{worker}/mem", "rb").read(1)) and "read",
        "maps": tried(lambda: open(f"/proc/{worker}/maps").read()),
        "processes": len(pids) - 1,
        "database": tried(lambda: connected(socket.AF_INET, ("127.0.0.1", database))),
        "home": tried(lambda: os.listdir(home)),
        "neighbour": marks,
        "server": tried(lambda: connected(socket.AF_INET, ("127.0.0.1", port))),
        "interfaces": [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
        "ways out": max(0, len(open("/proc/net/route").read().splitlines()) - 1),
    }))
`,
    { home: drawloom.home, worker, port: Number(port), database },
  );
  await expect.poll(async () => (await nodeOf(run)).status, { timeout: 60_000 }).toMatch(/succeeded|failed/);
  expect(JSON.parse((await logOf(run)).match(/^found (.*)$/m)![1]!)).toEqual({
    environment: [],
    memory: null,
    maps: null,
    processes: 0,
    database: null,
    home: ['environments'], // of which it sees its own
    neighbour: [],
    server: null,
    interfaces: ['lo'],
    'ways out': 0,
  });
  await json('POST', `/runs/${other}/cancel`);
});

test('a worker killed with kill -9 in the middle of a node: another takes over, one attempt counts, no process is left', {
  timeout: 180_000,
}, async () => {
  const run = await start(
    'Interrupted',
    `import time
from drawloom import context
def it() -> int:
    print("attempt", context.attempt, flush=True)
    if context.attempt == 1:
        time.sleep(3600)
    return context.attempt
`,
  );
  await expect.poll(() => logOf(run), { timeout: 60_000 }).toContain('attempt 1');
  const worker = workerOf();
  const processes = treeOf(worker);
  expect(processes.length).toBeGreaterThan(2);
  const killedAt = Date.now();
  process.kill(worker, 'SIGKILL');
  await expect.poll(async () => (await nodeOf(run)).status, { timeout: 120_000 }).toBe('succeeded');
  const { history, outputs } = await nodeOf(run);
  expect(history.map(({ reason }) => reason)).toEqual(['lost', 'ok']);
  expect(new Set(history.map((attempt) => attempt.worker)).size).toBe(2);
  expect(outputs).toHaveLength(1);
  // By the database's clock, when the dead worker's hold on it ended.
  expect(Date.parse(history[0]!.finishedAt!) - killedAt).toBeLessThan(15_000);
  await expect.poll(() => livingOf(processes), { timeout: 10_000 }).toEqual([]);
});
