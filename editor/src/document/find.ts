/**
 * Decides which nodes a search in the drawing means. Words look into names and types; operators ask for more:
 *   is:invalid  is:warning  is:running  is:failed …   what the checks, or the last run, say of it
 *   uses:raw.csv                                      a value of its parameters, its environment, or its code holds that text
 *   type:sql    after:load   in:table   out:model     its type, what it comes after, the kinds of its ports
 *   lr:>0.01    columns:id                            a parameter compared (> >= < <= = !=), or holding a text
 * All terms have to fit. A text with spaces stands in quotes: uses:"my file.csv".
 */
import type { Json } from '@drawloom/shared/json.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import type { Shapes } from '@drawloom/shared/pipeline/checks.ts';
import { isReference, type NodeId, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { indexOf } from './shapes.ts';

export interface Searched {
  document: PipelineDocument;
  catalog: Catalog;
  shapes: Shapes;
  marks: Readonly<Record<NodeId, 'error' | 'warning'>>;
  statusOf: (id: NodeId) => string | undefined;
}

/** The nodes that fit, in reading order: from left to right, then down. Null when nothing is asked. */
export function findNodes(query: string, where: Searched): NodeId[] | null {
  const terms = termsOf(query);
  if (terms.length === 0) return null;
  const at = (id: NodeId) => where.document.looks.positions[id] ?? { x: 0, y: 0 };
  return Object.keys(where.document.nodes)
    .filter((id) => terms.every((term) => fits(term, id, where)))
    .sort((a, b) => at(a).x - at(b).x || at(a).y - at(b).y);
}

const termsOf = (query: string): string[] =>
  (query.match(/[^\s":]+:"[^"]*"?|"[^"]*"?|\S+/g) ?? []).map((term) => term.replaceAll('"', '')).filter(Boolean);

function fits(term: string, id: NodeId, where: Searched): boolean {
  const node = where.document.nodes[id]!;
  const colon = term.indexOf(':');
  const type = where.catalog.get(node.type);
  if (colon < 1) {
    return `${node.name} ${type?.title ?? ''} ${node.type} ${id}`.toLowerCase().includes(term.toLowerCase());
  }
  const operator = term.slice(0, colon).toLowerCase();
  const wanted = term.slice(colon + 1);
  const text = wanted.toLowerCase();
  if (text === '') return true; // still being typed
  const shape = where.shapes.get(id);
  switch (operator) {
    case 'is':
      if (text === 'invalid') return where.marks[id] === 'error';
      if (text === 'warning') return where.marks[id] === 'warning';
      return where.statusOf(id) === text;
    case 'type':
      return node.type.toLowerCase().includes(text) || (type?.title ?? '').toLowerCase().includes(text);
    case 'name':
      return node.name.toLowerCase().includes(text);
    case 'in':
      return shape?.inputs.some((port) => port.kind === text) ?? false;
    case 'out':
      return shape?.outputs.some((port) => port.kind === text) ?? false;
    case 'after':
      return (indexOf(where.document).get(id)?.in ?? []).some((edge) =>
        `${where.document.nodes[edge.from.node]?.name} ${edge.from.node}`.toLowerCase().includes(text),
      );
    case 'uses':
      return (
        holds(node.parameters, text, where) ||
        (node.code?.toLowerCase().includes(text) ?? false) ||
        (node.environment?.toLowerCase().includes(text) ?? false)
      );
    default:
      return compares(parameterOf(term.slice(0, colon), id, where), wanted, where);
  }
}

/** The value that a node runs with: its own, or the one that its type or its signature names. */
function parameterOf(name: string, id: NodeId, { document, shapes }: Searched): Json | undefined {
  const { parameters } = document.nodes[id]!;
  const properties = (shapes.get(id)?.parameters.properties ?? {}) as Record<string, { default?: Json }>;
  const key =
    [...Object.keys(parameters), ...Object.keys(properties)].find((one) => one === name) ??
    [...Object.keys(parameters), ...Object.keys(properties)].find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : ((parameters[key] as Json | undefined) ?? properties[key]?.default);
}

function compares(value: Json | undefined, wanted: string, where: Searched): boolean {
  if (value === undefined) return false;
  const known = isReference(value) ? (where.document.parameters[value.$parameter]?.default ?? value) : value;
  const [, sign, rest = ''] = /^(>=|<=|!=|>|<|=)(.*)$/.exec(wanted) ?? [];
  if (!sign) return holds(known, wanted.toLowerCase(), where);
  if (rest === '') return true; // still being typed
  if (sign === '=' || sign === '!=') {
    const same = typeof known === 'number' ? known === Number(rest) : told(known) === rest.toLowerCase();
    return same === (sign === '=');
  }
  const limit = Number(rest);
  if (typeof known !== 'number' || Number.isNaN(limit)) return false;
  return { '>': known > limit, '>=': known >= limit, '<': known < limit, '<=': known <= limit }[sign as '>'];
}

function holds(value: Json, text: string, where: Searched): boolean {
  if (isReference(value)) {
    const standsFor = where.document.parameters[value.$parameter]?.default;
    return value.$parameter.toLowerCase().includes(text) || (standsFor !== undefined && holds(standsFor, text, where));
  }
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((member) => member !== undefined && holds(member as Json, text, where));
  return told(value).includes(text);
}
const told = (value: Json): string => (typeof value === 'object' ? JSON.stringify(value) : String(value)).toLowerCase();
