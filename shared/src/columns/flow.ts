/**
 * Decides which columns every table of a pipeline has, before it runs: those that node types tell, those of queries as DuckDB plans
 * them, and for what only code knows those that the last good run gave. What cannot be known says why.
 */
import { canonical, type Json } from '../json.ts';
import type { Catalog } from '../node-type/definition.ts';
import { type Column, nameOfKind, type Port } from '../node-type/ports.ts';
import {
  type Edge,
  edgesByTarget,
  type NodeId,
  type PipelineDocument,
  type PipelineNode,
} from '../pipeline/document.ts';
import type { Shape } from '../signature/index.ts';
import { type Columns, follow, isKnown, type Seen, type Values } from './columns.ts';
import { fingerprints } from './fingerprint.ts';
import { valuesOf } from './named.ts';

/** A table that a run gave, and the name of the node as it then was. */
export interface SeenTable {
  node: NodeId;
  port: string;
  columns: readonly Column[];
  run: number;
  fingerprint: string;
}

/** What DuckDB is to plan over empty tables of these columns; without tables it only reads the text. */
export interface Question {
  query: string;
  tables: Record<string, Column[]> | null;
  parameters: Record<string, Json>;
}
/** So many questions go in one call. */
export const mostQuestions = 100;

export interface QueryProblem {
  /** syntax: wrong whatever the tables hold; column: names one that is not there; other: types, functions and the like. */
  kind: 'syntax' | 'column' | 'other';
  message: string;
  line?: number | undefined;
  column?: number | undefined;
  /** Of a column that is not there: its name. */
  name?: string | undefined;
}
export type Answer = { columns: Column[] } | { problem: QueryProblem } | { unknown: string };

/** What can be seen beyond the drawing. */
export interface Sight {
  tables?: readonly SeenTable[];
  /** The answer of whoever runs DuckDB; undefined while there is none. */
  answer?: (question: Question) => Answer | undefined;
}

export interface Asked {
  node: NodeId;
  question: Question;
  answer: Answer | undefined;
  /** Where columns that the question rests on were seen; null when they follow from the drawing. */
  seen: Seen | null;
}

export interface ColumnFlow {
  /** What an output gives. */
  gives: (node: NodeId, port: string) => Columns;
  /** What arrives at an input; of several tables, what all of them together have. */
  takes: (node: NodeId, port: string) => Columns;
  values: (node: NodeId) => Values;
  /** Queries of nodes; conditions in forms are asked by `ask`. */
  queries: readonly Asked[];
  ask: (node: NodeId, query: string, tables: Record<string, Columns>, parameters: Record<string, Json>) => Asked | null;
  /** Questions that found no answer so far. */
  open: () => readonly Question[];
}

const circle: Columns = { unknown: 'It waits for itself.' };

export function columnFlow(
  document: PipelineDocument,
  catalog: Catalog,
  shapes: ReadonlyMap<NodeId, Shape>,
  sight: Sight = {},
): ColumnFlow {
  const arriving = edgesByTarget(document);
  const order = orderOf(document, arriving);
  const names = sight.tables?.length ? fingerprints(document, order, arriving) : new Map<NodeId, string>();
  const seenTables = new Map((sight.tables ?? []).map((table) => [`${table.node}.${table.port}`, table]));
  const known = new Map<string, Columns>();
  const values = new Map<NodeId, Values>();
  const open = new Map<string, Question>();
  const queries: Asked[] = [];

  const gives = (node: NodeId, port: string): Columns => known.get(`${node}.${port}`) ?? circle;
  const takes = (node: NodeId, port: string): Columns => {
    const ways = (arriving.get(node) ?? []).filter((edge) => edge.to.port === port && document.nodes[edge.from.node]);
    if (ways.length === 0) return { unknown: 'Nothing is connected.' };
    if (ways.length === 1) return gives(ways[0]!.from.node, ways[0]!.from.port);
    return together(ways.map(({ from }) => gives(from.node, from.port)));
  };
  const valuesAt = (id: NodeId): Values => {
    let found = values.get(id);
    if (!found) {
      found = valuesOf(document, document.nodes[id]!, shapes.get(id)?.parameters ?? {});
      values.set(id, found);
    }
    return found;
  };
  const ask: ColumnFlow['ask'] = (node, query, tables, parameters) => {
    if (!sight.answer || query.trim() === '') return null;
    const columns: Record<string, Column[]> = {};
    let seen: Seen | null = null;
    let isWhole = true;
    for (const [name, table] of Object.entries(tables)) {
      if (!isKnown(table) || table.more !== undefined || table.columns.some(({ type }) => type === '')) isWhole = false;
      else {
        columns[name] = table.columns.map(({ name, type }) => ({ name, type }));
        seen ??= table.seen;
      }
    }
    const question = { query, tables: isWhole ? columns : null, parameters: isWhole ? parameters : {} };
    const answer = sight.answer(question);
    if (!answer) open.set(canonical(question), question);
    return { node, question, answer, seen };
  };

  for (const id of order) {
    const node = document.nodes[id]!;
    const type = catalog.get(node.type);
    const shape = shapes.get(id);
    if (!type || !shape) continue;
    const rules = type.columns ?? {};
    const asked = type.code === 'user' && type.language === 'sql' ? askNode(id, node, shape) : null;
    for (const port of shape.outputs) {
      if (port.kind !== 'table' && port.kind !== 'any') {
        known.set(`${id}.${port.name}`, { unknown: `"${node.name}" gives ${nameOfKind(port.kind)} there.` });
        continue;
      }
      const drawn: Columns = rules[port.name]
        ? follow(rules[port.name]!, valuesAt(id), (input) => takes(id, input))
        : asked
          ? told(asked, shape, (input) => takes(id, input))
          : { unknown: `Its columns are known once "${node.name}" has run.` };
      known.set(`${id}.${port.name}`, withSeen(drawn, id, node, port));
    }
  }

  function askNode(id: NodeId, node: PipelineNode, shape: Shape): Asked | null {
    const tables = Object.fromEntries(shape.inputs.map((port) => [port.name, takes(id, port.name)]));
    const parameters = Object.fromEntries(
      Object.entries(valuesAt(id)).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    );
    const asked = ask(id, node.code ?? '', tables, parameters);
    if (asked) queries.push(asked);
    return asked;
  }

  /** What a run gave tells types and missing values better; of what the drawing does not tell, it is all there is. */
  function withSeen(drawn: Columns, id: NodeId, node: PipelineNode, port: Port): Columns {
    const table = seenTables.get(`${id}.${port.name}`);
    if (!table) return drawn;
    const isAsItRan = table.fingerprint === names.get(id);
    const seen = { run: table.run, node: id };
    if (isKnown(drawn) && drawn.more === undefined) {
      if (!isAsItRan) return drawn;
      const ran = new Map(table.columns.map((column) => [column.name, column]));
      return { ...drawn, columns: drawn.columns.map((column) => ran.get(column.name) ?? column) };
    }
    if (isAsItRan) return { columns: table.columns, seen };
    const more = `"${node.name}", or what comes before it, has changed since run ${table.run}.`;
    if (!isKnown(drawn)) return { columns: table.columns, more, seen };
    const has = new Set(drawn.columns.map(({ name }) => name));
    return { ...drawn, columns: [...drawn.columns, ...table.columns.filter(({ name }) => !has.has(name))], more };
  }

  return { gives, takes, values: valuesAt, queries, ask, open: () => [...open.values()] };
}

function told({ answer, question, seen }: Asked, shape: Shape, takes: (port: string) => Columns): Columns {
  if (question.tables === null) {
    const first = shape.inputs.map((port) => takes(port.name)).find((one) => !isKnown(one) || one.more !== undefined);
    if (first && !isKnown(first)) return first;
    return { unknown: first?.more ?? 'The types of its input columns are not known yet.' };
  }
  if (!answer) return { unknown: 'The query is being looked at.' };
  if ('problem' in answer) return { unknown: `Its query is wrong: ${answer.problem.message}` };
  return 'columns' in answer ? { columns: answer.columns, seen } : answer;
}

/** Tables under each other: every column that one of them has. */
function together(several: readonly Columns[]): Columns {
  const columns = new Map<string, Column>();
  let more: string | undefined;
  let seen: Seen | null = null;
  for (const one of several) {
    if (!isKnown(one)) return one;
    more ??= one.more;
    seen ??= one.seen;
    for (const column of one.columns) {
      const known = columns.get(column.name);
      if (!known) columns.set(column.name, column);
      else if (known.type !== column.type) columns.set(column.name, { name: column.name, type: '' });
    }
  }
  return { columns: [...columns.values()], ...(more !== undefined && { more }), seen };
}

/** Nodes so that what comes before a node stands before it; those in a circle are left out. */
function orderOf(document: PipelineDocument, arriving: ReadonlyMap<NodeId, readonly Edge[]>): NodeId[] {
  const left = new Map<NodeId, number>();
  const leaving = new Map<NodeId, NodeId[]>();
  for (const id of Object.keys(document.nodes)) {
    const ways = (arriving.get(id) ?? []).filter((edge) => Object.hasOwn(document.nodes, edge.from.node));
    left.set(id, ways.length);
    for (const { from } of ways) {
      const list = leaving.get(from.node);
      if (list) list.push(id);
      else leaving.set(from.node, [id]);
    }
  }
  const order = [...left].flatMap(([id, count]) => (count === 0 ? [id] : []));
  for (let at = 0; at < order.length; at++)
    for (const next of leaving.get(order[at]!) ?? []) {
      const count = left.get(next)! - 1;
      left.set(next, count);
      if (count === 0) order.push(next);
    }
  return order;
}

/** What each node of a document is called as it stands, for tables that its run gives. */
export const namesOfWork = (document: PipelineDocument): Map<NodeId, string> => {
  const arriving = edgesByTarget(document);
  return fingerprints(document, orderOf(document, arriving), arriving);
};
