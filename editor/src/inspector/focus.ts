/** Asks the inspector to put the cursor into a field: after a drop from the palette, or from the list of problems. */
import { create } from 'zustand';

interface Wanted {
  node: string;
  /** JSON pointer below the node; null means its first field. */
  at: string | null;
  /** Line in its code. */
  line: number | null;
  turn: number;
}
export const useWantedField = create<{ wanted: Wanted | null }>(() => ({ wanted: null }));
let turn = 0;
export const wantField = (node: string, at: string | null, line: number | null = null): void => {
  turn++;
  useWantedField.setState({ wanted: { node, at, line, turn } });
};
