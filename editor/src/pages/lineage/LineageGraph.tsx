/** The drawing of a lineage: cards in columns, lines between them, walked by arrows, moved by dragging, sized by the wheel with Ctrl. */
import type { LineageWay } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import {
  type KeyboardEvent,
  type PointerEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from 'react';
import { t } from '../../words/index.ts';
import { Card } from './Card.tsx';
import { doorOf, type Edge, type Shown, type Side, sideOf } from './graph.ts';
import { cardsIn, isSame, linesIn, type View, viewOf } from './inView.ts';
import styles from './LineageGraph.module.css';
import type { Layout } from './layout.ts';
import { margin, sizeOf } from './sizes.ts';

export function LineageGraph(props: {
  shown: Shown;
  layout: Layout;
  folded: ReadonlySet<Side>;
  asked: ReadonlySet<string>;
  found: ReadonlySet<string>;
  chosen: string;
  onChoose: (id: string) => void;
  onDoor: (id: string, way: LineageWay) => void;
  zoom: number;
  onZoom: (zoom: number) => void;
  catalog: Catalog | null;
}) {
  const { shown, layout, chosen, zoom, onZoom } = props;
  const box = useRef<HTMLDivElement>(null);
  const sheet = useRef<HTMLDivElement>(null);
  const nodes = useMemo(() => new Map(shown.nodes.map((node) => [node.id, node])), [shown]);
  const [view, setView] = useState<View | null>(null);

  const look = useCallback(() => {
    const [around, drawn] = [box.current, sheet.current];
    if (!around || !drawn) return;
    const at = (scrolled: number, offset: number) => (scrolled - offset) / zoom - margin;
    const now = viewOf(
      at(around.scrollLeft, drawn.offsetLeft),
      at(around.scrollTop, drawn.offsetTop),
      around.clientWidth / zoom,
      around.clientHeight / zoom,
    );
    setView((before) => (isSame(before, now) ? before : now));
  }, [zoom]);

  // What is chosen begins in the middle, and stays where it is on the screen when cards come or go around it.
  const before = useRef<{ layout: Layout; id: string } | null>(null);
  useLayoutEffect(() => {
    const place = layout.places.get(chosen);
    const node = nodes.get(chosen);
    const around = box.current;
    if (!around || !place || !node) return;
    const stood = before.current?.layout.places.get(chosen);
    if (before.current?.layout !== layout) {
      const { width, height } = sizeOf(node);
      if (stood) {
        around.scrollLeft += (place.x - stood.x) * zoom;
        around.scrollTop += (place.y - stood.y) * zoom;
      } else {
        around.scrollLeft = (place.x + width / 2 + margin) * zoom - around.clientWidth / 2;
        around.scrollTop = (place.y + height / 2 + margin) * zoom - around.clientHeight / 2;
      }
    } else if (before.current.id !== chosen) reveal(around, place, sizeOf(node), zoom);
    before.current = { layout, id: chosen };
    look();
  });
  useEffect(() => {
    const around = box.current;
    if (!around) return;
    const sized = new ResizeObserver(look);
    sized.observe(around);
    // Not through React, whose wheel listeners cannot keep the page itself from being sized.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      onZoom(zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
    };
    around.addEventListener('wheel', wheel, { passive: false });
    return () => {
      sized.disconnect();
      around.removeEventListener('wheel', wheel);
    };
  }, [zoom, onZoom, look]);

  const focusWanted = useRef(false);
  useEffect(() => {
    if (!focusWanted.current) return;
    const card = box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(chosen)}"]`);
    if (!card) return;
    focusWanted.current = false;
    card.focus({ preventScroll: true });
  });
  const keys = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.shiftKey && (event.key === 'ArrowLeft' || event.key === 'ArrowRight')) {
      event.preventDefault();
      const [node, way] = [nodes.get(chosen), event.key === 'ArrowLeft' ? ('up' as const) : ('down' as const)];
      if (node && doorOf(node, way, shown, props.folded)) props.onDoor(chosen, way);
      return;
    }
    const next = neighbour(event.key, chosen, shown.edges, layout);
    if (!next) return;
    event.preventDefault();
    focusWanted.current = true;
    props.onChoose(next);
  };

  const mounted = useMemo(() => (view ? cardsIn(view, layout, nodes) : []), [view, layout, nodes]);
  const cards = mounted.includes(chosen) || !layout.places.has(chosen) ? mounted : [...mounted, chosen];
  const lines = useMemo(() => view && linesIn(view, shown.edges, layout, nodes), [view, shown, layout, nodes]);
  const nearLines = useMemo(() => {
    const touching = shown.edges.filter(({ from, to }) => from === chosen || to === chosen);
    return view && linesIn(view, touching, layout, nodes);
  }, [view, shown, layout, nodes, chosen]);
  const width = layout.width + 2 * margin;
  const height = layout.height + 2 * margin;
  return (
    <div ref={box} className={styles.board} onPointerDown={drag} onScroll={look} data-testid="lineage">
      <div ref={sheet} className={styles.sheet} style={{ width: width * zoom, height: height * zoom }}>
        <div className={styles.scaled} style={{ width, height, transform: `scale(${zoom})` }}>
          <svg className={styles.lines} width={1} height={1} aria-hidden="true">
            <g transform={`translate(${margin} ${margin})`}>
              <path d={lines ?? ''} />
              <path d={nearLines ?? ''} data-near="" />
            </g>
          </svg>
          <ul
            aria-label={t('Lineage. Arrows walk along it, with Shift left and right open and fold it.')}
            onKeyDown={keys}
          >
            {cards.map((id) => {
              const node = nodes.get(id);
              const place = layout.places.get(id);
              return (
                node &&
                place && (
                  <li
                    key={id}
                    className={styles.place}
                    style={{ left: place.x + margin, top: place.y + margin, ...sizeOf(node) }}
                  >
                    <Card
                      node={node}
                      catalog={props.catalog}
                      isChosen={id === chosen}
                      isAsked={props.asked.has(id)}
                      isFound={props.found.has(id)}
                      doors={{
                        up: doorOf(node, 'up', shown, props.folded),
                        down: doorOf(node, 'down', shown, props.folded),
                      }}
                      count={(way) => shown.sides.get(sideOf(way, id)) ?? 0}
                      onChoose={() => props.onChoose(id)}
                      onDoor={(way) => props.onDoor(id, way)}
                    />
                  </li>
                )
              );
            })}
          </ul>
        </div>
      </div>
    </div>
  );
}

/** Scrolls no further than is needed to see the card whole. */
function reveal(
  around: HTMLElement,
  place: { x: number; y: number },
  size: { width: number; height: number },
  zoom: number,
) {
  const room = 24;
  const span = (start: number, length: number, seen: number, from: number): number => {
    const [first, last] = [(start + margin) * zoom - room, (start + margin + length) * zoom + room];
    if (first < from) return first;
    return last > from + seen ? last - seen : from;
  };
  around.scrollLeft = span(place.x, size.width, around.clientWidth, around.scrollLeft);
  around.scrollTop = span(place.y, size.height, around.clientHeight, around.scrollTop);
}

function drag(event: PointerEvent<HTMLDivElement>): void {
  const element = event.currentTarget;
  if (event.button !== 0 || event.pointerType === 'touch' || (event.target as Element).closest('button')) return;
  const from = { x: event.clientX, y: event.clientY, left: element.scrollLeft, top: element.scrollTop };
  const move = (e: globalThis.PointerEvent) => {
    element.scrollLeft = from.left - (e.clientX - from.x);
    element.scrollTop = from.top - (e.clientY - from.y);
  };
  const end = () => {
    window.removeEventListener('pointermove', move);
    window.removeEventListener('pointerup', end);
    window.removeEventListener('pointercancel', end);
  };
  window.addEventListener('pointermove', move);
  window.addEventListener('pointerup', end);
  window.addEventListener('pointercancel', end);
}

/** Left and right follow the lines to the nearest end, up and down stay in the column. */
function neighbour(key: string, at: string, edges: readonly Edge[], layout: Layout): string | undefined {
  const here = layout.places.get(at);
  if (!here) return undefined;
  const nearest = (ids: string[]) =>
    ids
      .filter((id) => layout.places.has(id))
      .sort((a, b) => Math.abs(layout.places.get(a)!.y - here.y) - Math.abs(layout.places.get(b)!.y - here.y))[0];
  const column = layout.columns[here.column] ?? [];
  const row = column.indexOf(at);
  switch (key) {
    case 'ArrowRight':
      return nearest(edges.filter(({ from }) => from === at).map(({ to }) => to));
    case 'ArrowLeft':
      return nearest(edges.filter(({ to }) => to === at).map(({ from }) => from));
    case 'ArrowUp':
      return column[row - 1];
    case 'ArrowDown':
      return column[row + 1];
    case 'Home':
      return layout.columns[0]?.[0];
    case 'End':
      return layout.columns.at(-1)?.[0];
    default:
      return undefined;
  }
}
