/** What the page has open beside the drawing, so that commands, menus and panels speak of the same thing. */
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import { create } from 'zustand';
import { isPanelOpen, setPanelOpen, toggleWide, usePanelWide } from '../../ui/Panels.tsx';

export const drawerViews = ['result', 'timeline', 'log', 'problems'] as const;
export type DrawerView = (typeof drawerViews)[number];
export interface PageState {
  palette: boolean;
  sheet: boolean;
  /** The bar that looks for nodes. */
  find: boolean;
  /** What the dialog that starts a run is about; null while it is closed. */
  runDialog: { scope: Scope | null } | null;
  menu: { x: number; y: number; node: string | null } | null;
  /** What the panel below the canvas shows while it is open. */
  drawer: DrawerView;
}
export const usePage = create<PageState>(() => ({
  palette: false,
  sheet: false,
  find: false,
  runDialog: null,
  menu: null,
  drawer: 'problems',
}));
export const panels = { left: 'pipeline.left', right: 'pipeline.right', bottom: 'pipeline.bottom' } as const;

/** Of the inspector: as forms want it, and as code does. */
export const inspectorWidth = { usual: 360, wide: 680 } as const;
export const toggleInspectorWide = (): void => toggleWide(panels.right, inspectorWidth.usual, inspectorWidth.wide);
export const useInspectorWide = (): boolean => usePanelWide(panels.right, inspectorWidth.usual, inspectorWidth.wide);

export function openDrawer(drawer: DrawerView): void {
  usePage.setState({ drawer });
  setPanelOpen(panels.bottom, true);
}
/** Closes what is open already, as a second press of the same button does. */
export function toggleDrawer(drawer: DrawerView): void {
  if (isPanelOpen(panels.bottom, false) && usePage.getState().drawer === drawer) setPanelOpen(panels.bottom, false);
  else openDrawer(drawer);
}

/** Puts the focus on something that may still have to come: a panel that opens, a page part that is loaded. */
export function focusSoon(find: () => HTMLElement | null, turns = 400): void {
  const target = find();
  if (target) target.focus();
  else if (turns > 0) setTimeout(() => focusSoon(find, turns - 1), 25);
}
