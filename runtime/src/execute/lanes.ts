/**
 * Decides which interpreter an attempt gets, and how many of each kind wait ready: a light Python, a warm one for the default
 * environment, a bare one for any other, and Node for TypeScript and SQL. Interpreters are started when first asked for.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import type { Environment } from '../environments/index.ts';
import { typeless, typelessFolder } from '../typeless/index.ts';
import type { Work } from './executor.ts';
import { needsHeavy } from './imports.ts';
import { type HostSpec, SandboxHost } from './sandbox/host.ts';
import type { IsolationLevel, IsolationName } from './sandbox/isolation.ts';
import { selfTest } from './sandbox/self-test.ts';
import type { Slot, SlotSpec } from './sandbox/slot.ts';

/** `light`, `node sql`, `node typescript`, `warm <environment>`, `cold <environment>` */
export type Lane = string;

export interface LaneOptions {
  /** Where slots have their folders: on the file system of the artifact store, so that inputs are links. */
  folder: string;
  /** The interpreter for code that imports nothing beyond the standard library. */
  python: string;
  /** An environment that is ready, by the hash in the plan. */
  environment(hash: string): Promise<Environment | undefined>;
  /** The one environment whose packages this house vouches for; only they are imported ahead, outside of an attempt. */
  trustedEnvironment?: string;
  allow: IsolationName;
  /** The most that wait ready in one lane. */
  mostParked: number;
  /** After so long without use, no Node waits ready: each holds tens of megabytes. */
  restMs?: number;
  /** Own code of node types, and the language of a node without code. */
  onHostOutput?: (lane: Lane, text: string) => void;
}

const runtime = path.resolve(import.meta.dirname, '../..');
const pythonPath = path.join(runtime, 'python');
const nodeTypes = path.join(runtime, 'src/nodes');
const nodeHost = path.join(runtime, 'src/execute/node-host');
const entry = 'drawloom._host:execute';

/** Imported once, before attempts are forked; what an environment lacks is passed over. */
const warmModules = [
  'drawloom._host',
  'sklearn.compose',
  'sklearn.dummy',
  'sklearn.ensemble',
  'sklearn.impute',
  'sklearn.linear_model',
  'sklearn.metrics',
  'sklearn.model_selection',
  'sklearn.neighbors',
  'sklearn.pipeline',
  'sklearn.preprocessing',
  'drawloom._warm',
];

/** Demand is looked at over this long; then a lane that nobody uses keeps but one ready. */
const rememberedMs = 3000;
/** A lane of an environment that nobody used for so long is closed. */
const idleMs = 10 * 60_000;
const restMs = 2 * 60_000;

interface Running {
  host: Promise<SandboxHost>;
  /** The same once it is up. */
  live?: SandboxHost;
  usedAt: number;
  lanes: Set<Lane>;
}

export class Lanes {
  readonly #options: LaneOptions;
  readonly #hosts = new Map<string, Running>();
  readonly #taken = new Map<Lane, number[]>();
  readonly #expected = new Map<Lane, number>();
  readonly #usedAt = new Map<Lane, number>();
  readonly #tending: NodeJS.Timeout;
  readonly #prepared = new WeakMap<SandboxHost, Map<Lane, number>>();
  readonly #leaving = new Set<Promise<void>>();
  #level: IsolationLevel | undefined;
  #stopped = false;

  constructor(options: LaneOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true, mode: 0o711 });
    this.#tending = setInterval(() => this.#tend(), rememberedMs);
    this.#tending.unref();
  }

  /** What was found by trying; undefined until a host has been started. */
  get level(): IsolationLevel | undefined {
    return this.#level;
  }

  /** Starts the light interpreter and lets an attempt try to get out of it. throws SandboxRefusedError */
  async open(): Promise<IsolationLevel> {
    const host = await this.#host('light');
    this.#level = await selfTest(host);
    this.#prepare('light', host);
    return this.#level;
  }

  of(
    work: Pick<Work, 'language' | 'code' | 'environment' | 'tier' | 'inputPorts' | 'outputPorts' | 'inputs'>,
    code: string,
  ): Lane {
    if (work.language === 'sql') return 'node sql';
    const kinds: PortKind[] = [...work.inputPorts, ...work.outputPorts, ...work.inputs].map(({ kind }) => kind);
    // Whatever reads or writes a table needs DuckDB, which takes longer to load than all the rest.
    if (work.language === 'typescript') return kinds.includes('table') ? 'node sql' : 'node typescript';
    if (work.environment === null) return 'light';
    if (work.tier === 'cold') return `cold ${work.environment}`;
    if (!needsHeavy(code, kinds)) return 'light';
    return `${work.environment === this.#options.trustedEnvironment ? 'warm' : 'cold'} ${work.environment}`;
  }

  /** A process ready for one attempt. */
  async take(lane: Lane): Promise<{ slot: Slot; host: SandboxHost }> {
    const now = performance.now();
    const recent = (this.#taken.get(lane) ?? []).filter((at) => now - at < rememberedMs);
    recent.push(now);
    this.#taken.set(lane, recent);
    this.#usedAt.set(lane, now);
    const left = this.#expected.get(lane) ?? 0;
    if (left > 0) this.#expected.set(lane, left - 1);
    for (let attempt = 0; ; attempt++) {
      const host = await this.#host(lane);
      this.#prepare(lane, host);
      try {
        return { slot: await host.acquire(specOf(lane)), host };
      } catch (error) {
        // The host may have ended just now; another one is started once.
        if (attempt > 0 || this.#stopped || this.#hosts.has(hostNameOf(lane))) throw error;
      }
    }
  }

  /** Takes a slot's folder away, while others go on. */
  giveBack(slot: Slot): void {
    const leaving = slot.release().catch(() => {});
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving));
  }

  /** Tells what is coming, so that processes wait ready: how many attempts of each lane are queued or soon will be. */
  expect(counts: ReadonlyMap<Lane, number>): void {
    for (const [lane, count] of counts) {
      this.#expected.set(lane, Math.max(count, this.#expected.get(lane) ?? 0));
      void this.#host(lane).then(
        (host) => this.#prepare(lane, host),
        () => {}, // whoever takes from it is told why
      );
    }
  }

  /** Asking anew makes the host fork at once, beside what runs; so it is asked only for more, or after a while for less. */
  #prepare(lane: Lane, host: SandboxHost, mayShrink = false): void {
    const recent = this.#taken.get(lane)?.length ?? 0;
    const rests = performance.now() - (this.#usedAt.get(lane) ?? 0) > (this.#options.restMs ?? restMs);
    const demand = Math.max(
      rests && lane.startsWith('node ') ? 0 : fewestOf(lane),
      recent === 0 ? 0 : 2 ** Math.ceil(Math.log2(recent)),
      this.#expected.get(lane) ?? 0,
    );
    const wanted = Math.min(demand, mostOf(lane, this.#options.mostParked));
    const before = this.#prepared.get(host)?.get(lane) ?? 0;
    if (wanted === before || (wanted < before && !mayShrink)) return;
    this.#prepared.set(host, new Map(this.#prepared.get(host)).set(lane, wanted));
    host.prepare(specOf(lane), wanted);
  }

  #tend(): void {
    const now = performance.now();
    for (const [name, running] of this.#hosts) {
      const isIdle = now - running.usedAt > idleMs && name !== 'light' && !name.startsWith('warm ');
      if (isIdle) {
        this.#hosts.delete(name);
        void running.host.then((host) => host.stop()).catch(() => {});
        continue;
      }
      void running.host.then(
        (host) => {
          for (const lane of running.lanes) {
            const recent = (this.#taken.get(lane) ?? []).filter((at) => now - at < rememberedMs);
            this.#taken.set(lane, recent);
            if (recent.length === 0) this.#expected.delete(lane);
            this.#prepare(lane, host, true);
          }
        },
        () => {},
      );
    }
  }

  /** Slots that wait ready in hosts that are up. */
  get parked(): number {
    return [...this.#hosts.values()].reduce((sum, { live }) => sum + (live?.parkedInAll ?? 0), 0);
  }

  #host(lane: Lane): Promise<SandboxHost> {
    const name = hostNameOf(lane);
    const running = this.#hosts.get(name);
    if (running) {
      running.usedAt = performance.now();
      running.lanes.add(lane);
      return running.host;
    }
    if (this.#stopped) return Promise.reject(new Error('The executor has stopped.'));
    const host = this.#start(name);
    const started: Running = { host, usedAt: performance.now(), lanes: new Set([lane]) };
    this.#hosts.set(name, started);
    const forget = () => {
      if (this.#hosts.get(name) === started) this.#hosts.delete(name);
    };
    host.then((live) => {
      started.live = live;
      void live.exited.then(forget);
    }, forget);
    return host;
  }

  async #start(name: string): Promise<SandboxHost> {
    const { folder, allow, onHostOutput } = this.#options;
    const host = await SandboxHost.start(await this.#spec(name), {
      folder,
      allow,
      ...(onHostOutput && { onHostOutput: (text: string) => onHostOutput(name, text) }),
    });
    this.#level ??= host.level;
    return host;
  }

  async #spec(name: string): Promise<HostSpec> {
    const common = { name: name.slice(0, 40), entry, pythonPath: [pythonPath] };
    if (name === 'light')
      return { ...common, python: this.#options.python, preload: ['drawloom._host'], readOnly: lightFolders() };
    const [warmth, hash] = name.split(' ') as [string, string];
    const environment = await this.#options.environment(hash);
    if (!environment)
      throw new EnvironmentMissingError(
        `The packages of the Python environment are not there (${hash.slice(0, 12)}…). Start Drawloom again: it builds them, or says why it cannot.`,
      );
    return {
      ...common,
      python: environment.python,
      preload: warmth === 'warm' ? warmModules : [],
      readOnly: [nodeTypes, environment.folder, environment.prefix],
    };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#tending);
    const hosts = [...this.#hosts.values()];
    await Promise.allSettled(hosts.map(async ({ host }) => (await host).stop()));
    await Promise.allSettled(this.#leaving);
  }
}

/** The environment that a node asks for has been taken away. */
export class EnvironmentMissingError extends Error {
  override name = 'EnvironmentMissingError';
}

/** SQL and TypeScript run in Node, in slots of the light host: it forks them, and they become Node. */
const hostNameOf = (lane: Lane): string => (lane.startsWith('node ') ? 'light' : lane);

const specOf = (lane: Lane): SlotSpec =>
  lane.startsWith('node ')
    ? {
        kind: 'exec',
        argv: [
          process.execPath,
          typeless(path.join(nodeHost, 'child.ts')),
          ...(lane === 'node sql' ? ['--preload=sql'] : []),
        ],
        env: { TZ: 'UTC', NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
      }
    : { kind: 'python' };

/** Kept ready in a lane that has been used, so that the first of the next attempts need not wait. */
const fewestOf = (lane: Lane): number => (lane === 'light' ? 4 : lane.startsWith('warm ') ? 2 : 1);

/** A waiting Node holds tens of megabytes, a forked Python next to nothing. */
const mostOf = (lane: Lane, most: number): number => (lane.startsWith('node ') ? Math.min(most, 4) : most);

/** What Node needs to see: itself, DuckDB, the program it runs, and the code of node types. */
function lightFolders(): string[] {
  const require = createRequire(import.meta.url);
  const duckdb = path.dirname(path.dirname(require.resolve('@duckdb/node-api/package.json')));
  // Node asks the package above a file whether it is a module; where it may see the file but not read it, it gives up.
  const packages = [path.join(runtime, 'package.json'), path.join(runtime, '../package.json')];
  const folders = [
    path.dirname(process.execPath),
    duckdb,
    nodeHost,
    nodeTypes,
    typelessFolder() ?? nodeHost,
    ...packages,
  ];
  return folders.filter((folder) => existsSync(folder));
}
