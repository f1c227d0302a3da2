/**
 * The drawing as a tree: nodes in the order in which they may run, their ports, and the wires at these. Everything that can be drawn on
 * the canvas can be drawn here, by keys, by touch, and without eyes on a canvas.
 */
import type { NodeType } from '@drawloom/shared/node-type/definition.ts';
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { createNode } from '../../../canvas/create.ts';
import { rename } from '../../../canvas/edits.ts';
import type { CanvasHandle } from '../../../canvas/handle.ts';
import { announce } from '../../../canvas/view.ts';
import { useDrawing, useDrawingObject } from '../../../document/DrawingContext.tsx';
import { TypeList } from '../../../palette/TypeList.tsx';
import { EmptyState } from '../../../ui/notices.tsx';
import { Dialog } from '../../../ui/overlays.tsx';
import { t } from '../../../words/index.ts';
import { type Act, actsOn, deedsOf } from './acts.ts';
import { ConnectDialog, type Connecting } from './ConnectDialog.tsx';
import { useTreeKeys } from './keys.ts';
import styles from './Outline.module.css';
import { OutlineBar } from './OutlineBar.tsx';
import { OutlineRow } from './OutlineRow.tsx';
import { idOf, inFlow, keyOf, type Opened, type Row, rowsOf } from './rows.ts';

const rowHeight = { 1: 44, 2: 30, 3: 30 } as const;
const nothingOpened: Opened = { nodes: new Set(), shut: new Set() };

export function Outline({
  canvas,
  onSelect,
  onShown,
}: {
  canvas: CanvasHandle | null;
  onSelect: (id: NodeId) => void;
  /** Somebody wants to see the canvas, which a panel may cover. */
  onShown: () => void;
}) {
  const drawing = useDrawingObject();
  const nodes = useDrawing((state) => state.document.nodes);
  const edges = useDrawing((state) => state.document.edges);
  const shapes = useDrawing((state) => state.shapes);
  const readOnly = useDrawing((state) => state.readOnly);
  const selection = useDrawing((state) => state.selection);
  const [opened, setOpened] = useState(nothingOpened);
  const [current, setCurrent] = useState<{ key: string; index: number }>({ key: '', index: 0 });
  const [renaming, setRenaming] = useState<NodeId | null>(null);
  const [adding, setAdding] = useState(false);
  const [connecting, setConnecting] = useState<Connecting | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const held = useRef(false); // the focus is, or was until its row went away, in the tree

  // looks are no part of the tree: a node that is moved must not make thousands of rows anew
  // biome-ignore lint/correctness/useExhaustiveDependencies: nodes and edges are what the order is made of
  const order = useMemo(() => inFlow(drawing.document), [drawing, nodes, edges]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above
  const rows = useMemo(
    () => rowsOf(drawing.document, shapes, opened, order),
    [drawing, nodes, edges, shapes, opened, order],
  );
  const places = useMemo(() => new Map(rows.map((row, index) => [row.key, index])), [rows]);
  const at = Math.max(0, Math.min(rows.length - 1, places.get(current.key) ?? current.index));
  const row = rows[at];
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: (index) => rowHeight[rows[index]?.level ?? 2],
    getItemKey: (index) => rows[index]?.key ?? index,
    overscan: 8,
    // the row that has the focus stays, wherever one scrolls
    rangeExtractor: (range) => {
      const shown = defaultRangeExtractor(range);
      return shown.includes(at) || rows.length === 0 ? shown : [...shown, at].sort((a, b) => a - b);
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of other heights have come
  useLayoutEffect(() => list.measure(), [rows]);

  const select = useCallback(
    (to: Row) => {
      if (to.is === 'wire') drawing.select({ edges: new Set([to.edge]) });
      else onSelect(to.node);
    },
    [drawing, onSelect],
  );
  /** Goes to a row by what it is known by, which may have to come first. */
  const wanted = useRef<string | null>(null);
  const goTo = useCallback((key: string) => {
    wanted.current = key;
    held.current = true;
    setCurrent((before) => ({ ...before, key }));
  }, []);
  const show = useCallback(
    (to: Row) => {
      setCurrent({ key: to.key, index: places.get(to.key) ?? 0 });
      wanted.current = to.key;
      select(to);
    },
    [places, select],
  );
  // after every drawing of rows: the focus goes where it was wanted, and never gets lost with a row that went away
  useLayoutEffect(() => {
    const lost = held.current && document.activeElement === document.body;
    const key = wanted.current ?? (lost ? row?.key : undefined);
    if (key === undefined || adding || connecting || renaming) return;
    const index = places.get(key);
    if (index === undefined) return;
    list.scrollToIndex(index);
    const element = document.getElementById(idOf(key));
    if (!element) return;
    wanted.current = null;
    element.focus({ preventScroll: true });
  });
  useEffect(() => {
    if (places.has(current.key) && places.get(current.key) !== current.index)
      setCurrent({ key: current.key, index: places.get(current.key)! });
  }, [places, current]);

  // what is selected elsewhere is where one goes on here
  const [only] = selection.nodes.size === 1 ? selection.nodes : [];
  const [onlyEdge] = selection.nodes.size === 0 && selection.edges.size === 1 ? selection.edges : [];
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the selection changes
  useEffect(() => {
    if (only !== undefined && row?.node !== only) setCurrent({ key: keyOf.node(only), index: at });
    if (onlyEdge !== undefined && !(row?.is === 'wire' && row.edge === onlyEdge)) {
      const end = drawing.document.edges[onlyEdge]?.to.node;
      if (!end) return;
      open(end);
      setCurrent({ key: keyOf.wire(end, onlyEdge), index: at });
    }
  }, [only, onlyEdge]);

  const open = useCallback(
    (node: NodeId) =>
      setOpened((before) => (before.nodes.has(node) ? before : { ...before, nodes: new Set(before.nodes).add(node) })),
    [],
  );
  const turn = useCallback((to: Row, on: boolean) => {
    setOpened((before) => {
      const which = to.is === 'node' ? 'nodes' : 'shut';
      const set = new Set(before[which]);
      if (on === (which === 'nodes')) set.add(to.is === 'node' ? to.node : to.key);
      else set.delete(to.is === 'node' ? to.node : to.key);
      return { ...before, [which]: set };
    });
  }, []);
  const turnAll = (on: boolean) => {
    setOpened({ nodes: new Set(on ? order : []), shut: new Set() });
    if (!on && row) setCurrent({ key: keyOf.node(row.node), index: 0 });
    announce(on ? t('Everything is open.') : t('Everything is closed.'));
  };

  const deeds = deedsOf({
    drawing,
    canvas,
    goTo,
    open,
    onAdd: () => setAdding(true),
    onConnect: setConnecting,
    onRename: setRenaming,
    onSelect,
    onShown,
  });
  const act = (what: Act, more?: boolean) => {
    if (what === 'add') {
      if (!readOnly) deeds.add();
    } else if (row && actsOn(row, readOnly).includes(what)) deeds[what](row, more);
  };
  const press = useTreeKeys({ rows, at, drawing, show, turn, turnAll, act });

  const choose = (type: NodeType, { wired }: { wired: boolean }) => {
    setAdding(false);
    if (!canvas) return;
    createNode(canvas, type, {
      toSelection: wired,
      onAdded: (id) => {
        open(id);
        goTo(keyOf.node(id));
      },
    });
  };
  const renamed = (node: NodeId, name: string | null) => {
    setRenaming(null);
    if (name !== null) rename(drawing, node, name);
    goTo(keyOf.node(node));
  };
  const closed = (key: string | null) => {
    setConnecting(null);
    goTo(key ?? row?.key ?? '');
  };

  return (
    <div className={styles.outline} data-testid="outline">
      <OutlineBar row={row} readOnly={readOnly} act={act} onAll={turnAll} />
      {rows.length === 0 ? (
        <EmptyState icon="outline" title={t('No nodes yet')}>
          {t('Nodes appear here in the order in which they run.')}
        </EmptyState>
      ) : (
        <div
          ref={box}
          className={styles.tree}
          role="tree"
          aria-label={t('Outline')}
          tabIndex={-1}
          onKeyDown={press}
          onFocus={() => {
            held.current = true;
          }}
          onBlur={(event) => {
            if (event.relatedTarget && !box.current?.contains(event.relatedTarget)) held.current = false;
          }}
        >
          <div style={{ height: list.getTotalSize(), position: 'relative' }} role="presentation">
            {list.getVirtualItems().map((item) => {
              const one = rows[item.index]!;
              return (
                <OutlineRow
                  key={one.key}
                  row={one}
                  top={item.start}
                  height={item.size}
                  current={item.index === at}
                  renaming={renaming !== null && one.is === 'node' && renaming === one.node}
                  onPress={show}
                  onTurn={turn}
                  onRenamed={renamed}
                />
              );
            })}
          </div>
        </div>
      )}
      {adding && (
        <Dialog title={t('Add a node')} onClose={() => setAdding(false)}>
          <div className={styles.types} data-testid="outline-types">
            <TypeList
              autoFocus
              onChoose={choose}
              onEscape={() => setAdding(false)}
              foot={only === undefined ? undefined : t('Enter adds and connects, Shift+Enter only adds')}
            />
          </div>
        </Dialog>
      )}
      {connecting && <ConnectDialog connecting={connecting} order={order} onClose={closed} onOpen={open} />}
    </div>
  );
}
