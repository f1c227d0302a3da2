/** Decides what commands of the page are given to act on, and the questions that many of them ask of it first. */
import type { NodeId } from '@drawloom/shared/pipeline/document.ts';
import type { Scope } from '@drawloom/shared/pipeline/scope.ts';
import type { CanvasHandle } from '../../canvas/handle.ts';
import type { Drawing } from '../../document/drawing.ts';

export interface PageContext {
  drawing: Drawing;
  canvas: CanvasHandle;
  mayRun: boolean;
  /** Shows what a run of it all, or of a part, would do, and starts it when that is wished. */
  run: (scope?: Scope) => void;
  /** Starts a run of it all, with the parameters' own values; asks only where one has none. */
  runAtOnce: () => void;
  focusPalette: () => void;
  focusOutline: () => void;
  /** Puts the cursor into a node's first field, or into its code. */
  edit: (node: NodeId) => void;
  showResult: () => void;
  /** Goes to the page of the run that the cards show. */
  openRun: () => void;
  freeze: () => void;
  exportFile: () => void;
}

export const some = ({ drawing }: PageContext) => drawing.selection.nodes.size > 0;
export const any = ({ drawing }: PageContext) => drawing.selection.nodes.size + drawing.selection.edges.size > 0;
export const one = ({ drawing }: PageContext) => drawing.selection.nodes.size === 1;
export const writable = ({ drawing }: PageContext) => !drawing.store.getState().readOnly;
export const theNode = ({ drawing }: PageContext): NodeId => [...drawing.selection.nodes].at(-1)!;
