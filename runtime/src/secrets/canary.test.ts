/**
 * One secret, used by real nodes of the real program in every way that could leave a trace. Then every place where anything is kept
 * or shown is searched for it, in all the ways in which it is usually written down.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Pipeline } from '@drawloom/shared/api/pipelines.ts';
import type { Run, RunSummary } from '@drawloom/shared/api/runs.ts';
import { emptyPipeline } from '@drawloom/shared/pipeline/document.ts';
import { isRunFinal } from '@drawloom/shared/run/status.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { mentioning, treeOf } from '../../../test/support/processes.ts';
import { type RunningDrawloom, startDrawloom } from '../../../test/support/server.ts';
import { connect } from '../db/connection.ts';
import { Mask } from '../logs/mask.ts';

const canary = 'Kan4r1e/"&<voll>\' +gelb%\nzweite Zeile: 8fL0x';
const forms = new Mask([canary]);
const line = 'zweite Zeile: 8fL0x';

let database: TestDatabase;
let drawloom: RunningDrawloom;
beforeAll(async () => {
  database = await testDatabase();
  drawloom = await startDrawloom({ env: { DATABASE_URL: database.url } });
}, 300_000);
afterAll(async () => {
  await drawloom?.stop();
  await database?.drop();
});

const json = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
  const answer = await drawloom.fetch(`/api/v1${route}`, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${route}: ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : undefined) as T;
};

const loud = `import base64, json, os, sys, urllib.parse
import drawloom
from drawloom import Secret, Metrics, log_metric
def loud(*, token: Secret, nested: dict[str, list[Secret]] = {}) -> tuple[Metrics, dict]:
    assert len(token) == ${canary.length} and nested["all"][0] == token
    forms = [token, repr(token), base64.b64encode(token.encode()).decode(), token.encode().hex(), json.dumps(token),
             base64.urlsafe_b64encode(b"u:" + token.encode()).decode(), urllib.parse.quote(token), urllib.parse.quote_plus(token)]
    for form in forms:
        print(form)
        print("err", form, file=sys.stderr)
        sys.stdout.write(form[:9]); sys.stdout.flush(); sys.stdout.write(form[9:] + "\\n"); sys.stdout.flush()
    print(drawloom.context.params, dict(os.environ), open("/proc/self/cmdline").read(), open("/proc/self/environ").read())
    for root, _, files in os.walk("/in"):
        print(root, files)
    log_metric("of " + token, 1)
    return Metrics(length=len(token)), {"length": len(token)}
`;
const nodes = {
  loud: {
    type: 'python',
    name: 'Loud',
    code: loud,
    parameters: { token: { $secret: 'CANARY' }, nested: { all: [{ $secret: 'CANARY' }] } },
  },
  failing: {
    type: 'python',
    name: 'Failing',
    code: 'from drawloom import Secret\ndef failing(*, token: Secret):\n    class Told(Exception): pass\n    raise Told({"the token": str(token)}) from ValueError(token)\n',
    parameters: { token: { $secret: 'CANARY' } },
  },
  returning: {
    type: 'python',
    name: 'Returning',
    code: 'from drawloom import Secret\ndef returning(*, token: Secret) -> str:\n    return "Bearer " + token\n',
    parameters: { token: { $secret: 'CANARY' } },
  },
  script: {
    type: 'typescript',
    name: 'Script',
    code: `import { type Secret, logMetric } from 'drawloom';
export default function run({ token }: { token: Secret }): void {
  console.log(token, JSON.stringify({ token }), Buffer.from(token).toString('base64'), process.argv, process.env);
  logMetric('of ' + token, 1);
  throw new Error('refused: ' + token);
}`,
    parameters: { token: { $secret: 'CANARY' } },
  },
  waiting: {
    type: 'python',
    name: 'Waiting',
    code: 'import time\nfrom drawloom import Secret\ndef waiting(*, token: Secret):\n    print("it waits", flush=True)\n    time.sleep(3600)\n',
    parameters: { token: { $secret: 'CANARY' } },
  },
};

let run: number;
let pipeline: string;

test('a node is given the secret, and while it runs no process of the house carries it', {
  timeout: 240_000,
}, async () => {
  await json('PUT', '/projects/getting-started/secrets/CANARY', { value: canary });
  const made = await json<Pipeline>('POST', '/projects/getting-started/pipelines', {
    document: { ...emptyPipeline('Canary'), nodes },
  });
  expect(made.problems.filter((problem) => problem.severity === 'error')).toEqual([]);
  pipeline = made.id;
  ({
    run: { id: run },
  } = await json<{ run: RunSummary }>('POST', `/pipelines/${pipeline}/runs`, {}));
  const states = async () =>
    (await json<Run>('GET', `/runs/${run}`)).nodes.map(({ node, status }) => `${node} ${status}`).sort();
  await expect
    .poll(states, { timeout: 200_000 })
    .toEqual(['failing failed', 'loud succeeded', 'returning failed', 'script failed', 'waiting running']);
  const processes = [...new Set([...treeOf(drawloom.child.pid!), ...mentioning(drawloom.home)])];
  expect(processes.length).toBeGreaterThan(5);
  for (const pid of processes)
    for (const file of ['cmdline', 'environ']) expect(leaksIn(read(`/proc/${pid}/${file}`))).toBe(false);
  await json('POST', `/runs/${run}/cancel`);
  await expect
    .poll(async () => isRunFinal((await json<Run>('GET', `/runs/${run}`)).status), { timeout: 60_000 })
    .toBe(true);
});

test('what is shown of it afterwards is masked: logs, errors, the run, the drawing and its export', async () => {
  const log = await (await drawloom.fetch(`/api/v1/runs/${run}/nodes/loud/log`)).text();
  expect(log).toContain('***');
  for (const route of [
    `/runs/${run}`,
    ...Object.keys(nodes).flatMap((id) => [`/runs/${run}/nodes/${id}`, `/runs/${run}/nodes/${id}/log`]),
    `/runs/${run}/metrics`,
    `/pipelines/${pipeline}`,
    `/pipelines/${pipeline}/export`,
    '/projects/getting-started/secrets',
    '/projects/getting-started/audit',
  ]) {
    const answer = await drawloom.fetch(`/api/v1${route}`);
    expect([route, answer.status, leaksIn(Buffer.from(await answer.arrayBuffer()))]).toEqual([route, 200, false]);
  }
  expect(leaksIn(Buffer.from(drawloom.output()))).toBe(false);
});

test('no table of the database holds it', async () => {
  const { sql, close } = connect(database.url, { max: 1 });
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', table_schema, table_name) as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`;
  expect(tables.length).toBeGreaterThan(20);
  for (const { name } of tables) {
    const rows = await sql.unsafe(`select t::text as row, to_jsonb(t)::text as json from ${name} t`);
    for (const { row, json } of rows) expect([name, leaksIn(Buffer.from(row + json))]).toEqual([name, false]);
  }
  await close();
});

test('no file below the home holds it: artifacts, logs, folders of attempts, and what else is there', () => {
  const files = readdirSync(drawloom.home, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(path.join(drawloom.home, 'environments')));
  expect(files.some((file) => file.includes('/logs/'))).toBe(true);
  expect(files.some((file) => file.includes('/artifacts/'))).toBe(true);
  for (const file of files) expect([file, leaksIn(read(file))]).toEqual([file, false]);
});

test('the search finds what it is to find', () => {
  for (const form of [
    canary,
    line,
    Buffer.from(canary).toString('base64'),
    encodeURIComponent(canary),
    Buffer.from(canary).toString('hex'),
  ])
    expect(leaksIn(Buffer.from(`before ${form} after`))).toBe(true);
  expect(leaksIn(Buffer.from('nothing'))).toBe(false);
});

const leaksIn = (bytes: Buffer): boolean => forms.isIn(bytes) || bytes.includes(line);
function read(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    return Buffer.alloc(0); // gone meanwhile
  }
}
