/** What a house can do whose Python environment could not be built, since no package index answers: all but the nodes that need it. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { NodeRun, RunSummary } from '@drawloom/shared/api/runs.ts';
import type { System } from '@drawloom/shared/api/system.ts';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningDrawloom, startDrawloom } from '../../../test/support/server.ts';

let home: string;
let drawloom: RunningDrawloom;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'drawloom-without-'));
  await mkdir(path.join(home, 'environments'), { mode: 0o711 }); // or the tests' own would be lent to it
  const nobody = 'http://127.0.0.1:9/simple/';
  const none = { PIP_CONFIG_FILE: '/dev/null', PIP_EXTRA_INDEX_URL: '', PIP_FIND_LINKS: '' };
  drawloom = await startDrawloom({ home, env: { ...none, PIP_INDEX_URL: nobody, UV_DEFAULT_INDEX: nobody } });
}, 600_000);
afterAll(async () => {
  await drawloom?.stop();
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
});

async function json<T>(method: string, route: string, body?: unknown): Promise<T> {
  const answer = await drawloom.fetch(`/api/v1${route}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

async function ran(parts: Pick<PipelineDocument, 'nodes' | 'edges'>): Promise<number> {
  const document = { ...emptyPipeline(`Without ${Object.keys(parts.nodes).join(' ')}`), ...parts };
  const made = await json<Pipeline>('POST', '/projects/getting-started/pipelines', { document });
  expect(made.problems).toEqual([]);
  const { run } = await json<{ run: RunSummary }>('POST', `/pipelines/${made.id}/runs`, {});
  const status = async () => (await json<RunSummary>('GET', `/runs/${run.id}`)).status;
  await expect.poll(status, { timeout: 300_000, interval: 250 }).toMatch(/succeeded|failed/);
  return run.id;
}
const nodeOf = (run: number, node: string) => json<NodeRun>('GET', `/runs/${run}/nodes/${node}`);
const node = (type: string, name: string, code: string) => ({ type, name, code, parameters: {} });
const edge = (from: string, to: string, port: string) => {
  const one = { from: { node: from, port: 'table' }, to: { node: to, port } };
  return { [edgeId(one)]: one };
};

test('the start and the page about the house say what is missing', async () => {
  expect(drawloom.output()).toMatch(/^! Python nodes cannot run yet\. The package index cannot be reached/m);
  expect((await json<System>('GET', '/system')).environments).toEqual([
    { name: 'default', status: 'failed', packages: [], message: expect.stringContaining('Python nodes cannot run') },
  ]);
});

test('TypeScript and SQL work on tables, one after the other', { timeout: 400_000 }, async () => {
  const run = await ran({
    nodes: {
      made: node(
        'typescript',
        'Made',
        `import type { Table } from 'drawloom';
export default async function made(): Promise<Table> {
  return [{ x: 1 }, { x: 2 }, { x: 3 }];
}
`,
      ),
      doubled: node('sql', 'Doubled', 'select x * 2 as y from made where x > 1\n'),
      total: node(
        'typescript',
        'Total',
        `import type { Table } from 'drawloom';
export default async function total(doubled: Table): Promise<number> {
  let sum = 0;
  for await (const row of doubled.rows()) sum += Number(row.y);
  return sum;
}
`,
      ),
    },
    edges: { ...edge('made', 'doubled', 'made'), ...edge('doubled', 'total', 'doubled') },
  });
  const total = await nodeOf(run, 'total');
  expect(total).toMatchObject({ status: 'succeeded', outputs: [{ kind: 'value' }] });
  const content = `/api/v1/projects/getting-started/artifacts/${total.outputs[0]!.sha256}/content`;
  expect(await (await drawloom.fetch(content)).text()).toBe('10');
});

test('a Python node that needs a library fails as ours, and says how to go on', { timeout: 400_000 }, async () => {
  const code = 'import pandas as pd\n\ndef it() -> pd.DataFrame:\n    return pd.DataFrame({"x": [1]})\n';
  const run = await ran({ nodes: { it: node('python', 'It', code) }, edges: {} });
  expect(await nodeOf(run, 'it')).toMatchObject({
    status: 'failed',
    reason: 'infra',
    message: expect.stringMatching(/Python environment are not there .* Start Drawloom again/),
  });
});
