/** Decides what an executor is handed and what it must hand back. Every tier meets this, and a pipeline does not know which it met. */
import type { IncomingMessage } from 'node:http';
import type { Json } from '@drawloom/shared/json.ts';
import type { Language } from '@drawloom/shared/node-type/definition.ts';
import type { Column, Port, PortKind } from '@drawloom/shared/node-type/ports.ts';
import type { RetryRule } from '@drawloom/shared/pipeline/document.ts';
import type { KnownOfEnd } from '@drawloom/shared/run/failure/evidence.ts';
import type { AttemptReason, ParkKind } from '@drawloom/shared/run/status.ts';
import type { MaskedStream } from '../logs/mask.ts';

/** A file of a folder or model artifact. */
export interface Member {
  path: string;
  sha256: string;
  sizeBytes: number;
}

/** An artifact that arrives at an input port; several at one port come in the order of their positions. */
export interface InputArtifact {
  port: string;
  position: number;
  kind: PortKind;
  sha256: string;
  mediaType: string;
  sizeBytes: number;
  columns: Column[] | null;
  rowCount: number | null;
  /** Present for an artifact of several files; `sha256` is then that of the manifest. */
  members?: Member[];
  /** What the item of a map is called that it is, or comes from. */
  itemName?: string;
}

/** What an attempt made. The bytes are in the store before this is told. */
export interface OutputArtifact {
  port: string;
  /** 0, except for a port that gives several. */
  position?: number;
  kind: PortKind;
  sha256: string;
  sizeBytes: number;
  mediaType: string;
  columns?: Column[] | null;
  rowCount?: number | null;
  profile?: Json;
  facts?: { [key: string]: Json } | null;
  members?: Member[];
  /** Of an item that a map is to go through: what it is called. */
  itemName?: string;
}

/** Earlier work that this attempt may take over, once its bytes are found to be there and whole. */
export interface ReuseCandidate {
  run: number;
  node: number;
  mapIndex: number;
  nodeId: string;
  outputs: OutputArtifact[];
}

/** One attempt to carry out, with everything it needs. */
export interface Work {
  run: number;
  /** Index in the plan. */
  node: number;
  nodeId: string;
  /** Which item of a map, from 1; 0 for the node itself, which tells the items first. */
  mapIndex: number;
  attempt: number;
  /** Goes with everything this attempt writes; whoever holds an older one writes nothing. */
  fence: number;
  project: string;
  planHash: string;
  /** Null for a node that makes nothing. */
  cacheKey: string | null;
  /** Stable over all attempts of this node run, for side effects outside the house. */
  idempotencyKey: string;
  name: string;
  type: string;
  typeVersion: number;
  language: Language | null;
  code: string | null;
  parameters: Record<string, Json>;
  environment: string | null;
  seed: number | null;
  /** Digest of the file that it reads from outside the pipeline; the bytes are in the store. */
  outside?: string | null;
  tier: 'fork' | 'cold';
  /** What of its failures earns another attempt, where that is not the ordinary. */
  retryRules: readonly RetryRule[];
  timeoutMs: number | null;
  memoryBytes: number | null;
  diskBytes: number | null;
  /** Where the items of a map arrive: an input port, or a parameter. */
  mapOver: string | null;
  /** Of a table: the columns in which the rows of an item are equal. */
  mapBy: string[] | null;
  /** Of a table: so many rows are an item. */
  mapRows: number | null;
  /** Set on what cuts a table into the items of a map, in place of the node's own code. */
  cut?: Cut;
  inputPorts: Port[];
  outputPorts: Port[];
  inputs: InputArtifact[];
  reuse: ReuseCandidate | null;
}

/** How a table is cut into items: by groups, or by so many rows. */
export interface Cut {
  by: string[] | null;
  rows: number | null;
  /** More items than this are refused. */
  most: number;
}

export interface AttemptFailure {
  type?: string;
  message: string;
  traceback?: string;
  /** Line and column in the node's code, from 1. */
  line?: number;
  column?: number;
  known?: KnownOfEnd;
}

/** How an attempt ended. `ok` without `reusedFrom` means that it was carried out. */
export interface AttemptOutcome {
  reason: AttemptReason;
  exitCode?: number | null;
  signal?: string | null;
  error?: AttemptFailure;
  outputs: OutputArtifact[];
  /** Set when the candidate's bytes were found whole and nothing was executed; `outputs` may then stay empty. */
  reusedFrom?: { run: number; node: number; mapIndex: number };
  /** With the reason `parked`: what for. For `map`, `outputs` are the items, at the port where they arrive. */
  park?: ParkKind;
  tier?: string;
  isolation?: string;
  peakMemoryBytes?: number;
  cpuMs?: number;
  wallMs?: number;
  /** From when it was taken until its code began. */
  startMs?: number;
}

export interface MetricRow {
  key: string;
  step: number;
  value: number;
  /** UTC instant, ISO 8601. */
  at: string;
}

/** A stretch of an attempt's log that is in its file already. */
export interface LogChunk {
  sequence: number;
  byteOffset: number;
  sizeBytes: number;
  lines: number;
  /** The file below the logs folder, and where in it the chunk begins. */
  file: string;
  fileOffset: number;
  levels: Record<string, number>;
  droppedBytes?: number;
}

/** What a client of MLflow inside of an attempt is answered with. */
export interface TrackedAttempt {
  /** The name by which such clients know the run of this attempt. */
  readonly run: string;
  /** Anything that code in the sandbox may send; always answered in the client's own form. */
  answer(request: Request, sent: { incoming: IncomingMessage }): Promise<Response>;
  /** The attempt is over: runs that it began inside its own and left open are ended, too. */
  close(status: 'FINISHED' | 'FAILED' | 'KILLED'): Promise<void>;
}

/** What those answers need of the attempt. */
export interface TrackedMeans {
  /** On the way that all numbers of the attempt take. The promise asks the sender to wait. */
  log(metric: { key: string; value: number; step: number; time: number }): void | Promise<void>;
  /** Once everything logged so far is recorded. */
  flush(): Promise<void>;
  /** Takes secrets out of what is to be kept. */
  mask(text: string): string;
  /** The same for a file that comes in parts: what comes out is shorter than what went in when there was one. */
  maskStream(): MaskedStream;
  /** The most that its files may hold together. */
  diskBytes: number;
}

export interface AttemptContext {
  /** Aborted when the attempt is to be killed; `signal.reason` is 'cancelled' (asked for) or 'lost' (another holds it now). */
  signal: AbortSignal;
  /** 0 to 1. */
  onProgress(share: number): void;
  /** Resolve when recorded; false means that this attempt is no longer the one that counts. */
  onMetrics(rows: MetricRow[]): Promise<boolean>;
  onLogChunk(chunk: LogChunk): Promise<boolean>;
  /** Of the items of a map those that are known so far, a window at a time; the last ones are the outputs of the outcome. */
  onItems(items: OutputArtifact[]): Promise<boolean>;
  /** Where there is a memory of runs that the attempt may log to. */
  track?(means: TrackedMeans): TrackedAttempt;
}

export interface Executor {
  /** Resolves when every process of the attempt is gone. Rejects only for our own faults, which count as `infra`. */
  execute(work: Work, context: AttemptContext): Promise<AttemptOutcome>;
}
