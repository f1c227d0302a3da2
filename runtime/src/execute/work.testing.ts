/** Decides how a test makes work for the executor without a database: an attempt of one node, and a record of what it told. */
import { mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import type { Port, PortKind } from '@drawloom/shared/node-type/ports.ts';
import { signatureOf } from '@drawloom/shared/signature/index.ts';
import { defaultEnvironment } from '../../python/tests/pythons.ts';
import { readLog } from '../logs/read.ts';
import type {
  AttemptContext,
  AttemptOutcome,
  InputArtifact,
  LogChunk,
  MetricRow,
  OutputArtifact,
  Work,
} from './executor.ts';
import { type LocalExecutor, type LocalExecutorOptions, startLocalExecutor } from './index.ts';

const cache = path.resolve(import.meta.dirname, '../../../node_modules/.cache');

export interface Carried extends AttemptOutcome {
  metrics: MetricRow[];
  chunks: LogChunk[];
  shares: number[];
  log: string;
}

export interface Bench {
  executor: LocalExecutor;
  home: string;
  environment: string;
  /** Carries out one node of this code. */
  carry(work: Partial<Work>, signal?: AbortSignal, context?: Partial<AttemptContext>): Promise<Carried>;
  /** The text of an output. */
  read(outcome: AttemptOutcome, port: string, member?: string): Promise<string>;
  close(): Promise<void>;
}

export async function openBench(options: Partial<LocalExecutorOptions> = {}): Promise<Bench> {
  const environment = await defaultEnvironment();
  const home = await mkdtemp(path.join(cache, 'drawloom-executor-'));
  const executor = await startLocalExecutor({
    home,
    environment: async (hash) => (hash === environment.hash ? environment : undefined),
    ...options,
  });
  let fence = 0;
  return {
    executor,
    home,
    environment: environment.hash,
    carry: async (given, signal = new AbortController().signal, context = {}) => {
      fence++;
      const chunks: LogChunk[] = [];
      const metrics: MetricRow[] = [];
      const shares: number[] = [];
      const outcome = await executor.execute(workOf({ fence, environment: environment.hash, ...given }), {
        signal,
        onProgress: (share) => void shares.push(share),
        onMetrics: async (rows) => {
          metrics.push(...rows);
          return true;
        },
        onItems: async () => true,
        onLogChunk: async (chunk) => {
          chunks.push(chunk);
          return true;
        },
        ...context,
      });
      const last = chunks.at(-1);
      const to = last ? last.byteOffset + last.sizeBytes : 0;
      const log = await readLog(executor.logsFolder, chunks, { from: 0, to });
      return { ...outcome, chunks, metrics, shares, log: log.bytes.toString() };
    },
    read: async (outcome, port, member) => {
      const output = outcome.outputs.find((each) => each.port === port)!;
      const sha256 = member ? output.members!.find((each) => each.path === member)!.sha256 : output.sha256;
      return text(await executor.store.open(sha256));
    },
    close: async () => {
      await executor.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A Python node unless told otherwise, with the ports that its code declares. */
export function workOf(given: Partial<Work>): Work {
  const language = given.language ?? 'python';
  const declared = given.code ? signatureOf(language, given.code) : { inputs: [], outputs: [] };
  return {
    run: 1,
    node: 0,
    nodeId: 'node',
    mapIndex: 0,
    attempt: 1,
    fence: 1,
    project: '00000000-0000-0000-0000-000000000000',
    planHash: '0'.repeat(64),
    cacheKey: null,
    idempotencyKey: '1.node.0',
    name: 'Node',
    type: language,
    typeVersion: 1,
    language,
    code: null,
    parameters: {},
    environment: null,
    seed: 7,
    tier: 'fork',
    retryRules: [],
    timeoutMs: null,
    memoryBytes: null,
    diskBytes: null,
    mapOver: null,
    mapBy: null,
    mapRows: null,
    inputPorts: [...declared.inputs],
    outputPorts: [...declared.outputs],
    inputs: [],
    reuse: null,
    ...given,
    ...(language !== 'python' && { environment: null }),
  };
}

/** An output of one attempt as the input of the next. */
export const handOn = (outcome: AttemptOutcome, port: string, at = port, position = 0): InputArtifact => {
  const output = outcome.outputs.find((each) => each.port === port) as OutputArtifact;
  return {
    port: at,
    position,
    kind: output.kind,
    sha256: output.sha256,
    mediaType: output.mediaType,
    sizeBytes: output.sizeBytes,
    columns: output.columns ?? null,
    rowCount: output.rowCount ?? null,
    ...(output.members && { members: output.members }),
  };
};

export const ports = (...given: [string, PortKind][]): Port[] => given.map(([name, kind]) => ({ name, kind }));
