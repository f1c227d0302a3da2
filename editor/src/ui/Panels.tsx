/** A main part with a panel at one side, which can be resized by pointer and by arrows, closed, and is remembered by name. */
import { type KeyboardEvent, type PointerEvent, type ReactNode, useState, useSyncExternalStore } from 'react';
import { create } from 'zustand';
import { t } from '../words/index.ts';
import styles from './Panels.module.css';

interface Remembered {
  size: number;
  open: boolean;
}
interface PanelStore {
  panels: Record<string, Partial<Remembered>>;
  change: (name: string, change: Partial<Remembered>) => void;
}
const key = 'drawloom.panels';
function read(): PanelStore['panels'] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? '{}') as PanelStore['panels'];
  } catch {
    return {};
  }
}
const usePanels = create<PanelStore>((set, get) => ({
  panels: read(),
  change: (name, change) => {
    const panels = { ...get().panels, [name]: { ...get().panels[name], ...change } };
    set({ panels });
    try {
      localStorage.setItem(key, JSON.stringify(panels));
    } catch {
      // not remembered, still resized
    }
  },
}));

/** On a narrow screen a panel covers what it stands beside, so it waits until it is asked for. */
const atFirst = (wanted: boolean): boolean => wanted && !narrowScreen.matches;
const narrowScreen = matchMedia('(max-width: 760px)');
/** Whether panels cover what they stand beside. */
export const useNarrow = (): boolean =>
  useSyncExternalStore(
    (tell) => {
      narrowScreen.addEventListener('change', tell);
      return () => narrowScreen.removeEventListener('change', tell);
    },
    () => narrowScreen.matches,
  );

/** Whether a panel is open, and how to open and close it from elsewhere (a toolbar, a key). */
export function usePanel(name: string, openAtFirst = true): { open: boolean; setOpen: (open: boolean) => void } {
  const open = usePanels((store) => store.panels[name]?.open ?? atFirst(openAtFirst));
  const change = usePanels((store) => store.change);
  return { open, setOpen: (next) => change(name, { open: next }) };
}
/** Makes a panel wide, or again as it is usually; what was set by hand counts as whichever it is nearer to. */
export function toggleWide(name: string, usual: number, wide: number): void {
  const { panels, change } = usePanels.getState();
  change(name, { size: isWide(panels[name]?.size ?? usual, usual, wide) ? usual : wide });
}
export const usePanelWide = (name: string, usual: number, wide: number): boolean =>
  usePanels((store) => isWide(store.panels[name]?.size ?? usual, usual, wide));
const isWide = (size: number, usual: number, wide: number) => size > (usual + wide) / 2;

export const setPanelOpen = (name: string, open: boolean): void => usePanels.getState().change(name, { open });
export const isPanelOpen = (name: string, openAtFirst = true): boolean =>
  usePanels.getState().panels[name]?.open ?? atFirst(openAtFirst);

/** Calls back whenever a panel is opened, closed or resized, until the answer is called. */
export const onPanels = (tell: () => void): (() => void) => usePanels.subscribe(tell);

export function Split(props: {
  name: string;
  side: 'left' | 'right' | 'bottom';
  label: string;
  size: number;
  min?: number;
  max?: number;
  openAtFirst?: boolean;
  /** Decided by whoever uses it, instead of being remembered. */
  isOpen?: boolean;
  panel: ReactNode;
  children: ReactNode;
}) {
  const { name, side, min = 200, max = 900 } = props;
  const size = usePanels((store) => store.panels[name]?.size ?? props.size);
  const remembered = usePanels((store) => store.panels[name]?.open ?? atFirst(props.openAtFirst ?? true));
  const open = props.isOpen ?? remembered;
  const change = usePanels((store) => store.change);
  const [live, setLive] = useState<number | null>(null);
  const shown = live ?? size;
  const clamp = (value: number) => Math.round(Math.min(max, Math.max(min, value)));

  const start = (event: PointerEvent<HTMLDivElement>) => {
    if (event.button !== 0) return;
    const from = side === 'bottom' ? event.clientY : event.clientX;
    const handle = event.currentTarget;
    handle.setPointerCapture(event.pointerId);
    let last = shown;
    const move = (e: globalThis.PointerEvent) => {
      const delta = (side === 'bottom' ? e.clientY : e.clientX) - from;
      last = clamp(shown + (side === 'left' ? delta : -delta));
      setLive(last);
    };
    const end = () => {
      handle.removeEventListener('pointermove', move);
      handle.removeEventListener('pointerup', end);
      handle.removeEventListener('pointercancel', end);
      change(name, { size: last });
      setLive(null);
    };
    handle.addEventListener('pointermove', move);
    handle.addEventListener('pointerup', end);
    handle.addEventListener('pointercancel', end);
  };
  const press = (event: KeyboardEvent) => {
    const grow = { left: 'ArrowRight', right: 'ArrowLeft', bottom: 'ArrowUp' }[side];
    const shrink = { left: 'ArrowLeft', right: 'ArrowRight', bottom: 'ArrowDown' }[side];
    const step = event.shiftKey ? 64 : 16;
    if (event.key === grow) change(name, { size: clamp(size + step) });
    else if (event.key === shrink) change(name, { size: clamp(size - step) });
    else if (event.key === 'Enter') change(name, { open: false });
    else return;
    event.preventDefault();
  };

  const panel = open && (
    <section
      className={styles.panel}
      data-side={side}
      aria-label={props.label}
      style={side === 'bottom' ? { height: shown } : { width: shown }}
    >
      {props.panel}
    </section>
  );
  const handle = open && (
    // biome-ignore lint/a11y/useSemanticElements: a line cannot be dragged; this is the window splitter pattern
    <div
      role="separator"
      tabIndex={0}
      className={styles.handle}
      data-side={side}
      data-dragging={live === null ? undefined : ''}
      aria-label={t('Resize {panel}', { panel: props.label })}
      aria-orientation={side === 'bottom' ? 'horizontal' : 'vertical'}
      aria-valuenow={shown}
      aria-valuemin={min}
      aria-valuemax={max}
      onPointerDown={start}
      onKeyDown={press}
      onDoubleClick={() => change(name, { size: props.size })}
    />
  );
  return (
    <div className={styles.split} data-side={side}>
      {side === 'left' && panel}
      {side === 'left' && handle}
      <div className={styles.main}>{props.children}</div>
      {side !== 'left' && handle}
      {side !== 'left' && panel}
    </div>
  );
}
