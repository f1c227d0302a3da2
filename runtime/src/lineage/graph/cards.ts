/**
 * Decides what stands in the graph of lineage and how each is named: by a short key while the graph is walked, and outside by an id that
 * says what it is, which `from` takes.
 */
import type { LineageKind, LineageWay } from '@drawloom/shared/api/lineage.ts';
import type { Fragment } from 'postgres';
import type { Sql } from '../../db/connection.ts';

export interface Card {
  kind: LineageKind;
  /**
   * Of an artifact, data set, job, model version, tracked run or its data: the number in its table. Of a node run `run.node.item`, of a
   * file `sha256 name`, of code and environments their hash.
   */
  key: string;
}

/** One edge, as it was come upon: `at` is where the walk stood. */
export interface Step {
  at: string;
  to: Card;
  port: string;
}

/** What everything is asked within. */
export interface Realm {
  projectId: string;
  /** Namespaces that jobs and data sets of this project go by outside. */
  namespaces: readonly string[];
  /** Whether any program outside has told of a job. */
  hasJobs: boolean;
  withCode: boolean;
  withEnvironments: boolean;
}

/** A data set as programs outside told of it. */
export interface NamedSet {
  id: string;
  namespace: string;
  name: string;
  /** As it was told last. */
  version: string | null;
}

export interface Look {
  way: LineageWay;
  /** Steps from one card that are answered, at most; one more than are followed, so that more is known of. */
  most: number;
}

export const nameOf = ({ kind, key }: Card): string => `${kind} ${key}`;
export const card = (kind: LineageKind, key: string | number): Card => ({ kind, key: String(key) });

/** An id: a kind and what it is called by, part by part. */
export const idOf = (kind: string, ...parts: (string | number)[]): string =>
  [kind, ...parts.map((part) => encodeURIComponent(part))].join(':');

/** Null where it is none. */
export function readId(id: string): { kind: string; parts: string[] } | null {
  const [kind = '', ...parts] = id.split(':');
  try {
    return { kind, parts: parts.map((part) => decodeURIComponent(part)) };
  } catch {
    return null;
  }
}

/** For a query: numbers as one of Postgres' arrays. */
export const numbers = (list: readonly (string | number)[]): string => `{${list.join(',')}}`;
/** For a query: any texts as one of Postgres' arrays. */
export const texts = (sql: Sql, list: readonly string[]): Fragment =>
  sql`array(select jsonb_array_elements_text(${JSON.stringify(list)}::text::jsonb))`;
/** The three columns of the node runs behind these keys. */
export function columnsOf(keys: readonly string[]): [runs: string, nodes: string, items: string] {
  const parts = keys.map((key) => key.split('.'));
  return [0, 1, 2].map((at) => numbers(parts.map((part) => part[at]!))) as [string, string, string];
}
export const fileKey = (sha256: string | null, name: string): string => `${sha256 ?? ''} ${name}`;
export function readFileKey(key: string): { sha256: string | null; name: string } {
  const space = key.indexOf(' ');
  return { sha256: key.slice(0, space) || null, name: key.slice(space + 1) };
}
