/** What tests and benchmarks may look at, and nothing that they could change. Asked for by `drawloom.test` in the local storage. */
import { useEffect } from 'react';
import type { CanvasHandle } from '../../canvas/handle.ts';
import { counter } from '../../canvas/renders.ts';
import { useView } from '../../canvas/view.ts';
import type { Drawing } from '../../document/drawing.ts';

export function useBenchHook(drawing: Drawing, canvas: CanvasHandle | null): void {
  useEffect(() => {
    if (!import.meta.env.DEV && localStorage.getItem('drawloom.test') !== 'on') return;
    const hook = {
      get graph() {
        return drawing.document;
      },
      get selection() {
        return { nodes: [...drawing.selection.nodes], edges: [...drawing.selection.edges] };
      },
      get viewport() {
        return canvas?.viewport;
      },
      get level() {
        return useView.getState().level;
      },
      get found() {
        const { found } = useView.getState();
        return found && [...found];
      },
      get renders() {
        return { ...counter };
      },
      get history() {
        return drawing.store.getState().history;
      },
      get saving() {
        return drawing.store.getState().saving.is;
      },
      get problems() {
        return drawing.store.getState().problems;
      },
    };
    Object.defineProperty(window, '__editor', { value: Object.freeze(hook), configurable: true });
    return () => {
      Reflect.deleteProperty(window, '__editor');
    };
  }, [drawing, canvas]);
}
