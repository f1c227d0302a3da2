import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { expect, test } from 'vitest';
import { draw, drawnTypes, set } from '../../../test/support/draw.ts';
import { compilePlan, type Surroundings } from './compile.ts';
import type { Plan } from './plan.ts';

const surroundings: Surroundings = { environment: () => 'lock' };
const planOf = (document: PipelineDocument, more: Partial<Surroundings> = {}, parameters = {}): Plan => {
  const compiled = compilePlan(document, drawnTypes, parameters, { ...surroundings, ...more });
  if ('problems' in compiled) throw new Error(JSON.stringify(compiled.problems));
  return compiled.plan;
};
const problemsOf = (document: PipelineDocument, parameters = {}) => {
  const compiled = compilePlan(document, drawnTypes, parameters, surroundings);
  return 'problems' in compiled ? compiled.problems.map(({ code, at }) => `${code} ${at}`) : [];
};
const keysOf = (plan: Plan) => Object.fromEntries(plan.nodes.map((node) => [node.nodeId, node.staticKey]));

test('nodes come after what they wait for, whatever the order of drawing', () => {
  expect(planOf(draw('d > e; a > c; b > c; c > d')).nodes.map((node) => node.nodeId)).toEqual([
    'a',
    'b',
    'c',
    'd',
    'e',
  ]);
  expect(planOf(draw('b > c; a > b; a > x')).hash).toBe(planOf(draw('a > x; a > b; b > c')).hash);
});

test('two edges between two nodes are one wait and two inputs, in their order', () => {
  const document = draw('a > b');
  document.edges['a.out>b.in']!.order = 1;
  const plan = planOf(document);
  expect(plan.edges).toEqual([{ src: 0, dst: 1, plain: true }]);
  expect(plan.inputs).toEqual([
    { node: 1, port: 'in', position: 0, src: 0, srcPort: 'out', needed: false, sure: true },
  ]);
});

test('a moved card, a new title and a longer limit change no key; a parameter changes its own node’s key and no other', () => {
  const before = draw('load > split > train');
  const moved = structuredClone(before);
  moved.looks.positions.load = { x: 1, y: 2 };
  moved.name = 'another title';
  expect(planOf(moved).hash).toBe(planOf(before).hash);
  const patient = structuredClone(before);
  patient.nodes.split!.execution = { timeoutMs: 1000, retry: { attempts: 3, delayMs: 10 } };
  expect(keysOf(planOf(patient))).toEqual(keysOf(planOf(before)));
  const changed = keysOf(planOf(set(before, 'split', { share: 0.3 })));
  const { split, ...others } = keysOf(planOf(before));
  expect(changed).toMatchObject(others);
  expect(changed.split).not.toBe(split);
});

test('a default written out is the same work as a default left out', () => {
  expect(keysOf(planOf(set(draw('load > split'), 'split', { share: 0.5 })))).toEqual(
    keysOf(planOf(draw('load > split'))),
  );
});

test('the run’s parameters are bound into the nodes that name them', () => {
  const document = set(draw('load > split'), 'split', { share: { $parameter: 'testShare' } });
  document.parameters.testShare = { type: 'number', default: 0.2, minimum: 0, maximum: 1 };
  expect(planOf(document).nodes[1]!.parameters).toEqual({ share: 0.2 });
  expect(planOf(document, {}, { testShare: 0.4 }).nodes[1]!.parameters).toEqual({ share: 0.4 });
  expect(problemsOf(document, { testShare: 2 })).toEqual(['parameter_invalid /parameters/testShare']);
  expect(problemsOf(document, { share: 0.4 })).toEqual(['parameter_unknown /parameters/share']);
});

test('what a node reads from outside is part of its key', () => {
  const key = (digest: string) => keysOf(planOf(draw('load'), { outside: new Map([['load', digest]]) })).load;
  expect(key('one')).not.toBe(key('two'));
  expect(key('one')).toBe(key('one'));
});

test('a drawing that cannot run gives its problems and no plan', () => {
  expect(problemsOf(draw('a > b; b > a'))[0]).toMatch(/^cycle/);
  const empty = draw('a');
  delete empty.nodes.a;
  expect(problemsOf(empty)).toEqual(['pipeline_empty /nodes']);
  const unknown = draw('a');
  unknown.nodes.a!.type = 'gone';
  expect(problemsOf(unknown)).toEqual(['node_type_unknown /nodes/a/type']);
});
