/** Decides what a worker and a child say to each other over file descriptor 3: one JSON object a line, either way. */

export type Kind = 'table' | 'model' | 'metrics' | 'figure' | 'document' | 'file' | 'folder' | 'value' | 'any';

export interface InputMessage {
  port: string;
  kind: Kind;
  /** What a person would call it: the node and port it comes from. */
  label?: string;
  position: number;
  many: boolean;
  mediaType: string;
  path: string;
  columns?: ColumnFacts[] | null;
  rowCount?: number | null;
  /** What the item of a map is called that it comes from. */
  item?: string;
}

export interface TaskMessage {
  language: 'typescript' | 'sql';
  code?: string;
  /** The code is JavaScript by now, each character where it was in the TypeScript. */
  typeless?: boolean;
  file?: string;
  name: string;
  inputs: InputMessage[];
  /** The node's input ports, the unconnected ones too; without it they are known from `inputs` alone. */
  ports?: { port: string; many?: boolean; kind?: Kind }[];
  /** In place of code: the table that arrives is cut into items. */
  cut?: { by: string[] | null; rows: number | null; most: number };
  parameters: Record<string, unknown>;
  /** Values for the places that name a secret: `{ $secret: name }`. */
  secrets?: Record<string, string>;
  outputs: { port: string; kind: Kind; optional?: boolean }[];
  seed: number | null;
  env: Record<string, string>;
  limits: { memoryBytes?: number; threads?: number };
  attempt: {
    run: string | number;
    node: string;
    mapIndex: number;
    attempt: number;
    fence: string | number;
    idempotencyKey: string;
    traceparent?: string;
  };
}

export interface ColumnFacts {
  name: string;
  type: string;
  nullable?: boolean;
}

export interface OutputMessage {
  type: 'output';
  port: string;
  kind: Kind;
  /** Relative to the folder the child works in. */
  path: string;
  mediaType: string;
  /** Of a port that gives several. */
  position?: number;
  /** What the item of a map is called that this is. */
  item?: string;
  rowCount?: number;
  columns?: ColumnFacts[];
  facts?: Record<string, unknown>;
}

export interface FailureMessage {
  type: 'failed';
  reason: 'user_error' | 'bad_output' | 'bad_input' | 'infra';
  error: { type: string; message: string; traceback?: string; line?: number; column?: number };
}

export type ChildMessage =
  | { type: 'ready' }
  /** JSON has no word for NaN and the infinities, so they travel as those words. `time` in milliseconds. */
  | { type: 'metric'; key: string; value: number | 'NaN' | 'Infinity' | '-Infinity'; step: number | null; time: number }
  | { type: 'progress'; share: number; text: string }
  | OutputMessage
  | { type: 'done' }
  | FailureMessage;
