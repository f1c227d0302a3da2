/**
 * Decides how much of a card is drawn at which zoom: all of it, its title only, or one picture of the whole drawing. Going to less is
 * done before the viewport moves; going to more waits until the gesture has ended, since mounting cards costs a frame.
 */

import type { PortKind } from '@drawloom/shared/node-type/ports.ts';
import { create } from 'zustand';
import type { Point } from '../document/commands.ts';
import type { Guide } from './guides.ts';

export type Level = 'picture' | 'title' | 'full';
const rank: Record<Level, number> = { picture: 0, title: 1, full: 2 };
const toTitle = 0.35;
const toPicture = 0.2;
const slack = 0.03;

/** The level at a zoom, coming from another one: a little slack keeps it from flickering at the border. */
export function levelAt(zoom: number, from: Level | null): Level {
  const border = (limit: number, above: boolean) => (from === null ? limit : above ? limit - slack : limit + slack);
  if (zoom >= border(toTitle, from === 'full')) return 'full';
  if (zoom >= border(toPicture, from !== 'picture')) return 'title';
  return 'picture';
}
export const isLess = (a: Level, b: Level): boolean => rank[a] < rank[b];

export interface Wire {
  node: string;
  port: string;
  end: 'from' | 'to';
  kind: PortKind;
  /** Nodes that would close a circle. */
  forbidden: ReadonlySet<string>;
}
/** Connecting by keyboard: first a port of this node, then one of the ports it may go to. */
export interface KeyWire {
  wire: Wire;
  /** Other ports of the same node, to begin with instead. */
  starts: readonly Wire[];
  targets: readonly { node: string; port: string }[];
  at: number;
}
export interface CreatorPlace {
  /** Where the list opens, in the canvas. */
  screen: Point;
  /** Where the node will be. */
  flow: Point;
  /** Opened by key with a node selected: the new one goes beside it, and is wired to it where that fits. */
  beside: boolean;
  /** The node whose place the chosen type takes. */
  replace?: string;
  /** The wire that waits for its other end. */
  wire: { node: string; port: string; end: 'from' | 'to'; kind: PortKind } | null;
}

interface View {
  level: Level;
  moving: boolean;
  wire: Wire | null;
  keyWire: KeyWire | null;
  creator: CreatorPlace | null;
  renaming: string | null;
  /** A circle that a refused wire would have closed, from its end on. */
  circle: readonly string[] | null;
  /** The lines that what is dragged lies on. */
  guides: readonly Guide[];
  /** The wire that a card would go into if it were dropped now. */
  insertion: string | null;
  /** The card that would be replaced if a node type were dropped now. */
  replacing: string | null;
  /** Nodes that were looked for and found; all others step back. */
  found: ReadonlySet<string> | null;
  minimap: boolean;
}
export const useView = create<View>(() => ({
  level: 'full',
  moving: false,
  wire: null,
  keyWire: null,
  creator: null,
  renaming: null,
  circle: null,
  guides: [],
  insertion: null,
  replacing: null,
  found: null,
  minimap: localStorage.getItem('drawloom.minimap') !== 'off',
}));
export function toggleMinimap(): void {
  const minimap = !useView.getState().minimap;
  localStorage.setItem('drawloom.minimap', minimap ? 'on' : 'off');
  useView.setState({ minimap });
}

/** What is said aloud to those who do not see the canvas: of what they do, and apart from it, of the run that is watched. */
export const useAnnouncement = create<{ text: string; ofRun: string }>(() => ({ text: '', ofRun: '' }));
export const announce = (text: string): void => useAnnouncement.setState({ text });
export const announceOfRun = (ofRun: string): void => useAnnouncement.setState({ ofRun });
