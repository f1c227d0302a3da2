import { canonical } from '@drawloom/shared/json.ts';
import { catalogOf, type NodeType } from '@drawloom/shared/node-type/definition.ts';
import { shapesOf } from '@drawloom/shared/pipeline/checks.ts';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { describe, expect, test } from 'vitest';
import { copyNodes, pasteNodes } from './clipboard.ts';
import * as commands from './commands.ts';
import { refusal } from './connect.ts';
import { edit, type History, noHistory, redo, undo } from './history.ts';
import { mergeDocuments } from './merge.ts';

const base = {
  version: 1,
  summary: '',
  description: '',
  icon: 'table',
  code: 'own' as const,
  parameters: {},
  reusable: true,
};
const types: NodeType[] = [
  { ...base, type: 'load', title: 'Load', category: 'data', inputs: [], outputs: [{ name: 'table', kind: 'table' }] },
  {
    ...base,
    type: 'step',
    title: 'Step',
    category: 'transform',
    inputs: [{ name: 'rows', kind: 'table' }],
    outputs: [{ name: 'table', kind: 'table' }],
  },
  {
    ...base,
    type: 'train',
    title: 'Train',
    category: 'model',
    inputs: [{ name: 'rows', kind: 'table' }],
    outputs: [{ name: 'model', kind: 'model' }],
  },
  {
    ...base,
    type: 'report',
    title: 'Report',
    category: 'report',
    inputs: [{ name: 'parts', kind: 'any', many: true }],
    outputs: [],
  },
];
const catalog = catalogOf(types);
const add = (document: PipelineDocument, id: string, type: string): void =>
  commands.addNode(document, id, catalog.get(type)!, id, { x: 0, y: 0 });
const wire = (from: string, fromPort: string, to: string, toPort: string) => ({
  from: { node: from, port: fromPort },
  to: { node: to, port: toPort },
});
function chain(): PipelineDocument {
  const document = emptyPipeline('chain');
  add(document, 'load', 'load');
  add(document, 'a', 'step');
  add(document, 'b', 'step');
  const shapes = shapesOf(document, catalog);
  commands.connect(document, shapes, wire('load', 'table', 'a', 'rows'));
  commands.connect(document, shapes, wire('a', 'table', 'b', 'rows'));
  return document;
}

describe('history', () => {
  test('sixty mixed edits are undone to the first drawing and done again to the last', () => {
    let state: { document: PipelineDocument; history: History } = { document: emptyPipeline('x'), history: noHistory };
    const first = canonical(state.document);
    const apply = (name: string, recipe: (draft: PipelineDocument) => void) => {
      state = edit(state.document, state.history, name, recipe, null, state.history.past.length * 10_000) ?? state;
    };
    for (let n = 0; n < 12; n++) {
      const id = `step_${n}`;
      apply('add', (draft) => add(draft, id, 'step'));
      apply('move', (draft) => commands.moveNodes(draft, new Map([[id, { x: n * 10 + 1, y: 7 }]])));
      apply('form', (draft) => commands.setParameter(draft, id, ['rules', 0, 'column'], `c${n}`));
      apply('rename', (draft) => commands.renameNode(draft, id, `Step ${n}`));
      apply(n % 2 ? 'connect' : 'note', (draft) =>
        n % 2
          ? commands.connect(draft, shapesOf(draft, catalog), wire(`step_${n - 1}`, 'table', id, 'rows'))
          : commands.putNote(draft, `note${n}`, { x: 0, y: 0, width: 100, height: 50, text: 'why' }),
      );
    }
    expect(state.history.past).toHaveLength(60);
    const last = canonical(state.document);
    for (let step = undo(state.document, state.history); step; step = undo(state.document, state.history)) state = step;
    expect(canonical({ ...state.document, looks: { positions: state.document.looks.positions } })).toBe(first);
    for (let step = redo(state.document, state.history); step; step = redo(state.document, state.history)) state = step;
    expect(canonical(state.document)).toBe(last);
  });

  test('typing in one field is one step, and an edit that changes nothing is none', () => {
    let state = { document: chain(), history: noHistory as History };
    for (const [at, name] of ['T', 'Tr', 'Tra'].entries())
      state = edit(
        state.document,
        state.history,
        'Rename',
        (d) => commands.renameNode(d, 'a', name),
        'name a',
        at * 100,
      )!;
    expect(state.history.past).toHaveLength(1);
    expect(undo(state.document, state.history)?.document.nodes.a?.name).toBe('a');
    expect(
      edit(state.document, state.history, 'Rename', (d) => commands.renameNode(d, 'a', 'Tra'), null, 9e9),
    ).toBeNull();
  });

  test('a step whose node somebody else removed is left out and told', () => {
    const before = chain();
    const made = edit(before, noHistory, 'Set', (d) => commands.setParameter(d, 'a', ['share'], 0.5), null, 0)!;
    const { a: _, ...nodes } = made.document.nodes;
    expect(undo({ ...made.document, nodes }, made.history)).toMatchObject({ fits: false });
  });
});

describe('merge', () => {
  test('disjoint edits of two people are both kept', () => {
    const before = chain();
    const mine = structuredClone(before);
    const theirs = structuredClone(before);
    mine.nodes.a!.name = 'Mine';
    theirs.nodes.a!.parameters.share = 0.3;
    theirs.looks.positions.b = { x: 500, y: 0 };
    const { document, conflicts } = mergeDocuments(before, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(document.nodes.a).toMatchObject({ name: 'Mine', parameters: { share: 0.3 } });
    expect(document.looks.positions.b).toEqual({ x: 500, y: 0 });
  });

  test('the same field asks, and mine stands until it is answered', () => {
    const before = chain();
    const mine = structuredClone(before);
    const theirs = structuredClone(before);
    mine.nodes.a!.name = 'Mine';
    theirs.nodes.a!.name = 'Theirs';
    const { document, conflicts } = mergeDocuments(before, mine, theirs);
    expect(document.nodes.a?.name).toBe('Mine');
    expect(conflicts).toEqual([{ path: ['nodes', 'a', 'name'], base: 'a', mine: 'Mine', theirs: 'Theirs' }]);
  });

  test('a wire to a node that the other removed goes with it', () => {
    const before = chain();
    const mine = structuredClone(before);
    const theirs = structuredClone(before);
    add(mine, 'c', 'step');
    commands.connect(mine, shapesOf(mine, catalog), wire('b', 'table', 'c', 'rows'));
    commands.removeNodes(theirs, new Set(['b']));
    const { document } = mergeDocuments(before, mine, theirs);
    expect(Object.keys(document.nodes).sort()).toEqual(['a', 'c', 'load']);
    expect(Object.keys(document.edges)).toEqual(['load.table>a.rows']);
  });
});

describe('wires', () => {
  test('a wire that would close a circle is refused by name', () => {
    const document = chain();
    const refused = refusal(document, shapesOf(document, catalog), wire('b', 'table', 'a', 'rows'));
    expect(refused?.cycle).toEqual(['a', 'b']);
    expect(refused?.message).toContain('a → b → a');
  });

  test('an input that takes one gives up its wire; one that takes many puts the new one last', () => {
    const document = chain();
    add(document, 'report', 'report');
    const shapes = shapesOf(document, catalog);
    commands.connect(document, shapes, wire('load', 'table', 'b', 'rows'));
    expect(Object.keys(document.edges)).toEqual(['load.table>a.rows', 'load.table>b.rows']);
    commands.connect(document, shapes, wire('a', 'table', 'report', 'parts'));
    commands.connect(document, shapes, wire('b', 'table', 'report', 'parts'));
    expect(document.edges[edgeId(wire('b', 'table', 'report', 'parts'))]?.order).toBe(1);
  });

  test('deleting a node in the middle joins its neighbours', () => {
    const document = chain();
    const shapes = shapesOf(document, catalog);
    commands.removeAndHeal(document, new Set(['a']), shapes, (edge) => refusal(chain(), shapes, edge) === null);
    expect(Object.keys(document.edges)).toEqual(['load.table>b.rows']);
  });
});

describe('clipboard', () => {
  test('pasted nodes have ids of their own and keep the wires among them, and the incoming ones when asked', () => {
    const document = chain();
    const text = copyNodes(document, new Set(['a', 'b']));
    const alone = pasteNodes(text, document, { at: { x: 100, y: 100 }, keepIncoming: false });
    expect(alone).toMatchObject({ positions: { a_2: { x: 100, y: 100 } } });
    expect('edges' in alone && alone.edges.map(edgeId)).toEqual(['a_2.table>b_2.rows']);
    const wired = pasteNodes(text, document, { keepIncoming: true });
    expect('edges' in wired && wired.edges.map(edgeId).sort()).toEqual(['a_2.table>b_2.rows', 'load.table>a_2.rows']);
  });

  test('foreign text, damaged nodes and nodes of a newer program say what they are', () => {
    const document = chain();
    const options = { keepIncoming: false };
    expect(pasteNodes('hello', document, options)).toHaveProperty('message');
    expect(pasteNodes('{"drawloom":"nodes","schemaVersion":99}', document, options)).toMatchObject({
      message: expect.stringContaining('newer'),
    });
    const evil = copyNodes(document, new Set(['a'])).replace('"nodes":', '"__proto__":{"x":1},"nodes":');
    expect(pasteNodes(evil, document, options)).toHaveProperty('message');
  });
});

test('renaming a pipeline parameter renames its uses, however deep', () => {
  const document = chain();
  document.parameters.share = { type: 'number', default: 0.2 };
  document.nodes.a!.parameters = { split: { share: { $parameter: 'share' } }, list: [{ $parameter: 'share' }] };
  commands.renamePipelineParameter(document, 'share', 'testShare');
  expect(document.nodes.a!.parameters).toEqual({
    split: { share: { $parameter: 'testShare' } },
    list: [{ $parameter: 'testShare' }],
  });
  expect(Object.keys(document.parameters)).toEqual(['testShare']);
});

describe('waits', () => {
  const waiting = (): PipelineDocument => {
    const document = chain();
    add(document, 'tidy', 'load');
    commands.waitFor(document, 'tidy', ['a', 'b']);
    return document;
  };

  test('go with the node that is waited for', () => {
    const document = waiting();
    commands.removeNodes(document, new Set(['b']));
    expect(document.nodes.tidy!.after).toEqual(['a']);
    commands.removeNodes(document, new Set(['a']));
    expect(document.nodes.tidy).not.toHaveProperty('after');
  });

  test('are no way to close a circle', () => {
    const open = chain();
    add(open, 'tidy', 'load');
    expect(refusal(open, shapesOf(open, catalog), wire('tidy', 'table', 'a', 'rows'))).toBeNull();
    const document = waiting();
    commands.waitFor(document, 'tidy', ['b']);
    expect(refusal(document, shapesOf(document, catalog), wire('tidy', 'table', 'a', 'rows'))?.cycle).toEqual([
      'a',
      'b',
      'tidy',
    ]);
  });

  test('are copied among what is copied, and kept outside of it only when asked to', () => {
    const document = waiting();
    const text = copyNodes(document, new Set(['b', 'tidy']));
    expect(pasteNodes(text, document, { keepIncoming: false })).toMatchObject({
      nodes: { tidy_2: { after: ['b_2'] } },
    });
    expect(pasteNodes(text, document, { keepIncoming: true })).toMatchObject({
      nodes: { tidy_2: { after: ['a', 'b_2'] } },
    });
  });

  test('on a node that somebody else removed are dropped', () => {
    const before = chain();
    add(before, 'tidy', 'load');
    const [mine, theirs] = [structuredClone(before), structuredClone(before)];
    commands.waitFor(mine, 'tidy', ['a', 'b']);
    commands.removeNodes(theirs, new Set(['b']));
    expect(mergeDocuments(before, mine, theirs).document.nodes.tidy!.after).toEqual(['a']);
  });
});
