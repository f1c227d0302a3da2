/** What is known of the columns that arrive at a node, for fields that name them and for code. */
import { type Columns, isKnown } from '@drawloom/shared/columns/columns.ts';
import type { Column, Port } from '@drawloom/shared/node-type/ports.ts';
import { useCallback } from 'react';
import { useDrawing } from '../document/DrawingContext.tsx';
import { t } from '../words/index.ts';

const notYet: Columns = { unknown: '' };

/** By input port; without one, of the first that takes a table. */
export function useColumns(node: string): (port: string | undefined) => Columns {
  const flow = useDrawing((state) => state.columns);
  const shape = useDrawing((state) => state.shapes.get(node));
  return useCallback(
    (port) => {
      const name = port ?? shape?.inputs.find((one) => one.kind === 'table')?.name;
      return flow && name !== undefined ? flow.takes(node, name) : notYet;
    },
    [flow, shape, node],
  );
}

export interface PortColumns {
  port: string;
  columns: readonly Column[];
}
/** Every table that arrives, with the columns that are known of it. */
export function useArriving(node: string): readonly PortColumns[] {
  const flow = useDrawing((state) => state.columns);
  const shape = useDrawing((state) => state.shapes.get(node));
  const tables = shape?.inputs.filter((port) => port.kind === 'table' || port.kind === 'any') ?? [];
  return tables.map(({ name }) => {
    const columns = flow?.takes(node, name);
    return { port: name, columns: isKnown(columns) ? columns.columns : [] };
  });
}

/** Where the columns of a port are from, as a sentence; what is not known says why. */
export function sourceOf(columns: Columns): string {
  if (!isKnown(columns)) return columns.unknown;
  if (columns.more !== undefined) return t('There may be others: {reason}', { reason: columns.more });
  return columns.seen ? t('As run {run} gave them', { run: columns.seen.run }) : t('As the drawing tells');
}

export const carriesColumns = (port: Port): boolean => port.kind === 'table' || port.kind === 'any';
