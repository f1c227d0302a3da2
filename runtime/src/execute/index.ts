/** Decides how attempts are carried out on this machine: puts store, interpreters, logs and limits together into one executor. */
import { createHash } from 'node:crypto';
import { availableParallelism, hostname, totalmem } from 'node:os';
import path from 'node:path';
import { LocalStore } from '../artifacts/localStore.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { type Environment, environmentHash, findEnvironment, findPython, shippedLock } from '../environments/index.ts';
import { catalog, codeFile, codeOf } from '../nodes/catalog.ts';
import { type AttemptParts, carryOut } from './attempt.ts';
import type { AttemptContext, AttemptOutcome, Executor, Work } from './executor.ts';
import { itemsToldAtOnce } from './items.ts';
import { type Lane, Lanes } from './lanes.ts';
import type { IsolationLevel, IsolationName } from './sandbox/isolation.ts';

export interface LocalExecutorOptions {
  /** Holds artifacts, logs, environments and the folders of attempts. */
  home: string;
  store?: ArtifactStore;
  /** The weakest isolation that is acceptable. Below it, nothing runs. */
  isolation?: IsolationName;
  /** Attempts at once, by which memory is shared out where a node sets no limit. */
  capacity?: number;
  limits?: Partial<AttemptParts['limits']>;
  /** The values of the secrets that a node names, by name. */
  secrets?(work: Work): Promise<Record<string, string>>;
  /** What the house does itself for nodes without code (`models/nodes`). */
  ownWork?(work: Work, store: ArtifactStore): Promise<AttemptOutcome> | undefined;
  /** False: the default environment is loaded when the first node asks for it, and not at once. */
  warm?: boolean;
  /** Environments that are ready, by hash; those below `home` unless told otherwise. */
  environment?(hash: string): Promise<Environment | undefined>;
  onHostOutput?: (lane: Lane, text: string) => void;
}

export interface LocalExecutor extends Executor {
  readonly store: ArtifactStore;
  readonly logsFolder: string;
  /** Found by trying at the start. */
  readonly isolation: IsolationLevel;
  /** Work that is queued or soon will be, so that processes wait ready for it. Costs nothing when it does not come. */
  expect(
    work: readonly Pick<Work, 'type' | 'language' | 'code' | 'environment' | 'tier' | 'inputPorts' | 'outputPorts'>[],
  ): void;
  /** Processes that wait ready now. */
  readonly parked: number;
  stop(): Promise<void>;
}

/** throws  SandboxRefusedError when attempts could not be kept apart as well as asked for */
export async function startLocalExecutor(options: LocalExecutorOptions): Promise<LocalExecutor> {
  const { home, capacity = availableParallelism() } = options;
  const store = options.store ?? new LocalStore(path.join(home, 'artifacts'));
  const logsFolder = path.join(home, 'logs');
  const python = await findPython();
  const environment = options.environment ?? ((hash: string) => findEnvironment(home, hash));
  const trusted = environmentHash(shippedLock('default'), python);
  const lanes = new Lanes({
    folder: path.join(home, 'attempts', machine()),
    python: python.path,
    environment,
    trustedEnvironment: trusted,
    allow: options.isolation ?? 'full',
    mostParked: 40,
    ...(options.onHostOutput && { onHostOutput: options.onHostOutput }),
  });
  const parts: AttemptParts = {
    store,
    lanes,
    logsFolder,
    ownCode,
    secrets: async (work) => (await options.secrets?.(work)) ?? {},
    ownWork: (work) => options.ownWork?.(work, store),
    limits: {
      timeoutMs: 24 * 3_600_000,
      memoryBytes: Math.max(512 * 2 ** 20, Math.floor((totalmem() * 0.75) / Math.max(1, Math.min(capacity, 4)))),
      diskBytes: 20 * 2 ** 30,
      pids: 512,
      maxFiles: 100_000,
      threads: 1,
      itemsToldAtOnce,
      ...options.limits,
    },
  };
  const isolation = await lanes.open().catch(async (error) => {
    await lanes.stop();
    throw error;
  });
  if (options.warm !== false && (await environment(trusted))) lanes.expect(new Map([[`warm ${trusted}`, 1]]));
  return {
    store,
    logsFolder,
    isolation,
    execute: (work: Work, context: AttemptContext): Promise<AttemptOutcome> => carryOut(parts, work, context),
    expect: (coming) => {
      const counts = new Map<Lane, number>();
      for (const work of coming) {
        const lane = lanes.of({ ...work, inputs: [] }, work.code ?? ownCode(work)?.code ?? '');
        counts.set(lane, (counts.get(lane) ?? 0) + 1);
      }
      lanes.expect(counts);
    },
    get parked() {
      return lanes.parked;
    },
    stop: () => lanes.stop(),
  };
}

/**
 * Whose processes can be looked for here. Several machines may share one home, and whoever starts tidies up what its own machine left,
 * by process numbers that mean nothing on another. Short, since sockets lie below it.
 */
const machine = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

function ownCode({ type: name }: Pick<Work, 'type'>): { file: string; code: string } | undefined {
  const type = catalog.get(name);
  const file = type && codeFile(type);
  return type && file ? { file, code: codeOf(type)! } : undefined;
}
