/**
 * Decides what a fault is tried on: real worker processes with their sandboxes, a Postgres with fsync that can be stopped and killed,
 * a network that can be cut in between, runs whose every result is known beforehand, and what must hold when all is over.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { LocalStore } from '../../runtime/src/artifacts/localStore.ts';
import { migrate } from '../../runtime/src/db/migrate.ts';
import { type RunningPostgres, startPostgres } from '../../runtime/src/db/postgres.ts';
import { readLog } from '../../runtime/src/logs/read.ts';
import { catalog } from '../../runtime/src/nodes/catalog.ts';
import { compilePlan } from '../../runtime/src/plan/compile.ts';
import { type Playground, playground } from '../support/playground.ts';
import { killHard, livingOf, mentioning, treeOf } from '../support/processes.ts';
import { chance } from '../support/simulation.ts';
import { lendEnvironments, warmEnvironment } from '../support/warmHome.ts';
import { type Network, openNetwork } from './network.ts';

const workerFile = path.resolve(import.meta.dirname, '../../runtime/src/start/work.ts');
const quickResolve = path.resolve(import.meta.dirname, '../../runtime/bin/quickResolve.mjs');

export interface WorkerProcess {
  pid: number;
  /** What it printed so far; a worker at peace prints nothing. */
  said(): string;
  signal(signal: NodeJS.Signals): void;
  /** Resolves when its process is gone. */
  gone: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

export interface HireOptions {
  /** Modules loaded before the worker's own. */
  preload?: string[];
  env?: NodeJS.ProcessEnv;
}

export interface House extends Omit<Playground, 'start' | 'worker'> {
  home: string;
  store: LocalStore;
  /** Between workers and database; the test itself is connected directly. */
  network: Network;
  /** From 0 to 1, the same ones for the same seed. */
  random(): number;
  /** Resolves when it takes work. */
  hire(options?: HireOptions): Promise<WorkerProcess>;
  /** Workers whose processes live. */
  workers(): WorkerProcess[];
  /** Starts one more run of the sum; `pauseMs` is how long each node of its first layer takes at least. */
  start(pauseMs?: number): Promise<number>;
  /** Starts a run of any pipeline. */
  startDocument(document: PipelineDocument): Promise<number>;
  /** Asks nothing of this run any more. */
  forget(run: number): void;
  stopPostgres(how: 'stopped' | 'killed'): Promise<void>;
  startPostgres(): Promise<void>;
  /** Resolves when the query, which gives one boolean, gives true; the database may be away meanwhile. */
  until(query: string): Promise<void>;
  /** Resolves when every run is over. */
  over(): Promise<void>;
  /** Processes that belong to this house and to no worker that lives, Postgres left out. */
  leftovers(): number[];
  /** What must hold whenever all runs are over; gives what does not. */
  wrongs(): Promise<string[]>;
  /** Done when all of its processes are gone, before its folder is removed. */
  atEnd(act: () => void): void;
  close(): Promise<void>;
}

const layers = 3;
const width = 3;

/** Every node adds a number of its own to what it gets, so that no two do equal work, of which one would be reused. */
const own = (layer: number, index: number): number => 10 * layer + index;

/** A number, three layers of three nodes that each add up the whole layer before them, and the sum of the last: 11 nodes. */
export function sum(seed: number, pauseMs: number): PipelineDocument {
  const document = emptyPipeline(`sum ${seed}`);
  const put = (id: string, code: string, parents: string[], parameters: PipelineNode['parameters']) => {
    document.nodes[id] = { type: 'typescript', name: id, code, parameters };
    for (const [index, node] of parents.entries()) {
      const edge = { from: { node, port: 'value' }, to: { node: id, port: `a${index}` } };
      document.edges[edgeId(edge)] = edge;
    }
  };
  const add = `export default async function add(
  a0: number, a1: number, a2: number, { own = 0, pauseMs = 0 }: { own?: number; pauseMs?: number },
): Promise<number> {
  console.log('adding', a0, a1, a2, own);
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  return a0 + a1 + a2 + own;
}`;
  put('first', 'export default function first({ seed = 0 }: { seed?: number }): number { return seed; }', [], { seed });
  let before = Array.from({ length: width }, () => 'first');
  for (let layer = 1; layer <= layers; layer++) {
    const now = Array.from({ length: width }, (_, index) => `n${layer}_${index}`);
    for (const [index, id] of now.entries())
      put(id, add, before, { own: own(layer, index), pauseMs: layer === 1 ? pauseMs : 0 });
    before = now;
  }
  put('last', add, before, { own: 0 });
  return document;
}

/** What the sum's last node must give. */
export function sumOf(seed: number): number {
  let before = Array.from({ length: width }, () => seed);
  const total = () => before.reduce((all, each) => all + each, 0);
  for (let layer = 1; layer <= layers; layer++) {
    const all = total();
    before = before.map((_, index) => all + own(layer, index));
  }
  return total();
}

export async function openHouse(seed: number): Promise<House> {
  const home = mkdtempSync(path.join(tmpdir(), 'drawloom-faults-'));
  let postgres: RunningPostgres = await startPostgres({ home });
  await migrate(postgres.url);
  await lendEnvironments(home);
  const environment = await warmEnvironment();
  const ground = await playground(postgres.url, { max: 6 });
  const network = await openNetwork(Number(new URL(postgres.url).port));
  const url = new URL(postgres.url);
  url.port = String(network.port);
  const store = new LocalStore(path.join(home, 'artifacts'));
  const staff = new Set<WorkerProcess>();
  /** By run: its seed. */
  const sums = new Map<number, number>();
  const ends: (() => void)[] = [];
  /** Of a worker that ended though nobody had ended it; whoever waits for it would wait for ever. */
  let unasked: Error | undefined;
  let next = 1;

  const startDocument = async (document: PipelineDocument): Promise<number> => {
    const compiled = compilePlan(document, catalog, {}, { environment: () => environment.hash });
    if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
    return (await ground.start(compiled.plan)).run;
  };
  const until = async (query: string): Promise<void> => {
    for (;;) {
      if (unasked) throw unasked;
      try {
        const [row] = await ground.sql.unsafe(query);
        if (row && Object.values(row)[0] === true) return;
      } catch (problem) {
        if (!/^(57P|08|CONN|ECONN|EPIPE)/.test(String((problem as { code?: string }).code))) throw problem;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const hire = async ({ preload = [], env = {} }: HireOptions = {}): Promise<WorkerProcess> => {
    const imports = [quickResolve, ...preload].flatMap((file) => ['--import', file]);
    const child = spawn(process.execPath, [...imports, workerFile], {
      env: { ...process.env, DATABASE_URL: url.href, DRAWLOOM_HOME: home, DRAWLOOM_LOG: 'silent', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'], // the channel closes when the test dies, and the worker ends with it
      detached: true,
    });
    let said = '';
    for (const stream of [child.stdout!, child.stderr!])
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        said += chunk;
      });
    let asked = false;
    const gone = once(child, 'exit').then(([code, signal]) => {
      staff.delete(worker);
      if (!asked) unasked = new Error(`A worker ended by itself (${signal ?? `exit ${code}`}): ${said}`);
      return { code, signal };
    });
    const worker: WorkerProcess = {
      pid: child.pid!,
      said: () => said,
      signal(signal) {
        asked = true;
        child.kill(signal);
      },
      gone,
    };
    staff.add(worker);
    const told = await Promise.race([once(child, 'message'), gone]);
    if (!Array.isArray(told)) throw new Error(`A worker did not start: ${said}`);
    return worker;
  };

  return {
    ...ground,
    home,
    store,
    network,
    random: chance(seed),
    hire,
    workers: () => [...staff],
    startDocument,
    until,
    async start(pauseMs = 0) {
      const number = next++;
      const run = await startDocument(sum(number, pauseMs));
      sums.set(run, number);
      return run;
    },
    forget: (run) => void sums.delete(run),
    async stopPostgres(how) {
      if (how === 'killed') {
        const note = readFileSync(path.join(home, 'postgres/data/postmaster.pid'), 'utf8');
        process.kill(Number(note.split('\n')[0]), 'SIGKILL');
        await postgres.ended;
      }
      await postgres.stop();
    },
    async startPostgres() {
      postgres = await startPostgres({ home });
    },
    over: () => until('select not exists (select from drawloom.run where finished_at is null)'),
    leftovers() {
      const known = new Set([...staff].flatMap(({ pid }) => treeOf(pid)));
      return mentioning(home).filter((pid) => !known.has(pid) && !isPostgres(pid));
    },
    async wrongs() {
      const wrongs: string[] = [];
      for (const row of await ground.sql`select * from drawloom.violations()`)
        wrongs.push(`${row.rule}: run ${row.run_id}, node ${row.node}: ${row.detail}`);
      for (const [run, number] of sums) wrongs.push(...(await wrongsOfSum(ground, store, home, run, number)));
      return wrongs;
    },
    atEnd: (act) => void ends.push(act),
    async close() {
      const pids = [...staff].map(({ pid }) => pid);
      const all = pids.flatMap((pid) => treeOf(pid));
      for (const worker of staff) worker.signal('SIGCONT');
      for (const worker of staff) worker.signal('SIGKILL');
      killHard(livingOf(all));
      await Promise.all([...staff].map(({ gone }) => gone));
      await ground.close();
      await network.close();
      await postgres.stop().catch(() => {});
      killHard(mentioning(home));
      for (const end of ends) end();
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const isPostgres = (pid: number): boolean => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('postgres/data');
  } catch {
    return true; // gone
  }
};

/** Every node well, once; the sum right; its bytes whole; what each node printed there, once and without a gap. */
async function wrongsOfSum(
  { sql }: Playground,
  store: LocalStore,
  home: string,
  run: number,
  number: number,
): Promise<string[]> {
  const wrongs: string[] = [];
  const nodes = await sql`
    select p.node_id, n.node, n.status::text, n.attempt, n.reason::text,
      (select count(*)::int from drawloom.attempt a where a.run_id = n.run_id and a.node = n.node and a.reason = 'ok') as good,
      f.sha256, f.size_bytes::int as size
    from drawloom.node_run n join drawloom.run r on r.id = n.run_id
    join drawloom.plan_node p on p.plan_id = r.plan_id and p.node = n.node
    left join drawloom.artifact_use u
      on u.run_id = n.run_id and u.node = n.node and u.attempt = n.attempt and u.direction = 'out'
    left join drawloom.artifact f on f.id = u.artifact_id
    where n.run_id = ${run}`;
  if (nodes.length !== layers * width + 2) wrongs.push(`run ${run} has ${nodes.length} nodes with outputs`);
  for (const { node_id, node, status, reason, attempt, good, sha256, size } of nodes) {
    const who = `run ${run} ${node_id}`;
    if (status !== 'succeeded' || good !== 1) {
      wrongs.push(`${who} is ${status} (${reason}) after ${attempt} attempts, ${good} of them good`);
      continue;
    }
    const condition = await store.verify(sha256, { sizeBytes: size, digest: true });
    if (condition !== 'whole') wrongs.push(`${who}: its output is ${condition}`);
    else if (node_id === 'last') {
      const value = JSON.parse(await text(await store.open(sha256)));
      if (value !== sumOf(number)) wrongs.push(`${who} gave ${value} instead of ${sumOf(number)}`);
    }
    if (node_id === 'first') continue;
    const chunks = await sql<{ byteOffset: number; sizeBytes: number; file: string; fileOffset: number }[]>`
      select byte_offset::int as "byteOffset", size_bytes::int as "sizeBytes", file, file_offset::int as "fileOffset"
      from drawloom.log_chunk where run_id = ${run} and node = ${node} and attempt = ${attempt} order by sequence`;
    let at = 0;
    for (const chunk of chunks) {
      if (chunk.byteOffset !== at) wrongs.push(`${who}: its log has a gap at ${at}`);
      at = chunk.byteOffset + chunk.sizeBytes;
    }
    const log = await readLog(path.join(home, 'logs'), chunks, { from: 0, to: at });
    const lines = log.bytes.toString().match(/adding/g)?.length ?? 0;
    if (lines !== 1) wrongs.push(`${who}: its line is ${lines} times in its log`);
  }
  return wrongs;
}
