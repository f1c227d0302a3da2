/** Everything that can be done on the page of a pipeline. Keys, menus, the palette and the sheet are all made from this list. */
import { setTheme, useAppearance } from '../../app/appearance.ts';
import type { Command } from '../../app/commands.ts';
import { tidyUp } from '../../canvas/askTidy.ts';
import { openCreator } from '../../canvas/Canvas.tsx';
import { useCardFacts } from '../../canvas/cardFacts.ts';
import { cutSelection, duplicateSelection, pasteText, selectionText } from '../../canvas/clipboard.ts';
import { remove } from '../../canvas/edits.ts';
import type { CanvasHandle } from '../../canvas/handle.ts';
import { announce, toggleMinimap, useView } from '../../canvas/view.ts';
import { beginKeyWire } from '../../canvas/wires.ts';
import { removeAndHeal } from '../../document/commands.ts';
import { refusal } from '../../document/connect.ts';
import { reachable } from '../../document/shapes.ts';
import { toast } from '../../ui/overlays.tsx';
import { isPanelOpen, setPanelOpen } from '../../ui/Panels.tsx';
import { t } from '../../words/index.ts';
import { arrangements } from './arrange.ts';
import { movements } from './movements.ts';
import { any, one, type PageContext, some, theNode, writable } from './pageContext.ts';
import { focusSoon, panels, toggleInspectorWide, usePage } from './pageState.ts';

const edit = t('Edit');
const add = t('Add and connect');
const look = t('Look');
const move = t('Walk and move');
const arrange = t('Arrange');
const run = t('do::Run');
const file = t('Pipeline');

export const commands: readonly Command<PageContext>[] = [
  {
    id: 'run',
    title: t('Run…'),
    group: run,
    icon: 'play',
    keys: ['Mod+Enter'],
    where: 'page',
    when: (c) => c.mayRun,
    run: (c) => c.run(),
  },
  {
    id: 'run-at-once',
    title: t('Run at once, without its plan'),
    group: run,
    icon: 'play',
    keys: ['Mod+Shift+Enter'],
    where: 'page',
    when: (c) => c.mayRun,
    run: (c) => c.runAtOnce(),
  },
  {
    id: 'run-to',
    title: t('Run to here'),
    group: run,
    icon: 'play',
    where: 'canvas',
    when: (c) => some(c) && c.mayRun,
    run: (c) => c.run({ to: [...c.drawing.selection.nodes] }),
  },
  {
    id: 'run-from',
    title: t('Run from here'),
    group: run,
    icon: 'refresh',
    where: 'canvas',
    when: (c) => some(c) && c.mayRun,
    run: (c) => c.run({ from: [...c.drawing.selection.nodes] }),
  },
  {
    id: 'result',
    title: t('Show the result'),
    group: run,
    icon: 'panel-bottom',
    keys: ['R'],
    where: 'canvas',
    run: (c) => c.showResult(),
  },
  {
    id: 'open-run',
    title: t('Open the page of the run'),
    group: run,
    icon: 'runs',
    keys: ['Shift+R'],
    where: 'canvas',
    when: () => useCardFacts.getState().run !== null,
    run: (c) => c.openRun(),
  },
  {
    id: 'undo',
    title: t('Undo'),
    group: edit,
    icon: 'undo',
    keys: ['Mod+Z'],
    where: 'page',
    when: ({ drawing }) => drawing.store.getState().history.past.length > 0,
    run: ({ drawing }) => {
      const name = drawing.undo();
      if (name) announce(t('Undone: {name}', { name }));
    },
  },
  {
    id: 'redo',
    title: t('Redo'),
    group: edit,
    icon: 'redo',
    keys: ['Mod+Shift+Z', 'Mod+Y'],
    where: 'page',
    when: ({ drawing }) => drawing.store.getState().history.future.length > 0,
    run: ({ drawing }) => {
      const name = drawing.redo();
      if (name) announce(t('Done again: {name}', { name }));
    },
  },
  {
    id: 'copy',
    title: t('Copy'),
    group: edit,
    icon: 'copy',
    keys: ['Mod+C'],
    where: 'canvas',
    native: true,
    when: some,
    run: ({ canvas }) => {
      const text = selectionText(canvas);
      if (text) void navigator.clipboard.writeText(text);
    },
  },
  {
    id: 'cut',
    title: t('Cut'),
    group: edit,
    keys: ['Mod+X'],
    where: 'canvas',
    native: true,
    when: (c) => some(c) && writable(c),
    run: ({ canvas }) => {
      const text = selectionText(canvas);
      if (text) void navigator.clipboard.writeText(text).then(() => cutSelection(canvas));
    },
  },
  {
    id: 'paste',
    title: t('Paste'),
    group: edit,
    keys: ['Mod+V'],
    where: 'canvas',
    native: true,
    when: writable,
    run: ({ canvas }) => void pasteFromClipboard(canvas, false),
  },
  {
    id: 'paste-wired',
    title: t('Paste with incoming wires'),
    group: edit,
    keys: ['Mod+Shift+V'],
    where: 'canvas',
    native: true,
    when: writable,
    run: ({ canvas }) => void pasteFromClipboard(canvas, true),
  },
  {
    id: 'duplicate',
    title: t('Duplicate'),
    group: edit,
    icon: 'copy',
    keys: ['Mod+D'],
    where: 'canvas',
    when: (c) => some(c) && writable(c),
    run: ({ canvas }) => duplicateSelection(canvas),
  },
  {
    id: 'rename',
    title: t('Rename'),
    group: edit,
    icon: 'edit',
    keys: ['F2'],
    where: 'canvas',
    when: (c) => one(c) && writable(c),
    run: (c) => {
      c.canvas.show(theNode(c));
      if (useView.getState().level !== 'full') c.canvas.zoomTo(0.8);
      useView.setState({ renaming: theNode(c) });
    },
  },
  {
    id: 'delete',
    title: t('Delete'),
    group: edit,
    icon: 'trash',
    keys: ['Delete', 'Backspace'],
    where: 'canvas',
    when: (c) => any(c) && writable(c),
    run: ({ drawing, canvas }) => {
      remove(drawing, drawing.selection);
      canvas.focus();
    },
  },
  {
    id: 'delete-heal',
    title: t('Delete and join the neighbours'),
    group: edit,
    keys: ['Mod+Backspace'],
    where: 'canvas',
    when: (c) => some(c) && writable(c),
    run: ({ drawing, canvas }) => {
      const { nodes } = drawing.selection;
      const { document, shapes } = drawing.store.getState();
      drawing.edit(t('Delete and join the neighbours'), (draft) =>
        removeAndHeal(draft, nodes, shapes, (edge) => refusal(document, shapes, edge) === null),
      );
      canvas.focus();
    },
  },
  {
    id: 'select-all',
    title: t('Select all'),
    group: edit,
    keys: ['Mod+A'],
    where: 'canvas',
    run: ({ drawing }) => drawing.select({ nodes: new Set(Object.keys(drawing.document.nodes)) }),
  },
  {
    id: 'select-upstream',
    title: t('Select what comes before'),
    group: edit,
    keys: ['Shift+ArrowLeft'],
    where: 'canvas',
    when: some,
    run: ({ drawing }) => drawing.select({ nodes: reachable(drawing.document, [...drawing.selection.nodes], 'in') }),
  },
  {
    id: 'select-downstream',
    title: t('Select what follows'),
    group: edit,
    keys: ['Shift+ArrowRight'],
    where: 'canvas',
    when: some,
    run: ({ drawing }) => drawing.select({ nodes: reachable(drawing.document, [...drawing.selection.nodes], 'out') }),
  },
  {
    id: 'deselect',
    title: t('Select nothing'),
    group: edit,
    keys: ['Escape'],
    where: 'canvas',
    quiet: true,
    run: ({ drawing, canvas }) => {
      drawing.select({});
      canvas.focus();
    },
  },
  {
    id: 'to-canvas',
    title: t('Back to the canvas'),
    group: move,
    keys: ['Escape'],
    where: 'page',
    quiet: true,
    run: ({ drawing, canvas }) => canvas.focus([...drawing.selection.nodes].at(-1)),
  },
  {
    id: 'edit',
    title: t('Edit its first field or its code'),
    group: edit,
    icon: 'edit',
    keys: ['Enter'],
    where: 'canvas',
    when: one,
    run: (c) => c.edit(theNode(c)),
  },
  {
    id: 'add',
    title: t('Add a node, after what is selected'),
    group: add,
    icon: 'plus',
    keys: ['N'],
    where: 'canvas',
    when: writable,
    run: (c) => openCreator(c.canvas, one(c) ? null : c.canvas.pointer),
  },
  {
    id: 'add-here',
    title: t('Add a node at the pointer'),
    group: add,
    keys: ['A'],
    where: 'canvas',
    when: writable,
    run: ({ canvas }) => openCreator(canvas, canvas.pointer),
  },
  {
    id: 'connect',
    title: t('Connect by keyboard'),
    group: add,
    icon: 'link',
    keys: ['C'],
    where: 'canvas',
    when: (c) => one(c) && writable(c),
    run: (c) => beginKeyWire(c.canvas, theNode(c)),
  },
  {
    id: 'search-nodes',
    title: t('Search the palette'),
    group: add,
    icon: 'search',
    keys: ['/'],
    where: 'canvas',
    run: (c) => c.focusPalette(),
  },
  {
    id: 'find',
    title: t('Find in the pipeline'),
    group: look,
    icon: 'search',
    keys: ['Mod+F'],
    where: 'canvas',
    run: () => {
      usePage.setState({ find: true });
      focusSoon(() => document.querySelector('[data-testid="find-bar"] input'));
    },
  },
  {
    id: 'outline',
    title: t('Edit in the outline'),
    group: edit,
    icon: 'outline',
    keys: ['O'],
    where: 'canvas',
    run: (c) => c.focusOutline(),
  },
  {
    id: 'replace',
    title: t('Replace by another type…'),
    group: add,
    where: 'canvas',
    when: (c) => one(c) && writable(c),
    run: (c) => openCreator(c.canvas, null, null, theNode(c)),
  },
  ...movements(move),
  ...arrangements(arrange),
  {
    id: 'tidy',
    title: t('Tidy up'),
    group: look,
    icon: 'tidy',
    keys: ['Shift+Alt+T', 'Alt+Shift+T'],
    where: 'canvas',
    when: writable,
    run: ({ canvas }) => void tidyUp(canvas).catch((error: Error) => toast(error.message, 'failed')),
  },
  {
    id: 'fit',
    title: t('Fit everything'),
    group: look,
    icon: 'fit',
    keys: ['1'],
    where: 'canvas',
    run: ({ canvas }) => canvas.fit(),
  },
  {
    id: 'fit-selection',
    title: t('Fit the selection'),
    group: look,
    keys: ['2'],
    where: 'canvas',
    when: some,
    run: ({ canvas, drawing }) => canvas.fit(drawing.selection.nodes),
  },
  {
    id: 'zoom-100',
    title: t('Zoom to 100 %'),
    group: look,
    keys: ['0'],
    where: 'canvas',
    run: ({ canvas }) => canvas.zoomTo(1),
  },
  {
    id: 'zoom-in',
    title: t('Zoom in'),
    group: look,
    icon: 'plus',
    keys: ['+', '='],
    where: 'canvas',
    run: ({ canvas }) => canvas.zoomBy(1.25),
  },
  {
    id: 'zoom-out',
    title: t('Zoom out'),
    group: look,
    icon: 'minus',
    keys: ['-'],
    where: 'canvas',
    run: ({ canvas }) => canvas.zoomBy(0.8),
  },
  {
    id: 'minimap',
    title: t('Show or hide the overview'),
    group: look,
    icon: 'map',
    keys: ['M'],
    where: 'canvas',
    run: toggleMinimap,
  },
  panelCommand('left', t('Show or hide the left panel'), 'panel', 'Mod+B'),
  panelCommand('right', t('Show or hide the inspector'), 'panel-right', 'Mod+I'),
  {
    id: 'inspector-wide',
    title: t('Make the inspector wider, or as it was'),
    group: look,
    icon: 'wider',
    keys: ['W'],
    where: 'canvas',
    run: () => {
      setPanelOpen(panels.right, true);
      toggleInspectorWide();
    },
  },
  panelCommand('bottom', t('Show or hide the panel below'), 'panel-bottom', 'Mod+J'),
  {
    id: 'theme',
    title: t('Switch between light and dark'),
    group: look,
    icon: 'moon',
    where: 'page',
    run: () => setTheme(useAppearance.getState().shown === 'dark' ? 'light' : 'dark'),
  },
  {
    id: 'freeze',
    title: t('Save a version'),
    group: file,
    icon: 'history',
    keys: ['Mod+S'],
    where: 'page',
    when: writable,
    run: (c) => c.freeze(),
  },
  {
    id: 'export',
    title: t('Export as a file'),
    group: file,
    icon: 'download',
    where: 'page',
    run: (c) => c.exportFile(),
  },
  {
    id: 'palette',
    title: t('Find anything'),
    group: file,
    icon: 'search',
    keys: ['Mod+K'],
    where: 'page',
    run: () => usePage.setState({ palette: true }),
  },
  {
    id: 'sheet',
    title: t('Show all keys'),
    group: file,
    icon: 'keyboard',
    keys: ['?'],
    where: 'canvas',
    run: () => usePage.setState({ sheet: true }),
  },
];

function panelCommand(
  side: keyof typeof panels,
  title: string,
  icon: 'panel' | 'panel-right' | 'panel-bottom',
  key: string,
): Command<PageContext> {
  return {
    id: `panel-${side}`,
    title,
    group: look,
    icon,
    keys: [key],
    where: 'page',
    run: () => setPanelOpen(panels[side], !isPanelOpen(panels[side], side !== 'bottom')),
  };
}

async function pasteFromClipboard(canvas: CanvasHandle, keepIncoming: boolean): Promise<void> {
  try {
    pasteText(canvas, await navigator.clipboard.readText(), { keepIncoming });
  } catch {
    toast(
      t('The browser does not let this page read the clipboard. Press {keys} instead.', { keys: 'Ctrl+V' }),
      'failed',
    );
  }
}
