/** What the page has open beside the drawing, so that commands, menus and panels speak of the same thing. */
import { create } from 'zustand';

export interface PageState {
  palette: boolean;
  sheet: boolean;
  runDialog: boolean;
  menu: { x: number; y: number; node: string | null } | null;
}
export const usePage = create<PageState>(() => ({ palette: false, sheet: false, runDialog: false, menu: null }));
export const panels = { left: 'pipeline.left', right: 'pipeline.right', bottom: 'pipeline.bottom' } as const;
