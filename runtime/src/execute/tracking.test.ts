/** How MLflow's client finds its way out of a sandbox without namespaces, where the system gives no internet socket at all. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { defaultEnvironment } from '../../python/tests/pythons.ts';
import { SandboxHost } from './sandbox/host.ts';
import { openTracking } from './tracking.ts';

const cache = path.resolve(import.meta.dirname, '../../../node_modules/.cache');

const ownRun = {
  info: {
    run_id: 'd1mine',
    run_uuid: 'd1mine',
    experiment_id: '1',
    status: 'RUNNING',
    start_time: 1,
    artifact_uri: 'mlflow-artifacts:/1/d1mine/artifacts',
    lifecycle_stage: 'active',
  },
  data: {},
};

test('without namespaces the client is handed the socket itself, and nothing else of a network', async () => {
  const { python, folder, prefix } = await defaultEnvironment();
  const slots = await mkdtemp(path.join(cache, 'drawloom-tracking-'));
  // Two user namespaces, of which the outer allows no third: as on a machine that forbids them.
  const script = 'echo 1 > /proc/sys/user/max_user_namespaces; exec unshare --user "$@"';
  const host = await SandboxHost.start(
    {
      name: 'none',
      python,
      entry: 'drawloom._host:execute',
      preload: [],
      pythonPath: [path.resolve(import.meta.dirname, '../../python')],
      readOnly: [folder, prefix],
    },
    { folder: slots, allow: 'none', launcher: ['unshare', '--user', '--map-root-user', 'sh', '-c', script, 'sh'] },
  );
  try {
    expect(host.level).toMatchObject({ level: 'none', mode: 'none' });
    const slot = await host.acquire({ kind: 'python' });
    const inputs = slot.jobFolder.replace(/job$/, 'in');
    const heard: { call: string; fields: unknown }[] = [];
    const tracking = await openTracking(
      {
        run: 'd1mine',
        answer: async (request) => {
          const { pathname } = new URL(request.url);
          const body = await request.text();
          if (pathname.endsWith('/runs/get')) return Response.json({ run: ownRun });
          heard.push({
            call: `${request.method} ${pathname}`,
            fields: request.method === 'PUT' ? body : JSON.parse(body),
          });
          return Response.json({});
        },
        close: async () => {},
      },
      inputs,
      inputs,
    );
    const code = `import os, socket
import mlflow
def f() -> dict:
    mlflow.MlflowClient().set_tag(os.environ["MLFLOW_RUN_ID"], "a", "b")
    mlflow.MlflowClient().log_text(os.environ["MLFLOW_RUN_ID"], "hello", "notes/a.txt")
    try:
        socket.socket(socket.AF_INET)
        return {"internet": True}
    except OSError:
        return {"internet": False}
`;
    const said: Record<string, unknown>[] = [];
    let log = '';
    const hear = (chunk: Buffer) => {
      log += chunk.toString();
    };
    slot.onStdout(hear);
    slot.onStderr(hear);
    slot.onMessage((message) => void said.push(message));
    slot.dispatch(
      { code, name: 'f.py', inputs: [], parameters: {}, outputs: [{ port: 'value', kind: 'value' }], ...tracking.told },
      { timeoutMs: 60_000, memoryBytes: 2 ** 30, diskBytes: 2 ** 28, pids: 200 },
    );
    await slot.exited;
    await tracking.close('FINISHED');
    expect(said.at(-1), log).toMatchObject({ type: 'done' });
    expect(heard).toEqual([
      {
        call: 'POST /api/2.0/mlflow/runs/set-tag',
        fields: expect.objectContaining({ run_id: 'd1mine', key: 'a', value: 'b' }),
      },
      { call: 'PUT /api/2.0/mlflow-artifacts/artifacts/1/d1mine/artifacts/notes/a.txt', fields: 'hello' },
    ]);
    const output = said.find(({ type }) => type === 'output') as { path: string };
    expect(JSON.parse(await readFile(path.join(slot.jobFolder, output.path), 'utf8'))).toEqual({ internet: false });
    await slot.release();
  } finally {
    await host.stop();
    await rm(slots, { recursive: true, force: true });
  }
}, 120_000);
