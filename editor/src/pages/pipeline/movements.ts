/** Walking from card to card, and moving what is selected, by arrows. */
import { type Command, chordOf } from '../../app/commands.ts';
import { nudge } from '../../canvas/edits.ts';
import { walk } from '../../canvas/walk.ts';
import { t } from '../../words/index.ts';
import { type PageContext, some, writable } from './pageContext.ts';

export const movements = (group: string): readonly Command<PageContext>[] => [
  ...(['left', 'right', 'up', 'down'] as const).map((direction): Command<PageContext> => {
    const arrow = `Arrow${direction[0]!.toUpperCase()}${direction.slice(1)}`;
    return {
      id: `walk-${direction}`,
      title: {
        left: t('To the node before'),
        right: t('To the node after'),
        up: t('To the node above'),
        down: t('To the node below'),
      }[direction],
      group,
      keys: [arrow],
      where: 'canvas',
      quiet: true,
      run: ({ canvas }) => walk(canvas, direction),
    };
  }),
  ...(['left', 'right', 'up', 'down'] as const).map((direction): Command<PageContext> => {
    const arrow = `Arrow${direction[0]!.toUpperCase()}${direction.slice(1)}`;
    return {
      id: `move-${direction}`,
      title: { left: t('Move to the left'), right: t('Move to the right'), up: t('Move up'), down: t('Move down') }[
        direction
      ],
      group,
      keys: [`Mod+${arrow}`, `Mod+Shift+${arrow}`],
      where: 'canvas',
      quiet: true,
      when: (c) => some(c) && writable(c),
      run: ({ canvas, drawing }) => nudge(canvas, drawing.selection.nodes, direction, shiftHeld ? 64 : 16),
    };
  }),
];

let shiftHeld = false;
/** The chord that is being carried out; a command with two chords may ask which it was. */
export const noteChord = (event: KeyboardEvent): void => {
  shiftHeld = chordOf(event).includes('Shift');
};
