/** Decides what can be done with each row of the outline, and does it by the same edits as the canvas. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { nudge, remove, reorder, wait } from '../../../canvas/edits.ts';
import type { CanvasHandle } from '../../../canvas/handle.ts';
import type { Drawing } from '../../../document/drawing.ts';
import type { Connecting } from './ConnectDialog.tsx';
import { keyOf, type Row } from './rows.ts';

export type OnRow = 'connect' | 'rename' | 'delete' | 'left' | 'right' | 'up' | 'down' | 'show' | 'follow';
export type Act = 'add' | OnRow;

/** What can be done with a row; the rest is not offered. */
export function actsOn(row: Row, readOnly: boolean): readonly OnRow[] {
  const look: OnRow[] = row.is === 'wire' || row.is === 'wait' ? ['follow', 'show'] : ['show'];
  if (readOnly) return look;
  switch (row.is) {
    case 'node':
      return ['connect', 'rename', 'delete', 'left', 'right', 'up', 'down', ...look];
    case 'port':
      return row.shape ? ['connect', ...look] : look;
    case 'waits':
      return ['connect', ...look];
    case 'wire':
      return row.ordered ? ['delete', 'up', 'down', ...look] : ['delete', ...look];
    case 'wait':
      return ['delete', ...look];
  }
}

export function deedsOf(on: {
  drawing: Drawing;
  canvas: CanvasHandle | null;
  goTo: (key: string) => void;
  open: (node: NodeId) => void;
  onAdd: () => void;
  onConnect: (connecting: Connecting) => void;
  onRename: (node: NodeId) => void;
  onSelect: (node: NodeId) => void;
  onShown: () => void;
}): Record<OnRow, (row: Row, more?: boolean) => void> & { add: () => void } {
  const { drawing, canvas, goTo } = on;
  const move = (way: 'left' | 'right' | 'up' | 'down') => (row: Row, more?: boolean) => {
    if (row.is === 'wire') {
      if (way === 'up' || way === 'down') reorder(drawing, row.edge, way === 'up' ? -1 : 1);
    } else if (canvas) nudge(canvas, new Set([row.node]), way, more ? 64 : 16);
  };
  return {
    add: on.onAdd,
    connect: (row) => {
      if (row.is === 'waits') on.onConnect({ is: 'wait', node: row.node });
      else if (row.is === 'port') on.onConnect({ is: 'wire', node: row.node, end: row.end, port: row.port });
      else on.onConnect({ is: 'wire', node: row.node, end: null, port: null });
    },
    rename: (row) => on.onRename(row.node),
    delete: (row) => {
      if (row.is === 'node') remove(drawing, { nodes: new Set([row.node]), edges: new Set() });
      else if (row.is === 'wire') {
        remove(drawing, { nodes: new Set(), edges: new Set([row.edge]) });
        goTo(keyOf.port(row.node, row.end, row.port));
      } else if (row.is === 'wait') {
        wait(drawing, row.node, row.before, false);
        goTo(keyOf.waits(row.node));
      }
    },
    left: move('left'),
    right: move('right'),
    up: move('up'),
    down: move('down'),
    show: (row) => {
      on.onShown();
      on.onSelect(row.node);
      canvas?.focus(row.node);
    },
    follow: (row) => {
      if (row.is === 'wire') {
        on.open(row.other.node);
        goTo(keyOf.wire(row.other.node, row.edge));
      } else if (row.is === 'wait') {
        on.onSelect(row.before);
        goTo(keyOf.node(row.before));
      }
    },
  };
}
