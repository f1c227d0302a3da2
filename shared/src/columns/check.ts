/**
 * Decides which columns are named and not there, before anything runs. What the drawing itself tells is an error; what only the last
 * run tells is a warning, since other data may have what the last had not.
 */
import { pointer } from '../json.ts';
import type { Catalog } from '../node-type/definition.ts';
import type { NodeId, PipelineDocument } from '../pipeline/document.ts';
import type { Problem } from '../problem.ts';
import type { Shape } from '../signature/index.ts';
import { isKnown, type KnownColumns, type Seen } from './columns.ts';
import type { Asked, ColumnFlow, QueryProblem } from './flow.ts';
import { type Named, namedIn } from './named.ts';
import { nearest } from './nearest.ts';

/** The columns of a table that a node's `map` groups it by. */
function checkGroups(document: PipelineDocument, id: NodeId, flow: ColumnFlow): Problem[] {
  const { name, map } = document.nodes[id]!;
  if (!map?.by) return [];
  const arrived = flow.takes(id, map.over);
  if (!isKnown(arrived) || arrived.more !== undefined) return [];
  return map.by.flatMap((column, index) => {
    const at = pointer('nodes', id, 'map', 'by', index);
    return missing(arrived, { path: [], port: map.over, column }, map.over, name, document, at, id);
  });
}

export function checkColumns(
  document: PipelineDocument,
  catalog: Catalog,
  shapes: ReadonlyMap<NodeId, Shape>,
  flow: ColumnFlow,
): Problem[] {
  return [
    ...[...shapes.keys()].flatMap((id) => checkGroups(document, id, flow)),
    ...[...shapes].flatMap(([id, shape]) => {
      const node = document.nodes[id]!;
      const first = shape.inputs.find((port) => port.kind === 'table')?.name;
      return [...namedIn(shape.parameters, flow.values(id))].flatMap((named): Problem[] => {
        const port = named.port ?? first;
        if (port === undefined || !shape.inputs.some((one) => one.name === port)) return [];
        const arrived = flow.takes(id, port);
        const at = pointer('nodes', id, 'parameters', ...named.path);
        if (named.condition !== undefined) {
          const asked = flow.ask(
            id,
            `select * from "table" where (${bare(named.condition)}\n)`,
            { table: arrived },
            {},
          );
          const wrong = problemOf(asked, `The condition of "${node.name}"`, at);
          return wrong ? [{ ...wrong, node: id }] : [];
        }
        if (!isKnown(arrived) || arrived.more !== undefined) return [];
        return missing(arrived, named, port, node.name, document, at, id);
      });
    }),
    ...flow.queries.flatMap((asked) => {
      const { node } = asked;
      // What its own reader found stands there already.
      if (catalog.get(document.nodes[node]!.type)?.code !== 'user' || shapes.get(node)!.problems.length > 0) return [];
      const wrong = problemOf(asked, `The query of "${document.nodes[node]!.name}"`, pointer('nodes', node, 'code'));
      return wrong ? [{ ...wrong, node, ...placeIn(asked) }] : [];
    }),
  ];
}

const bare = (condition: string): string => condition.trim().replace(/;$/, '');

function missing(
  arrived: KnownColumns,
  { column }: Named,
  port: string,
  name: string,
  document: PipelineDocument,
  at: string,
  id: NodeId,
): Problem[] {
  const names = arrived.columns.map((one) => one.name);
  if (column === undefined || names.includes(column)) return [];
  const instead = nearest(column, names);
  const remedy = instead
    ? `Did you mean "${instead}"?`
    : names.length === 0
      ? 'No column arrives there.'
      : `It has ${names
          .slice(0, 8)
          .map((one) => `"${one}"`)
          .join(', ')}${names.length > 8 ? ' …' : ''}.`;
  return [
    {
      code: 'column_missing',
      message: `"${name}" names the column "${column}", and the table at "${port}" ${told(arrived.seen, document)}. ${remedy}`,
      at,
      severity: arrived.seen ? 'warning' : 'error',
      node: id,
      ...(instead !== null && { instead }),
    },
  ];
}

const told = (seen: Seen | null, document: PipelineDocument): string =>
  seen
    ? `had none of that name in run ${seen.run}, as "${document.nodes[seen.node]?.name ?? seen.node}" gave it`
    : 'has none of that name';

function problemOf(asked: Asked | null, what: string, at: string): Problem | null {
  if (!asked?.answer || !('problem' in asked.answer)) return null;
  const { problem } = asked.answer;
  const instead = nameInstead(problem, asked);
  const since = asked.seen && problem.kind !== 'syntax' ? ` (by the columns of run ${asked.seen.run})` : '';
  return {
    code: problem.kind === 'column' ? 'column_missing' : problem.kind === 'syntax' ? 'sql_syntax' : 'sql_refused',
    message: `${what} cannot be planned${since}: ${problem.message}`,
    at,
    // what types fit may rest on data even where the names do not
    severity: problem.kind === 'other' || (asked.seen && problem.kind === 'column') ? 'warning' : 'error',
    ...(instead !== null && { instead }),
  };
}

const nameInstead = (problem: QueryProblem, { question }: Asked): string | null =>
  problem.name === undefined
    ? null
    : nearest(
        problem.name.split('.').at(-1)!,
        Object.values(question.tables ?? {}).flatMap((columns) => columns.map(({ name }) => name)),
      );

function placeIn({ answer }: Asked): Pick<Problem, 'line' | 'column'> {
  if (!answer || !('problem' in answer)) return {};
  const { line, column } = answer.problem;
  return { ...(line !== undefined && { line }), ...(column !== undefined && { column }) };
}
