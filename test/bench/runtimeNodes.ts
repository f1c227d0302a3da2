/**
 * Decides how long small and large Python and TypeScript nodes take through the real programs: from the commit that starts the run to
 * the commit that ends it, each node a process of its own in the sandbox, its result kept as an artifact, nothing reused. The shape is
 * one that engines have published figures for: light nodes work out fibo(10), so that all the time is the engine's; heavy ones
 * fibo(33), so that it should vanish beside the work.
 */
import { spawn, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { edgeId, emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { warmEnvironment } from '../support/warmHome.ts';
import { type Bench, figure, secondsOf, settle, type Tell } from './frame.ts';
import { Ends, House, type Scratch } from './house.ts';

export type Language = 'python' | 'typescript';

export interface Scenario {
  name: string;
  language: Language;
  /** How many nodes, and which Fibonacci number each works out. */
  nodes: number;
  fibo: number;
  /** Each after the one before, which hands it its result; or none after another. */
  inRow: boolean;
}

export const scenarios: readonly Scenario[] = [
  { name: 'python-light-40', language: 'python', nodes: 40, fibo: 10, inRow: true },
  { name: 'python-light-400', language: 'python', nodes: 400, fibo: 10, inRow: false },
  { name: 'python-heavy-10', language: 'python', nodes: 10, fibo: 33, inRow: true },
  { name: 'js-light-40', language: 'typescript', nodes: 40, fibo: 10, inRow: true },
  { name: 'js-heavy-10', language: 'typescript', nodes: 10, fibo: 33, inRow: true },
];

const code: Record<Language, (fibo: number) => string> = {
  python: (fibo) => `def _fibo(n):
    return n if n < 2 else _fibo(n - 1) + _fibo(n - 2)


def node(before: int | None = None) -> int:
    return _fibo(${fibo})
`,
  typescript: (fibo) => `const fibo = (n: number): number => (n < 2 ? n : fibo(n - 1) + fibo(n - 2));

export default function node(before?: number): number {
  return fibo(${fibo});
}
`,
};

export function drawn({ name, language, nodes, fibo, inRow }: Scenario): PipelineDocument {
  const document = emptyPipeline(name);
  for (let index = 0; index < nodes; index++) {
    document.nodes[`n${index}`] = {
      type: language,
      name: `Node ${index}`,
      parameters: {},
      code: code[language](fibo),
    };
    document.looks.positions[`n${index}`] = { x: index * 320, y: 0 };
    if (!inRow || index === 0) continue;
    const edge = { from: { node: `n${index - 1}`, port: 'value' }, to: { node: `n${index}`, port: 'before' } };
    document.edges[edgeId(edge)] = edge;
  }
  return document;
}

/** The same work by hand. A light node's process is the point of it, so each gets one; a heavy one's is not. */
async function byHand({ language, nodes, fibo, inRow }: Scenario, python: string): Promise<void> {
  const heavy = fibo > 20;
  const times = heavy ? nodes : 1;
  const [program, args]: [string, string[]] =
    language === 'python'
      ? [
          python,
          [
            '-I',
            '-c',
            `def f(n): return n if n < 2 else f(n - 1) + f(n - 2)\nfor _ in range(${times}): print(f(${fibo}))`,
          ],
        ]
      : [
          process.execPath,
          [
            '-e',
            `const f = (n) => (n < 2 ? n : f(n - 1) + f(n - 2)); for (let i = 0; i < ${times}; i++) console.log(f(${fibo}))`,
          ],
        ];
  let left = heavy ? 1 : nodes;
  if (inRow) {
    for (; left > 0; left--) {
      const { status, stderr } = spawnSync(program, args);
      if (status !== 0) throw new Error(`The loop beside it failed: ${stderr}`);
    }
    return;
  }
  const lane = async () => {
    while (left-- > 0) {
      const child = spawn(program, args, { stdio: 'ignore' });
      const status = await new Promise((resolve) => child.once('exit', resolve));
      if (status !== 0) throw new Error('The loop beside it failed.');
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, lane));
}

/** Measures ours and the loop beside it in turns, so that a slow minute of the machine is in both. */
async function measure(house: House, ends: Ends, scenario: Scenario, python: string, rounds: number, tell: Tell) {
  const pipeline = await house.addPipeline(drawn(scenario));
  const [ours, beside]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    // Interpreters are parked again after a run; who starts one now and then finds them so.
    await settle(2000);
    const run = await house.start(pipeline);
    await ends.wait(run);
    const seconds = await secondsOfRun(house, run, scenario.nodes);
    if (round === 0) continue; // the first has interpreters to start
    ours.push(seconds);
    beside.push(await secondsOf(() => byHand(scenario, python)));
    tell(`${scenario.name} ${ours.at(-1)!.toFixed(3)} s, by hand ${beside.at(-1)!.toFixed(3)} s`);
  }
  return figure(scenario.name, ours, beside);
}

async function secondsOfRun(house: House, run: number, nodes: number): Promise<number> {
  const { createdAt, finishedAt, nodeCounts } = await house.ask<{
    createdAt: string;
    finishedAt: string;
    nodeCounts: Record<string, number>;
  }>(`/runs/${run}`);
  if (nodeCounts.succeeded !== nodes)
    throw new Error(`Only ${nodeCounts.succeeded} of ${nodes} nodes were carried out.`);
  return (Date.parse(finishedAt) - Date.parse(createdAt)) / 1000;
}

export const measureNodes = async (scratch: Scratch, tell: Tell, { quick }: Parameters<Bench>[1]) => {
  const { python } = await warmEnvironment(tell);
  const house = await House.open(scratch);
  const ends = await Ends.of(house);
  try {
    const results = [];
    for (const scenario of scenarios)
      results.push(await measure(house, ends, scenario, python, quick ? 1 : scenario.fibo > 20 ? 3 : 7, tell));
    return results;
  } finally {
    ends.close();
    await house.close();
  }
};
