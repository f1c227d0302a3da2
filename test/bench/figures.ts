/** Decides which figures there are: the fixed name of each, its unit, what it says, what stands beside it, and how good it should be. */

export interface FigureFacts {
  group: 'runtime' | 'editor' | 'start' | 'tracking' | 'history' | 'peers';
  unit: string;
  what: string;
  /** The peer or the floor that is measured in the same run. */
  beside: string;
  /** A bound on the value, or on what it is of its peer. */
  aim?: { most?: number; least?: number; ofPeer?: boolean };
}

/** Engines that the Python package index has, each pinned. Those that keep no record in a database are a floor, not a rival. */
export const engines: Readonly<Record<string, { version: string; packages: readonly string[]; durable: boolean }>> = {
  airflow: { version: '3.3.2', packages: ['apache-airflow==3.3.2'], durable: true },
  dagster: { version: '1.13.29', packages: ['dagster==1.13.29'], durable: true },
  prefect: { version: '3.9.1', packages: ['prefect==3.9.1'], durable: true },
  luigi: { version: '3.8.1', packages: ['luigi==3.8.1'], durable: false },
};
const besidePeers = ['python-light-40', 'python-light-400', 'python-heavy-10', 'js-light-40', 'js-heavy-10'];
export const figureOfPeer = (engine: string, scenario: string): string => `${scenario}-${engine}`;

/** Ways to search for runs. */
const searchShapes = {
  metric: 'by a number',
  parameter: 'by a parameter',
  tag: 'by a tag',
  order: 'in the order of a number',
  both: 'by a number and a parameter, in the order of another number',
  several: 'of two experiments in the order of a number',
  attribute: 'by their state',
};

export const canvasSizes = [200, 1000, 5000];
const perSize = (facts: (size: number) => [string, FigureFacts]) => canvasSizes.map(facts);
const plain = 'the same graph on plain React Flow';

export const figures: Readonly<Record<string, FigureFacts>> = {
  'noop-chain-40': {
    group: 'runtime',
    unit: 'ms',
    what: 'A run of 40 nodes in a row that do nothing, from the commit of its start to its end',
    beside: '40 commits of one changed row, one after the other',
    aim: { most: 100 },
  },
  'noop-steps': {
    group: 'runtime',
    unit: '/s',
    what: '2,000 runs of 50 nodes that do nothing: nodes per second with two workers',
    beside: 'the queue library alone, a job per node and nothing recorded',
    aim: { least: 10_000 },
  },
  'noop-fan-10000': {
    group: 'runtime',
    unit: 's',
    what: 'One node, then 10,000, then one that waits for all of them',
    beside: '10,000 jobs of the queue library alone',
    aim: { most: 2 },
  },
  'python-light-40': {
    group: 'runtime',
    unit: 's',
    what: '40 Python nodes in a row, fibo(10) each, every one in a fresh sandboxed process and handing its result on',
    beside: 'a loop that starts 40 bare interpreters',
    aim: { most: 0.35 },
  },
  'python-light-400': {
    group: 'runtime',
    unit: 's',
    what: '400 such nodes that wait for nothing',
    beside: '400 bare interpreters, as many at a time as there are cores',
  },
  'python-heavy-10': {
    group: 'runtime',
    unit: 's',
    what: '10 Python nodes in a row, fibo(33) each',
    beside: 'one interpreter that does all ten',
    aim: { most: 1.03, ofPeer: true },
  },
  'js-light-40': {
    group: 'runtime',
    unit: 's',
    what: '40 TypeScript nodes in a row, fibo(10) each',
    beside: 'a loop that starts Node 40 times',
  },
  'js-heavy-10': {
    group: 'runtime',
    unit: 's',
    what: '10 TypeScript nodes in a row, fibo(33) each',
    beside: 'one Node that does all ten',
  },
  'trigger-to-start-p95': {
    group: 'runtime',
    unit: 'ms',
    what: 'From the API call to the first line of a Python node in its sandbox, nothing else going on',
    beside: 'a bare interpreter, from spawn to its first line',
    aim: { most: 50 },
  },
  'trigger-to-start-busy-p95': {
    group: 'runtime',
    unit: 'ms',
    what: 'The same while 1,000 runs of lower priority are queued and worked off',
    beside: 'a bare interpreter in the same bustle',
    aim: { most: 250 },
  },
  'event-to-viewer-p95': {
    group: 'runtime',
    unit: 'ms',
    what: 'From a commit to its event at a client of the stream, with 200 of them',
    beside: 'one notification of Postgres by itself',
    aim: { most: 200 },
  },
  'editor-first-load-js': {
    group: 'editor',
    unit: 'kB gz',
    what: 'Script that is loaded until the first card of the example shows, Monaco not among it',
    beside: 'React and plain React Flow, nothing else',
    aim: { most: 350 },
  },
  ...Object.fromEntries([
    ...perSize((size) => [
      `canvas-open-${size}`,
      {
        group: 'editor',
        unit: 'ms',
        what: `${size} nodes: from the answer with the drawing to the first painted card`,
        beside: plain,
        ...(size === 1000 && { aim: { most: 1200 } }),
      },
    ]),
    ...perSize((size) => [
      `canvas-pan-p95-${size}`,
      {
        group: 'editor',
        unit: 'ms',
        what: `${size} nodes: a frame while the canvas is dragged`,
        beside: plain,
        aim: { most: 33 },
      },
    ]),
    ...perSize((size) => [
      `canvas-fit-${size}`,
      {
        group: 'editor',
        unit: 'ms',
        what: `${size} nodes: the longest frame while everything is brought into view`,
        beside: plain,
        aim: { most: 300 },
      },
    ]),
    ...perSize((size) => [
      `canvas-far-pan-p95-${size}`,
      {
        group: 'editor',
        unit: 'ms',
        what: `${size} nodes: a frame while the whole drawing is dragged`,
        beside: plain,
        aim: { most: 33 },
      },
    ]),
  ]),
  'start-cold': {
    group: 'start',
    unit: 's',
    what: '`npm start` on a fresh clone with an empty home, every download included',
    beside: '`npm ci` of the same lock file, alone',
  },
  'start-warm': {
    group: 'start',
    unit: 's',
    what: '`npm start` again',
    beside: 'Postgres alone on the same data',
    aim: { most: 5 },
  },
  'idle-memory': {
    group: 'start',
    unit: 'MB',
    what: 'Memory of all processes together, at rest with the default environment warm; shared pages are counted once',
    beside: 'Postgres alone on the same data',
    aim: { most: 700 },
  },
  'history-noop-steps': {
    group: 'history',
    unit: '/s',
    what: 'noop-steps with ten million node runs of history',
    beside: 'noop-steps on the empty database, just before',
    aim: { least: 0.8, ofPeer: true },
  },
  'history-snapshot-noop-steps': {
    group: 'history',
    unit: '/s',
    what: 'noop-steps in the last fifth of ten minutes in which somebody holds a snapshot open',
    beside: 'noop-steps before the snapshot',
    aim: { least: 5000 },
  },
  'history-run-list-p95': {
    group: 'history',
    unit: 'ms',
    what: 'Answers of the run list (first page, a page from the middle, by status) with ten million node runs',
    beside: 'the same answers before that',
    aim: { most: 150 },
  },
  'history-run-page-p95': {
    group: 'history',
    unit: 'ms',
    what: 'Answers of the run page (a run, and one of its nodes) with ten million node runs',
    beside: 'the same answers before that',
    aim: { most: 150 },
  },
  'log-metric': {
    group: 'tracking',
    unit: '/s',
    what: 'Calls that log one number each, from eight scripts at once',
    beside: 'nothing yet',
  },
  'log-batch': {
    group: 'tracking',
    unit: '/s',
    what: 'Numbers in batches of a hundred, from eight scripts at once',
    beside: 'nothing yet',
  },
  ...Object.fromEntries(
    Object.entries(searchShapes).map(([shape, what]): [string, FigureFacts] => [
      `search-runs-${shape}`,
      {
        group: 'tracking',
        unit: 'ms',
        what: `A page of 100 out of 100,000 runs ${what}`,
        beside: 'nothing yet',
        aim: { most: 100 },
      },
    ]),
  ),
  'tracked-history': {
    group: 'tracking',
    unit: 'ms',
    what: 'A thousand points of a million of one number, as a chart reads them',
    beside: 'nothing yet',
    aim: { most: 100 },
  },
  ...Object.fromEntries(
    Object.entries(engines).flatMap(([engine, { version, durable }]) =>
      besidePeers.map((scenario): [string, FigureFacts] => [
        figureOfPeer(engine, scenario),
        {
          group: 'peers',
          unit: 's',
          what: `${scenario} in ${engine} ${version}`,
          beside: 'Drawloom',
          // A heavy node's time is the work's own, whoever starts it.
          ...(durable && scenario.includes('light') && { aim: { least: 4, ofPeer: true } }),
        },
      ]),
    ),
  ),
};
