/** Hands the open drawing to the components below it. */
import { createContext, useContext } from 'react';
import { useStore } from 'zustand';
import { useShallow } from 'zustand/react/shallow';
import type { Drawing, DrawingState } from './drawing.ts';

const Context = createContext<Drawing | null>(null);
export const DrawingProvider = Context.Provider;

export function useDrawingObject(): Drawing {
  const drawing = useContext(Context);
  if (!drawing) throw new Error('This part stands outside of an open drawing.');
  return drawing;
}
/** A slice of the open drawing; the component renders again only when the slice is another one. */
export const useDrawing = <T,>(pick: (state: DrawingState) => T): T => useStore(useDrawingObject().store, pick);
/** The same for a slice that is made anew each time: compared member by member. */
export const useDrawingShallow = <T,>(pick: (state: DrawingState) => T): T =>
  useStore(useDrawingObject().store, useShallow(pick));
