/** Decides how long one waits for a thing to begin and to be seen: from a call to the first process, from a commit to a viewer. */
import { spawn } from 'node:child_process';
import { emptyPipeline, type PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { connect, type Database } from '../../runtime/src/db/connection.ts';
import { appendEvent } from '../../runtime/src/events/append.ts';
import { Bell } from '../../runtime/src/queue/bell.ts';
import { startRun } from '../../runtime/src/record/runs.ts';
import { PlanShelf } from '../../runtime/src/record/store-plan.ts';
import { warmEnvironment } from '../support/warmHome.ts';
import { type Bench, figure, percentile, settle, type Tell } from './frame.ts';
import { Ends, House, listen, type Scratch } from './house.ts';

/** Its value is the moment of its first line, on the clock of the machine, which is ours as well. */
const clock = `import time


def node() -> float:
    return time.time() * 1000
`;

function oneNode(name: string): PipelineDocument {
  const document = emptyPipeline(name);
  document.nodes.only = { type: 'python', name: 'Only', parameters: {}, code: clock };
  document.looks.positions.only = { x: 0, y: 0 };
  return document;
}

const queued = 1000;

export const measureLatency = async (scratch: Scratch, tell: Tell, { quick }: Parameters<Bench>[1]) => {
  const { python } = await warmEnvironment(tell);
  const house = await House.open(scratch);
  const database = connect(scratch.databaseUrl, { max: 4, name: 'bench' });
  const ends = await Ends.of(house);
  try {
    const pipeline = await house.addPipeline(oneNode('trigger-to-start'));
    await ends.wait(await house.start(pipeline)); // the first has its interpreter to start
    const calls = quick ? 3 : 40;
    const groups = quick ? 1 : 3;
    const results = [
      await measureStart(
        'trigger-to-start-p95',
        { house, ends, pipeline, python, calls, groups, before: pauseBetween },
        tell,
      ),
    ];
    const backlog = await backlogOf(house, ends, database);
    const busy = { house, ends, pipeline, python, calls, groups, before: () => backlog.fill(queued) };
    results.push(await measureStart('trigger-to-start-busy-p95', busy, tell));
    await backlog.drop();
    results.push(await measureEvents(house, database, quick ? 5 : 100, groups, tell));
    return results;
  } finally {
    ends.close();
    await database.close();
    await house.close();
  }
};

/** A person does not start runs back to back; the next interpreter is parked by then. */
const pauseBetween = () => settle(150);

interface StartCase {
  house: House;
  ends: Ends;
  pipeline: string;
  python: string;
  calls: number;
  groups: number;
  before(): Promise<void>;
}

/** Groups of calls, a percentile each; the figure is their median. */
async function measureStart(
  name: string,
  { house, ends, pipeline, python, calls, groups, before }: StartCase,
  tell: Tell,
) {
  const [ours, beside]: [number[], number[]] = [[], []];
  for (let group = 0; group < groups; group++) {
    const [waits, bare]: [number[], number[]] = [[], []];
    for (let call = 0; call < calls; call++) {
      await before();
      const called = Date.now();
      const run = await house.start(pipeline);
      await ends.wait(run);
      waits.push(Number(await house.valueOf(run, 'only')) - called);
      bare.push(await bareStart(python));
    }
    ours.push(percentile(waits, 0.95));
    beside.push(percentile(bare, 0.95));
    tell(`${name} ${ours.at(-1)!.toFixed(0)} ms, bare ${beside.at(-1)!.toFixed(0)} ms`);
  }
  return figure(name, ours, beside);
}

async function bareStart(python: string): Promise<number> {
  const began = Date.now();
  const child = spawn(python, ['-I', '-c', 'import time; print(time.time() * 1000)']);
  let said = '';
  for await (const text of child.stdout.setEncoding('utf8')) said += text;
  return Number(said) - began;
}

/**
 * Runs of lower priority, so that what is measured is the engine among much to do, not the wait for work that came first. They go
 * through the same function as the API's; the API has no word for their priority.
 */
async function backlogOf(house: House, ends: Ends, { db, sql }: Database) {
  const pipeline = await house.addPipeline(oneNode('backlog'));
  const first = await house.start(pipeline);
  await ends.wait(first);
  const [like] = await sql`select project_id, pipeline_version_id, plan_id from drawloom.run where id = ${first}`;
  const stored = await new PlanShelf(sql).get(Number(like!.plan_id));
  const plan = { ...stored, edges: [], inputs: [], children: [] }; // one node has neither
  const request = {
    project: String(like!.project_id),
    pipeline,
    pipelineVersion: String(like!.pipeline_version_id),
    plan,
    parameters: {},
    trigger: 'manual' as const,
    actor: null,
    priority: -1,
    reuse: false,
  };
  const left = async () => {
    const [row] = await sql`
      select count(*)::int as count from drawloom.run where pipeline_id = ${pipeline} and finished_at is null`;
    return Number(row!.count);
  };
  return {
    async fill(count: number) {
      for (let missing = count - (await left()); missing > 0; missing = count - (await left()))
        await db.transaction(async (tx) => {
          for (let run = 0; run < missing; run++) await startRun(tx, request);
        });
    },
    async drop() {
      await sql`select drawloom.cancel(id, null) from drawloom.run where pipeline_id = ${pipeline} and finished_at is null`;
      while ((await left()) > 0) await settle(50);
    },
  };
}

/** Every viewer's wait counts, not only the first one's. */
async function measureEvents(house: House, { db, sql }: Database, commits: number, groups: number, tell: Tell) {
  const [row] = await sql`select id from drawloom.project where slug = ${await house.project()}`;
  const project = String(row!.id);
  const bell = new Bell(sql);
  let [heard, allHeard]: [number[], () => void] = [[], () => {}];
  const viewers = await Promise.all(
    Array.from({ length: 200 }, () =>
      listen(house, (event) => {
        if (event.kind !== 'pipeline' || event.by !== 'bench') return;
        heard.push(performance.now());
        if (heard.length === viewers.length) allHeard();
      }),
    ),
  );
  const [ours, beside]: [number[], number[]] = [[], []];
  let wake = () => {};
  const ear = await sql.listen('drawloom_bench', () => wake());
  for (let group = 0; group < groups; group++) {
    const [waits, bare]: [number[], number[]] = [[], []];
    for (let commit = 0; commit < commits; commit++) {
      heard = [];
      const all = new Promise<void>((resolve) => {
        allHeard = resolve;
      });
      await db.transaction((tx) =>
        appendEvent(tx, project, { kind: 'pipeline', pipeline: 'measured', revision: commit, by: 'bench' }),
      );
      const committedAt = performance.now();
      bell.ring('drawloom_event');
      await all;
      waits.push(...heard.map((at) => Math.max(0, at - committedAt))); // before our own answer came: at once
      const began = performance.now();
      await new Promise<void>((resolve) => {
        wake = resolve;
        void sql`select pg_notify('drawloom_bench', '')`.execute();
      });
      bare.push(performance.now() - began);
    }
    ours.push(percentile(waits, 0.95));
    beside.push(percentile(bare, 0.95));
    tell(`event-to-viewer-p95 ${ours.at(-1)!.toFixed(1)} ms, one notification ${beside.at(-1)!.toFixed(1)} ms`);
  }
  await ear.unlisten();
  for (const viewer of viewers) viewer.close();
  return figure('event-to-viewer-p95', ours, beside);
}
