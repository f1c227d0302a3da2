/** Decides what there is to look at: a house with the example run, and with everything else that a page may have to show. */
import { emptyPipeline, type PipelineDocument, type PipelineNode } from '@drawloom/shared/pipeline/document.ts';
import { interfaceOf } from '@drawloom/shared/pipeline/parts.ts';
import { Ends, House } from '../bench/house.ts';
import type { RunningDrawloom } from '../support/server.ts';
import { registerModels } from './stagedModels.ts';

export interface Stage {
  url: string;
  project: string;
  /** A project in which nothing was done yet. */
  empty: string;
  /** One-time links of people with less rights: one who may look, one who is in no project. */
  links: { viewer: string; guest: string };
  flights: { pipeline: string; run: number; table: string };
  /** A pipeline that cannot run yet, and one without a node. */
  mistaken: string;
  blank: string;
  parted: { pipeline: string; run: number };
  forms: string;
  failed: { pipeline: string; run: number };
  cancelled: number;
  /** Goes on until the house is closed. */
  running: number;
  runSet: string;
  model: string;
}

interface Extent {
  /** The last day of the flights that are learned from; the whole year takes about a minute. */
  until: string;
  tell?: (line: string) => void;
}

export async function fillHouse(drawloom: RunningDrawloom, { until, tell = () => {} }: Extent): Promise<Stage> {
  const house = new House(drawloom);
  const project = await house.project();
  const inProject = `/projects/${project}`;
  const ends = await Ends.of(house);
  const start = async (pipeline: string, parameters = {}) =>
    (await house.ask<{ run: { id: number } }>(`/pipelines/${pipeline}/runs`, { parameters })).run.id;
  try {
    tell('people, secrets, channels');
    const empty = (await house.ask<{ id: string }>('/projects', { name: 'Nothing yet' })).id;
    const invite = (name: string, email: string) =>
      house.ask<{ person: { id: string }; link: string }>('/people', { name, email });
    const viewer = await invite('Maria Winkelmann', 'maria@example.org');
    const builder = await invite('Jocelyn Adeyemi-Castellanos', 'jocelyn.adeyemi-castellanos@analytics.example.org');
    const guest = await invite('Noor', 'noor@example.org');
    await house.ask(`${inProject}/members/${viewer.person.id}`, { role: 'business-stakeholder' }, 'PUT');
    await house.ask(`${inProject}/members/${builder.person.id}`, { role: 'data-scientist' }, 'PUT');
    for (const name of ['CUSTOMER_SALT', 'WAREHOUSE_PASSWORD'])
      await house.ask(`${inProject}/secrets/${name}`, { value: 'only to be looked at' }, 'PUT');
    const { channel } = await house.ask<{ channel: { id: string } }>(`${inProject}/channels`, {
      name: 'Team chat',
      settings: { kind: 'chat' },
      secret: 'https://chat.example.invalid/hooks/7f3a',
    });
    await house.ask(`${inProject}/notification-rules`, {
      channel: channel.id,
      news: ['failed', 'recovered', 'late'],
      lateAfterMs: 1_800_000,
    });

    tell('pipelines');
    const blank = await house.addPipeline(emptyPipeline('An empty sheet'));
    const mistaken = await house.addPipeline(mistakes());
    const forms = await house.addPipeline(manyForms());
    const inner = lettersOfNames();
    const parted = await house.addPipeline(usingPart(inner, await house.addPipeline(inner)));
    const broken = await house.addPipeline(failing());
    const slow = await house.addPipeline(sleeping());
    const daily = await house.addPipeline(everyDay());

    tell('the example');
    const { pipelines } = await house.ask<{ pipelines: { id: string; name: string }[] }>(`${inProject}/pipelines`);
    const example = pipelines.find(({ name }) => name === 'Late flights')!.id;
    const testFrom = until < '2013-10-02' ? '2013-01-05 05:00:00+00' : '2013-10-01 04:00:00+00';
    const flightsRun = await start(example, { date_to: until, test_from: testFrom });
    await ends.wait(flightsRun);
    const { nodes } = await house.ask<{ nodes: { node: string; outputs: { sha256: string }[] }[] }>(
      `/runs/${flightsRun}`,
    );

    tell('triggers and a backfill');
    await house.ask(`/pipelines/${example}/triggers`, {
      name: 'Monthly retraining',
      on: { kind: 'calendar', days: { workday: -1 }, at: ['06:00'], timeZone: 'America/New_York' },
      parameters: {
        date_from: { $nominal: 'monthStart', months: -1 },
        date_to: { $nominal: 'monthEnd', months: -1 },
      },
      overlap: 'buffer-one',
    });
    await house.ask(`/pipelines/${daily}/triggers`, {
      name: 'Each night',
      on: { kind: 'cron', cron: '30 2 * * *', timeZone: 'Europe/Berlin' },
      parameters: { day: { $nominal: 'date', days: -1 } },
      enabled: false,
    });
    const runSet = await house.ask<{ id: string }>(`/pipelines/${daily}/backfills`, {
      name: 'First fortnight',
      on: { kind: 'calendar', days: { every: 'day' }, at: ['00:00'] },
      from: '2013-01-01',
      until: '2013-01-14',
      parameters: { day: { $nominal: 'date' } },
    });
    for (let over = false; !over; ) {
      over = (await house.ask<{ status: string }>(`/run-sets/${runSet.id}`)).status === 'finished';
      if (!over) await new Promise((resolve) => setTimeout(resolve, 200));
    }

    tell('models');
    const model = await registerModels(house);
    await house.ask(`${inProject}/pools/warehouse`, { size: 2 }, 'PUT');

    tell('runs that end in every way');
    const partedRun = await start(parted);
    await ends.wait(partedRun);
    const failedRun = await start(broken);
    await ends.ending(failedRun);
    const cancelled = await start(slow);
    await ends.begin(cancelled, 'wait');
    await house.ask(`/runs/${cancelled}/cancel`, {});
    await ends.ending(cancelled);
    const running = await start(slow);
    await ends.begin(running, 'wait');
    return {
      url: drawloom.url,
      project,
      empty,
      links: { viewer: viewer.link, guest: guest.link },
      flights: {
        pipeline: example,
        run: flightsRun,
        table: nodes.find(({ node }) => node === 'features')!.outputs[0]!.sha256,
      },
      mistaken,
      blank,
      parted: { pipeline: parted, run: partedRun },
      forms,
      failed: { pipeline: broken, run: failedRun },
      cancelled,
      running,
      runSet: runSet.id,
      model,
    };
  } finally {
    ends.close();
  }
}

type Drawn = [id: string, node: Omit<PipelineNode, 'parameters'> & { parameters?: PipelineNode['parameters'] }];

/** A row of nodes; `wires` are written `from.port>to.port`. */
function sheet(name: string, nodes: Drawn[], wires: string[] = []): PipelineDocument {
  const document = emptyPipeline(name);
  for (const [index, [id, node]] of nodes.entries()) {
    document.nodes[id] = { parameters: {}, ...node };
    document.looks.positions[id] = { x: (index % 3) * 312, y: Math.floor(index / 3) * 240 };
  }
  for (const wire of wires) {
    const [from, to] = wire.split('>').map((end) => end.split('.')) as [[string, string], [string, string]];
    document.edges[wire] = { from: { node: from[0], port: from[1] }, to: { node: to[0], port: to[1] } };
  }
  return document;
}
const airlines: Drawn = ['airlines', { type: 'read-file', name: 'Airlines', parameters: { file: 'airlines.parquet' } }];

const lettersOfNames = () =>
  sheet(
    'Letters of names',
    [
      ['rows', { type: 'pipeline-input', name: 'Rows', parameters: { name: 'rows', kind: 'table' } }],
      ['count', { type: 'sql', name: 'Count letters', code: 'SELECT *, length(name) AS letters FROM rows\n' }],
      ['counted', { type: 'pipeline-output', name: 'Counted', parameters: { name: 'counted', kind: 'table' } }],
    ],
    ['rows.value>count.rows', 'count.table>counted.value'],
  );

const usingPart = (part: PipelineDocument, id: string) =>
  sheet(
    'Airlines by the length of their names',
    [
      airlines,
      ['part', { type: 'subpipeline', name: 'Letters', parameters: { pipeline: id }, interface: interfaceOf(part) }],
      ['sorted', { type: 'sql', name: 'Longest first', code: 'SELECT * FROM counted ORDER BY letters DESC\n' }],
    ],
    ['airlines.table>part.rows', 'part.counted>sorted.counted'],
  );

const failing = () =>
  sheet(
    'Breaks in the middle',
    [
      airlines,
      [
        'longest',
        {
          type: 'python',
          name: 'Longest names',
          code: `import pandas as pd


def longest(airlines: pd.DataFrame, *, keep: int = 5) -> pd.DataFrame:
    print("\\x1b[1mlooking for the longest of", len(airlines), "names\\x1b[0m")
    for name in airlines["name"]:
        print(f"\\x1b[32mok\\x1b[0m {name}: {len(name)} letters")
    print("\\x1b[33mwarning\\x1b[0m this is about to go wrong")
    return airlines.nlargest(keep, "lettres")
`,
        },
      ],
      ['report', { type: 'report', name: 'Report', parameters: { title: 'The longest names' } }],
    ],
    ['airlines.table>longest.airlines', 'longest.table>report.results'],
  );

const sleeping = () =>
  sheet(
    'Takes its time',
    [
      airlines,
      [
        'wait',
        {
          type: 'python',
          name: 'Wait for somebody',
          code: `import time
import pandas as pd


def wait(airlines: pd.DataFrame, *, seconds: int = 36000) -> pd.DataFrame:
    print("waiting")
    time.sleep(seconds)
    return airlines
`,
        },
      ],
      ['sorted', { type: 'sql', name: 'By name', code: 'SELECT * FROM waited ORDER BY name\n' }],
    ],
    ['airlines.table>wait.airlines', 'wait.table>sorted.waited'],
  );

const everyDay = (): PipelineDocument => ({
  ...sheet('Every day', [
    [
      'check',
      {
        type: 'typescript',
        name: 'Open that day?',
        parameters: { day: { $parameter: 'day' } },
        code: `export default function check({ day }: { day: string }): { day: string } {
  if (new Date(day).getUTCDay() === 0) throw new Error(\`\${day} is a Sunday: nothing is delivered.\`);
  return { day };
}
`,
      },
    ],
  ]),
  parameters: { day: { type: 'date', title: 'Day', default: '2013-01-02' } },
});

const mistakes = () =>
  sheet(
    'Not ready yet',
    [
      ['file', { type: 'read-file', name: 'Customers', parameters: {} }],
      ['odd', { type: 'python', name: 'Half typed', code: 'def run(customers: pd.DataFrame -> pd.DataFrame:\n' }],
      ['train', { type: 'train', name: 'Train', parameters: { target: '' } }],
      ['report', { type: 'report', name: 'Report', parameters: { title: 'Customers' } }],
    ],
    ['train.model>report.results'],
  );

const manyForms = (): PipelineDocument => ({
  ...sheet(
    'Every kind of field',
    [
      airlines,
      [
        'sign',
        {
          type: 'python',
          name: 'Pseudonymise',
          description: 'Names become numbers that only we can take back.',
          parameters: { salt: { $secret: 'CUSTOMER_SALT' }, rounds: { $parameter: 'rounds' } },
          execution: {
            retry: { attempts: 3, delayMs: 1000, rules: [{ type: 'KeyError', do: 'fail' }] },
            timeoutMs: 600_000,
            memoryBytes: 2 ** 30,
          },
          code: `from typing import Literal
import pandas as pd
from drawloom import Secret


def sign(
    airlines: pd.DataFrame,
    *,
    salt: Secret,
    rounds: int = 3,
    share: float = 0.5,
    how: Literal["short", "long"] = "short",
    keep_names: bool = False,
    columns: list[str] = ["name"],
) -> pd.DataFrame:
    return airlines
`,
        },
      ],
      ['split', { type: 'split', name: 'Split', parameters: {} }],
      ['train', { type: 'train', name: 'Train', parameters: { target: 'name' } }],
      ['branch', { type: 'branch', name: 'Enough rows?', parameters: { is: 'above', than: 10 } }],
    ],
    ['airlines.table>sign.airlines', 'sign.table>split.table', 'split.train>train.table', 'split.test>branch.judged'],
  ),
  description: 'Shows what the forms can do.',
  parameters: {
    rounds: { type: 'integer', title: 'Rounds', description: 'How often names are mixed.', default: 3, minimum: 1 },
    region: { type: 'string', title: 'Region', choices: ['north', 'south'], default: 'north' },
    since: { type: 'datetime', title: 'Since', default: '2013-01-01T00:00:00Z' },
    careful: { type: 'boolean', title: 'Careful', default: true },
  },
});
