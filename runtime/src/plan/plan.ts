/** Decides what a plan is: what a run will do, node by node, with nothing left to look up. Immutable, named by its hash. */
import type { Json } from '@drawloom/shared/json.ts';
import type { Language } from '@drawloom/shared/node-type/definition.ts';
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import type { RetryRule } from '@drawloom/shared/pipeline/document.ts';
import type { TriggerRule } from '@drawloom/shared/run/rules.ts';

/** What of a node's work is known before it has inputs; each part on its own, so that a difference can be named. */
export interface KeyParts {
  /** Node type and version. */
  type: string;
  /** SHA-256 of the code. */
  code: string | null;
  /** The parameters themselves, references replaced. */
  parameters: Record<string, Json>;
  /** Hash of the environment's lock. */
  environment: string | null;
  seed: number | null;
  /** Digest of what it reads from outside the pipeline, such as a file of the data folder. */
  outside: string | null;
  /** Which setting of each secret it is given, by the secret's name; absent where it is given none. Never a value. */
  secrets?: Record<string, string>;
}

export interface PlanNode {
  nodeId: string;
  name: string;
  type: string;
  typeVersion: number;
  language: Language | null;
  code: string | null;
  parameters: Record<string, Json>;
  environment: string | null;
  seed: number | null;
  inputs: Port[];
  outputs: Port[];
  tier: 'fork' | 'cold';
  reuse: boolean;
  /** SHA-256 over `keyParts`; null when the node makes nothing. */
  staticKey: string | null;
  keyParts: KeyParts;
  triggerRule: TriggerRule;
  /** Runs after everything else ended, however it ended. */
  finally: boolean;
  retryAttempts: number;
  retryDelayMs: number;
  retryMaxDelayMs: number;
  retryFactor: number;
  retryJitter: number;
  retryRules: RetryRule[];
  lostAttempts: number;
  timeoutMs: number | null;
  queueTimeoutMs: number | null;
  /** Tags that its worker must have, sorted, with spaces between them. */
  needs: string;
  /** The pool that each attempt takes slots of, and how many. */
  pool: string | null;
  poolSlots: number | null;
  memoryBytes: number | null;
  diskBytes: number | null;
  /** Runs once per item of the list that arrives at this input or parameter; null: once. */
  mapOver: string | null;
  /** Of a table: the columns in which the rows of an item are equal. */
  mapBy: string[] | null;
  /** Of a table: so many rows are an item. */
  mapRows: number | null;
  /** Items under way at once; null: as many as one window holds. */
  mapConcurrency: number | null;
  /** Share of the items that have to do well. */
  mapMinSuccessShare: number;
}

/** An artifact's way: output port of one node to input port of another, both by index. */
export interface PlanInput {
  node: number;
  port: string;
  position: number;
  src: number;
  srcPort: string;
  /** The node cannot run without it. */
  needed: boolean;
  /** Its source gives it whenever it does well. */
  sure: boolean;
}

export interface PlanEdge {
  src: number;
  dst: number;
  /** False: the child's rule is not the ordinary one, or the parent may do well and yet give nothing on this way. */
  plain: boolean;
}

/** A node that stands for a whole pipeline: what it runs. */
export interface PlanChild {
  node: number;
  plan: Plan;
  pipeline: string;
  /** Id of the version that the plan was made from. */
  version: string;
  parameters: Record<string, Json>;
  /** How long one run of it may take. */
  timeoutMs: number | null;
  /** The most rounds of a loop, and whether it fails when it would go on after them. */
  loop: { bound: number; fails: boolean } | null;
}

export interface Plan {
  hash: string;
  /** In a topological order: whatever a node waits for comes before it. */
  nodes: PlanNode[];
  /** Who waits for whom, each pair once. */
  edges: PlanEdge[];
  inputs: PlanInput[];
  children: PlanChild[];
}
