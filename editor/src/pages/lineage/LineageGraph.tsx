/** The drawing of a lineage: cards in columns, lines between them, walked by arrows, moved by dragging, sized by the wheel with Ctrl. */
import type { Lineage, LineageNode } from '@drawloom/shared/api/lineage.ts';
import type { Catalog } from '@drawloom/shared/node-type/definition.ts';
import { type KeyboardEvent, type PointerEvent, useEffect, useLayoutEffect, useRef } from 'react';
import { iconOf } from '../../palette/icons.ts';
import { PortShape } from '../../palette/PortShape.tsx';
import { cx } from '../../ui/cx.ts';
import { Icon } from '../../ui/Icon.tsx';
import { t } from '../../words/index.ts';
import styles from './LineagePage.module.css';
import type { Layout } from './layout.ts';
import { isData, kindIcons, linesOf, nameOf } from './words.ts';

const workCard = { width: 212, height: 64 };
const dataCard = { width: 196, height: 46 };
export const sizeOf = (node: LineageNode) => (isData(node) && node.kind !== 'data-set' ? dataCard : workCard);
const margin = 32;

export function LineageGraph(props: {
  lineage: Lineage;
  layout: Layout;
  asked: ReadonlySet<string>;
  chosen: string;
  onChoose: (id: string) => void;
  zoom: number;
  onZoom: (zoom: number) => void;
  catalog: Catalog | null;
}) {
  const { lineage, layout, asked, chosen, zoom, onZoom } = props;
  const box = useRef<HTMLDivElement>(null);
  const nodes = new Map(lineage.nodes.map((node) => [node.id, node]));

  // A new drawing begins with the asked artifact in the middle; what is chosen later stays in sight.
  const shown = useRef<Layout | null>(null);
  useLayoutEffect(() => {
    const place = layout.places.get(chosen);
    const node = nodes.get(chosen);
    if (!box.current || !place || !node || shown.current === layout) return;
    shown.current = layout;
    const size = sizeOf(node);
    box.current.scrollLeft = (place.x + size.width / 2 + margin) * zoom - box.current.clientWidth / 2;
    box.current.scrollTop = (place.y + size.height / 2 + margin) * zoom - box.current.clientHeight / 2;
  });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    // Not through React, whose wheel listeners cannot keep the page itself from being sized.
    const wheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      onZoom(zoom * (event.deltaY < 0 ? 1.1 : 1 / 1.1));
    };
    element.addEventListener('wheel', wheel, { passive: false });
    return () => element.removeEventListener('wheel', wheel);
  }, [zoom, onZoom]);

  const walk = (event: KeyboardEvent) => {
    const next = neighbour(event.key, chosen, lineage, layout);
    if (!next) return;
    event.preventDefault();
    props.onChoose(next);
    const card = box.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(next)}"]`);
    card?.focus({ preventScroll: true });
    card?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  };
  const drag = (event: PointerEvent<HTMLDivElement>) => {
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
  };
  const width = layout.width + 2 * margin;
  const height = layout.height + 2 * margin;
  return (
    <div ref={box} className={styles.board} onPointerDown={drag}>
      <div className={styles.sheet} style={{ width: width * zoom, height: height * zoom }}>
        <div style={{ width, height, transform: `scale(${zoom})`, transformOrigin: '0 0', position: 'relative' }}>
          <svg className={styles.lines} width={width} height={height} aria-hidden="true">
            {lineage.edges.map((edge) => (
              <path
                key={`${edge.from} ${edge.to} ${edge.port}`}
                d={lineBetween(nodes.get(edge.from), nodes.get(edge.to), layout)}
                data-near={edge.from === chosen || edge.to === chosen ? '' : undefined}
              />
            ))}
          </svg>
          <ul aria-label={t('Lineage. Arrows walk along it.')} onKeyDown={walk}>
            {layout.columns.flat().map((id) => {
              const node = nodes.get(id)!;
              const place = layout.places.get(id)!;
              return (
                <li
                  key={id}
                  className={styles.place}
                  style={{ left: place.x + margin, top: place.y + margin, ...sizeOf(node) }}
                >
                  <button
                    type="button"
                    data-id={id}
                    tabIndex={id === chosen ? 0 : -1}
                    aria-current={id === chosen ? 'true' : undefined}
                    className={cx(styles.card, isData(node) && styles.data)}
                    data-asked={asked.has(id) ? '' : undefined}
                    onClick={() => props.onChoose(id)}
                  >
                    <CardBody node={node} catalog={props.catalog} />
                    {asked.has(id) && <span className="visually-hidden">{t('asked about')}</span>}
                  </button>
                </li>
              );
            })}
          </ul>
        </div>
      </div>
    </div>
  );
}

function CardBody({ node, catalog }: { node: LineageNode; catalog: Catalog | null }) {
  return (
    <>
      <Mark node={node} catalog={catalog} />
      <span className={styles.cardText}>
        <strong>{nameOf(node)}</strong>
        {linesOf(node, catalog)
          .filter(Boolean)
          .map((line) => (
            <span key={line}>{line}</span>
          ))}
      </span>
    </>
  );
}

/** What it is, as a shape; the words say it as well. */
export function Mark({ node, catalog }: { node: LineageNode; catalog: Catalog | null }) {
  if (node.kind === 'artifact') return <PortShape kind={node.artifact.kind} filled size={12} />;
  const type = node.kind === 'node-run' ? catalog?.get(node.type) : undefined;
  const icon = node.kind === 'node-run' ? type && iconOf(type) : kindIcons[node.kind];
  return (
    icon && (
      <span className={styles.tile}>
        <Icon name={icon} />
      </span>
    )
  );
}

function lineBetween(from: LineageNode | undefined, to: LineageNode | undefined, layout: Layout): string {
  const [a, b] = [from && layout.places.get(from.id), to && layout.places.get(to.id)];
  if (!from || !to || !a || !b) return '';
  const x1 = a.x + sizeOf(from).width + margin;
  const y1 = a.y + sizeOf(from).height / 2 + margin;
  const x2 = b.x + margin;
  const y2 = b.y + sizeOf(to).height / 2 + margin;
  const bend = Math.min(60, Math.max(24, Math.abs(x2 - x1) / 2));
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** Left and right follow the lines to the nearest end, up and down stay in the column. */
function neighbour(key: string, at: string, lineage: Lineage, layout: Layout): string | undefined {
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
      return nearest(lineage.edges.filter(({ from }) => from === at).map(({ to }) => to));
    case 'ArrowLeft':
      return nearest(lineage.edges.filter(({ to }) => to === at).map(({ from }) => from));
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
