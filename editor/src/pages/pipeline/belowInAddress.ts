/** Keeps in the address what is open below the drawing, so that a reload and a shared link show the same. */
import { useEffect } from 'react';
import { isPanelOpen, onPanels } from '../../ui/Panels.tsx';
import { type DrawerView, openDrawer, panels, usePage } from './pageState.ts';

/** `asked` is read once; from then on the page is what counts. */
export function useBelowInAddress(
  asked: DrawerView | undefined,
  put: (change: { below: DrawerView | undefined }) => void,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the address is read once and written after
  useEffect(() => {
    if (asked) openDrawer(asked);
    let last = asked;
    const told = () => {
      const below = isPanelOpen(panels.bottom, false) ? usePage.getState().drawer : undefined;
      if (below === last) return;
      last = below;
      put({ below });
    };
    const stops = [usePage.subscribe(told), onPanels(told)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [put]);
}
