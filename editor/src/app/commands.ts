/**
 * One list of what can be done feeds the keys, the menus, the palette of Ctrl+K and the sheet of keys, so that none of them can
 * know something that the others do not. Keys can be bound anew; what people changed is kept by the command's name.
 */
import type { IconName } from '../ui/Icon.tsx';

export interface Command<Context> {
  id: string;
  title: string;
  /** Heading in the sheet and the palette. */
  group: string;
  icon?: IconName;
  /** Chords such as `Mod+Shift+K`; the first is shown. `Mod` is Ctrl, or ⌘ on a Mac. */
  keys?: readonly string[];
  /** `canvas`: only while the canvas has the focus, which every single letter must be. */
  where: 'canvas' | 'page';
  /** The browser itself turns these keys into an event (copy, paste); they are shown, not taken. */
  native?: boolean;
  /** Left out of the palette, such as walking by arrows. */
  quiet?: boolean;
  when?: (context: Context) => boolean;
  run: (context: Context) => void;
}

export function chordOf(event: KeyboardEvent): string {
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : /^Key([A-Z])$/.exec(event.code)?.[1];
  const key = letter ?? (event.key === ' ' ? 'Space' : event.key);
  const named = key.length > 1 || letter !== undefined;
  return [(event.ctrlKey || event.metaKey) && 'Mod', event.altKey && 'Alt', event.shiftKey && named && 'Shift', key]
    .filter(Boolean)
    .join('+');
}

const key = 'drawloom.keys';
let rebound: Record<string, string[]> = {};
try {
  rebound = JSON.parse(localStorage.getItem(key) ?? '{}') as Record<string, string[]>;
} catch {
  // the usual keys
}
export const keysOf = (command: Pick<Command<never>, 'id' | 'keys'>): readonly string[] =>
  rebound[command.id] ?? command.keys ?? [];
export function rebind(id: string, chords: string[] | null): void {
  if (chords === null) delete rebound[id];
  else rebound[id] = chords;
  localStorage.setItem(key, JSON.stringify(rebound));
}

/** The command that a key press means here, if any. */
export function commandFor<C>(
  commands: readonly Command<C>[],
  event: KeyboardEvent,
  where: 'canvas' | 'page',
  context: C,
): Command<C> | null {
  const chord = chordOf(event);
  return (
    commands.find(
      (command) =>
        (command.where === 'page' || where === 'canvas') &&
        !command.native &&
        keysOf(command).includes(chord) &&
        (command.when?.(context) ?? true),
    ) ?? null
  );
}

/** Whether Enter and Space now belong to something that is pressed with them. */
export const isPressed = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('button, a[href], [role="button"], summary') !== null;

/** Whether keys now belong to something that is being typed into. */
export const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('.monaco-editor') !== null);
