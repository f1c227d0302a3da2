/**
 * When each attempt of each node waited, was begun and ran, on one scale that zooms; also the list of nodes, so that choosing one needs
 * no second place. Only the rows in view are in the page.
 */
import type { NodeRunSummary, Run } from '@drawloom/shared/api/runs.ts';
import { parentsOf } from '@drawloom/shared/pipeline/document.ts';
import { longestChain } from '@drawloom/shared/run/longestChain.ts';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type PointerEvent, useEffect, useMemo, useRef, useState } from 'react';
import { IconButton, IconToggle } from '../../ui/Button.tsx';
import { cx } from '../../ui/cx.ts';
import { formatCompact, formatDuration } from '../../ui/format.ts';
import { useNarrow } from '../../ui/Panels.tsx';
import { StatusMark, StatusRail } from '../../ui/StatusMark.tsx';
import { useNow } from '../../ui/Time.tsx';
import { t } from '../../words/index.ts';
import { type Bar, barsOf, tookOf } from './bars.ts';
import styles from './Timeline.module.css';
import { marksOf, panned, type Stretch, zoomed } from './timeScale.ts';
import { useTimeline } from './useTimeline.ts';

export function Timeline(props: { run: Run; selected: string | undefined; onSelect: (node: string) => void }) {
  const { run, selected } = props;
  const now = useNow(run.finishedAt === null);
  const rows = useMemo(() => inOrder(run), [run]);
  const spans = useTimeline(run);
  const [view, setView] = useState<Stretch | null>(null);
  const [critical, setCritical] = useState(false);
  const whole = wholeOf(run, now);
  const shown = view ?? whole;
  const scale = useRef<HTMLDivElement>(null);
  const width = useWidth(scale);
  const chain = useMemo(() => (critical ? chainOf(run, rows, now) : null), [critical, run, rows, now]);
  const marked = useMemo(() => new Set(chain?.nodes), [chain]);

  const zoom = (factor: number, at = (shown.from + shown.to) / 2) => setView(zoomed(shown, whole, factor, at));
  const pan = (share: number) => view && setView(panned(view, whole, share * (view.to - view.from)));
  const box = useRef<HTMLDivElement>(null);
  useWheel(box, scale, (event, share) => {
    if (event.ctrlKey || event.metaKey) zoom(2 ** (-event.deltaY / 240), shown.from + share * (shown.to - shown.from));
    else if (view && event.deltaX !== 0) pan(event.deltaX / Math.max(1, width));
    else if (view && event.shiftKey) pan(event.deltaY / Math.max(1, width));
    else return false;
    return true;
  });
  const drag = useDrag(view !== null, (pixels) => pan(-pixels / Math.max(1, width)));

  const rowHeight = useNarrow() ? 56 : 36;
  const list = useVirtualizer({
    count: rows.length,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  const current = rows.findIndex(({ node }) => node === selected);
  const toFocus = useRef<string | undefined>(undefined);
  const walk = (event: KeyboardEvent) => {
    const keys: Record<string, () => void> = {
      '+': () => zoom(2),
      '=': () => zoom(2),
      '-': () => zoom(0.5),
      '0': () => setView(null),
      ArrowLeft: () => pan(-0.2),
      ArrowRight: () => pan(0.2),
    };
    const to = { ArrowDown: current + 1, ArrowUp: current - 1, Home: 0, End: rows.length - 1 }[event.key];
    const next = to === undefined ? undefined : rows[to];
    if (!next && !keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    if (!next) return keys[event.key]!();
    toFocus.current = next.node;
    list.scrollToIndex(to!);
    props.onSelect(next.node);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: it remembers heights until it is told to ask again
  useEffect(() => list.measure(), [list, rowHeight]);
  useEffect(() => {
    if (current >= 0) list.scrollToIndex(current);
  }, [list, current]);
  const at = (instant: number) => `${((instant - shown.from) / (shown.to - shown.from)) * 100}%`;

  return (
    <div className={styles.timeline}>
      <div className={styles.head}>
        <span className={styles.tools}>
          <IconToggle small icon="flow" label={t('Critical path')} isSelected={critical} onChange={setCritical} />
          <IconButton small icon="minus" label={t('Zoom out')} keys="-" isDisabled={!view} onPress={() => zoom(0.5)} />
          <IconButton small icon="plus" label={t('Zoom in')} keys="+" onPress={() => zoom(2)} />
          <IconButton
            small
            icon="fit"
            label={t('The whole run')}
            keys="0"
            isDisabled={!view}
            onPress={() => setView(null)}
          />
        </span>
        <div
          ref={scale}
          className={styles.scale}
          aria-hidden="true"
          data-testid="time-scale"
          data-from={shown.from}
          data-to={shown.to}
        >
          {marksOf(shown, whole.from, Math.max(2, Math.floor(width / 90))).map((mark) => (
            <span key={mark} style={{ insetInlineStart: at(whole.from + mark) }}>
              {mark === 0 ? '0' : formatDuration(mark)}
            </span>
          ))}
        </div>
      </div>
      {chain && (
        <p className={styles.chain} role="status">
          {chain.nodes.length === 0
            ? t('Nothing has run yet, so there is no critical path.')
            : t('Critical path: {n, plural, one {# node} other {# nodes}}, {length} of {whole}.', {
                n: chain.nodes.length,
                length: formatDuration(chain.lengthMs),
                whole: formatDuration(whole.to - whole.from),
              })}
        </p>
      )}
      <div
        ref={box}
        role="listbox"
        tabIndex={-1}
        aria-label={t('Nodes of this run')}
        className={cx(styles.rows, view !== null && styles.near)}
        onKeyDown={walk}
        {...drag.handlers}
      >
        <div style={{ height: list.getTotalSize(), position: 'relative' }}>
          {list.getVirtualItems().map((item) => {
            const row = rows[item.index]!;
            const bars = barsOf(row, spans.get(row.node), now);
            return (
              <div
                key={row.node}
                id={`timeline-${row.node}`}
                ref={(element) => {
                  if (!element || toFocus.current !== row.node) return;
                  toFocus.current = undefined;
                  element.focus();
                }}
                role="option"
                aria-selected={row.node === selected}
                aria-posinset={item.index + 1}
                aria-setsize={rows.length}
                tabIndex={item.index === Math.max(0, current) ? 0 : -1}
                data-testid={`timeline-${row.node}`}
                data-critical={marked.has(row.node) ? '' : undefined}
                className={cx(styles.row, row.node === selected && styles.selected)}
                style={{ height: rowHeight, transform: `translateY(${item.start}px)` }}
                onClick={() => !drag.dragged() && props.onSelect(row.node)}
                onKeyDown={(event) => event.key === 'Enter' && props.onSelect(row.node)}
              >
                <span className={styles.rail}>
                  <StatusRail status={row.status} />
                </span>
                <span className={styles.name}>
                  <StatusMark status={row.status} iconOnly />
                  <span className={styles.title}>{row.name}</span>
                  <span className={styles.took}>{factOf(row, now)}</span>
                  <span className="visually-hidden">
                    {[
                      row.message,
                      marked.has(row.node) && t('On the critical path.'),
                      row.attempts > 1 && t('{n} attempts.', { n: row.attempts }),
                      ...bars.filter(({ part }) => part !== 'running' || row.attempts > 1).map(saidOf),
                    ]
                      .filter(Boolean)
                      .join(' ')}
                  </span>
                </span>
                <span className={styles.lane} aria-hidden="true">
                  {bars
                    .filter(({ from, to }) => to >= shown.from && from <= shown.to)
                    .map((bar) => (
                      <span
                        key={`${bar.attempt} ${bar.part}`}
                        className={styles.bar}
                        title={saidOf(bar)}
                        data-part={bar.part}
                        data-end={bar.end}
                        data-attempt={bar.attempt}
                        style={sidesOf(bar, shown)}
                      />
                    ))}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Where a bar begins and how far it goes, in shares of the view; what lies far outside is not drawn as long as it is. */
function sidesOf(bar: Bar, view: Stretch): { insetInlineStart: string; width: string } {
  const length = view.to - view.from;
  const from = Math.max(bar.from, view.from - length);
  const to = Math.min(bar.to, view.to + length);
  return { insetInlineStart: `${((from - view.from) / length) * 100}%`, width: `${((to - from) / length) * 100}%` };
}

function saidOf({ attempt, part, from, to }: Bar): string {
  const time = formatDuration(to - from);
  switch (part) {
    case 'waiting':
      return t('Attempt {n}: waited {time}.', { n: attempt, time });
    case 'starting':
      return t('Attempt {n}: took {time} to start.', { n: attempt, time });
    case 'running':
      return t('Attempt {n}: ran {time}.', { n: attempt, time });
    case 'done':
      return t('Attempt {n}: took {time} to keep what it made.', { n: attempt, time });
    case 'items':
      return t('Its items: {time} from the first to the last.', { time });
  }
}

function wholeOf(run: Run, now: number): Stretch {
  const from = Date.parse(run.startedAt ?? run.createdAt);
  return { from, to: Math.max(run.finishedAt ? Date.parse(run.finishedAt) : now, from + 1) };
}

function chainOf(run: Run, rows: readonly NodeRunSummary[], now: number) {
  const took = new Map(rows.map((row) => [row.node, tookOf(row, now) ?? 0]));
  const parents = new Map([...parentsOf(run.document)].filter(([node]) => took.has(node)));
  return longestChain(parents, took);
}

/** By when they started; what has not started follows in the order of the drawing, from left to right. */
function inOrder(run: Run): NodeRunSummary[] {
  const x = (row: NodeRunSummary) => run.document.looks.positions[row.node]?.x ?? 0;
  const started = (row: NodeRunSummary) => (row.startedAt ? Date.parse(row.startedAt) : Number.POSITIVE_INFINITY);
  return run.nodes
    .filter((row) => row.mapIndex === 0)
    .sort((a, b) => {
      const [first, second] = [started(a), started(b)];
      return first === second ? x(a) - x(b) : first - second;
    });
}

function factOf(row: NodeRunSummary, now: number): string {
  const rows = row.outputs.find((output) => output.rowCount !== null)?.rowCount;
  const parts = [
    row.items && `${formatCompact(row.items.done)}/${formatCompact(row.items.total)}`,
    row.status === 'reused' && row.reusedFrom
      ? t('from run {n}', { n: row.reusedFrom.run })
      : formatDuration(tookOf(row, now)),
    rows === undefined || rows === null || row.items ? null : t('{n} rows', { n: formatCompact(rows) }),
  ];
  return parts.filter((part) => part !== null && part !== '–').join(' · ');
}

function useWidth(of: { readonly current: HTMLElement | null }): number {
  const [width, setWidth] = useState(600);
  useEffect(() => {
    if (!of.current) return;
    const watch = new ResizeObserver(([entry]) => entry && setWidth(entry.contentRect.width));
    watch.observe(of.current);
    return () => watch.disconnect();
  }, [of]);
  return width;
}

/** Wheels over the lanes; `take` answers whether it was for the timeline, else the page scrolls. `share` is where in the scale. */
function useWheel(
  box: { readonly current: HTMLElement | null },
  scale: { readonly current: HTMLElement | null },
  take: (event: WheelEvent, share: number) => boolean,
): void {
  const latest = useRef(take);
  latest.current = take;
  useEffect(() => {
    const element = box.current;
    const turn = (event: WheelEvent) => {
      const lane = scale.current?.getBoundingClientRect();
      if (!lane || lane.width === 0 || event.clientX < lane.left) return;
      if (latest.current(event, (event.clientX - lane.left) / lane.width)) event.preventDefault();
    };
    // React listens passively, and then the page would zoom as well
    element?.addEventListener('wheel', turn, { passive: false });
    return () => element?.removeEventListener('wheel', turn);
  }, [box, scale]);
}

/** Pulling the lanes along; a press that pulled is no click. */
function useDrag(enabled: boolean, move: (pixels: number) => void) {
  const state = useRef({ at: null as number | null, far: false });
  const latest = useRef(move);
  latest.current = move;
  return {
    dragged: () => state.current.far,
    handlers: {
      onPointerDown: (event: PointerEvent) => {
        state.current = { at: enabled && event.button === 0 ? event.clientX : null, far: false };
      },
      onPointerMove: (event: PointerEvent) => {
        const { at, far } = state.current;
        if (at === null || event.buttons === 0 || (!far && Math.abs(event.clientX - at) < 4)) return;
        state.current = { at: event.clientX, far: true };
        latest.current(event.clientX - at);
      },
      onPointerUp: () => {
        state.current.at = null;
      },
    },
  };
}
