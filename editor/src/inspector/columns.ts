/** Columns that an input port had in the last run, for fields that name columns. Asked once per artifact. */
import { useCallback, useEffect, useState } from 'react';
import { call, routes } from '../api/call.ts';
import { useCardFacts } from '../canvas/cardFacts.ts';
import { useDrawingObject, useDrawingShallow } from '../document/DrawingContext.tsx';
import { incident } from '../document/shapes.ts';

const known = new Map<string, readonly string[]>();

export function useColumns(node: string): (port: string | undefined) => readonly string[] | null {
  const drawing = useDrawingObject();
  const sources = useDrawingShallow((state) =>
    incident(state.document, node).in.map((edge) => `${edge.to.port} ${edge.from.node}.${edge.from.port}`),
  );
  const tables = useCardFacts((facts) => facts.tables);
  const [, setTurn] = useState(0);
  useEffect(() => {
    for (const source of sources) {
      const sha256 = tables[source.split(' ')[1]!];
      if (!sha256 || known.has(sha256)) continue;
      known.set(sha256, []);
      call(routes.getArtifact, { params: { project: drawing.project, sha256 }, query: { kind: 'table' } }).then(
        (artifact) => {
          known.set(
            sha256,
            (artifact.columns ?? []).map((column) => column.name),
          );
          setTurn((turn) => turn + 1);
        },
        () => known.delete(sha256),
      );
    }
  }, [sources, tables, drawing.project]);
  return useCallback(
    (port) => {
      const source = port === undefined ? sources[0] : sources.find((one) => one.startsWith(`${port} `));
      const sha256 = source && tables[source.split(' ')[1]!];
      const columns = sha256 ? known.get(sha256) : undefined;
      return columns && columns.length > 0 ? columns : null;
    },
    [sources, tables],
  );
}
