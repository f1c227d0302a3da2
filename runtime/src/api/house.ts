/** Decides what a handler can reach: the parts of the running program, handed over once when the server is put together. */
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import type { Logger } from 'pino';
import type { TableReader } from '../artifacts/reader/index.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { ProgramConfig } from '../config.ts';
import type { Sql, Tx } from '../db/connection.ts';
import type { EventStream } from '../events/stream.ts';
import type { Bell } from '../queue/bell.ts';

export interface House {
  config: ProgramConfig;
  db: Tx;
  sql: Sql;
  catalog: Catalog;
  store: ArtifactStore;
  /** Looks into tables, in a sandbox. */
  reader: Pick<TableReader, 'page' | 'plan' | 'profile'>;
  logsFolder: string;
  events: EventStream;
  /** Rung after a commit that others should hear of at once. */
  bell: Bell;
  log: Logger;
  /** Where the server listens, known once it does; the session cookie's name carries it. */
  port: () => number;
  /** Tokens that the operator set, which act as the owner. */
  presetTokens: readonly string[];
  /** Host names this server answers to. */
  hosts: ReadonlySet<string>;
  /** Where the editor is reached, for links that people hand on. */
  origin: () => string;
  version: string;
  /** Where the built editor lies. */
  editorFolder: string;
  /** A body that brings nothing for so long is given up. */
  silenceMs: number;
  /** Hash of the lock of a Python environment by its name; undefined when there is none. */
  environment: (name: string | undefined) => Promise<string | undefined>;
  /** How long the body of a message to a trigger is waited for; tests wait less than usual. */
  messagePatienceMs?: number;
  /** Tests let every answer be held against its schema. */
  checkAnswers?: boolean;
}
