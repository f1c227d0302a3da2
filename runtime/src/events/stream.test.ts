import type { HouseEvent } from '@drawloom/shared/run/events.ts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '../../../test/support/database.ts';
import { connect, type Database } from '../db/connection.ts';
import { Bell } from '../queue/bell.ts';
import { EventStream } from './stream.ts';

const project = '00000000-0000-4000-8000-000000000001';
let database: TestDatabase;
let connection: Database;
beforeAll(async () => {
  database = await testDatabase();
  connection = connect(database.url, { max: 6 });
});
afterAll(async () => {
  await connection.close();
  await database.drop();
});

const told = (run: number): HouseEvent => ({ kind: 'run', run, status: 'running', at: '2026-01-01T00:00:00.000Z' });
const append = (run: number, sql: Database['sql'] = connection.sql, projectId = project) =>
  sql`insert into drawloom.event (project_id, run_id, payload) values (${projectId}, ${run}, ${JSON.stringify(told(run))}::text::jsonb)`;

class Viewer {
  readonly runs: number[] = [];
  readonly ids: string[] = [];
  ended = false;
  readonly #gone = new AbortController();
  constructor(stream: EventStream, since: string | null = null, filter: { run?: number; projectId?: string } = {}) {
    const answer = stream.open({ projectId: project, ...filter }, since, this.#gone.signal);
    void this.#read(answer!);
  }
  async #read(answer: Response): Promise<void> {
    let rest = '';
    for await (const text of answer.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = (rest + text).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const id = /^id: (.*)$/m.exec(block)?.[1];
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data && data !== '{}') this.runs.push((JSON.parse(data) as { run: number }).run);
        if (id) this.ids.push(id);
      }
    }
    this.ended = true;
  }
  leave(): void {
    this.#gone.abort();
  }
}

/** Resolves once the reader has looked for events, and found what there was, after this call. */
async function readerLooked(): Promise<void> {
  const [{ now }] = (await database.sql`select clock_timestamp()::text as now`) as unknown as [{ now: string }];
  const looks = () => database.sql`
    select from pg_stat_activity where datname = current_database() and state = 'idle'
    and query like '%from drawloom.house_event%' and query_start > ${now}::text::timestamptz`;
  await expect.poll(async () => (await looks()).length).toBeGreaterThan(0);
}

async function streaming(options: ConstructorParameters<typeof EventStream>[1] = {}) {
  const stream = new EventStream(connection.sql, { pollMs: 100, ...options });
  await stream.start();
  return stream;
}

test('what commits late is told late, and never passed over', async () => {
  const stream = await streaming();
  const viewer = new Viewer(stream);
  const other = connect(database.url, { max: 1 });
  const [written, commit] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = other.sql.begin(async (tx) => {
    await append(1, tx as never);
    written.resolve();
    await commit.promise;
  });
  await written.promise;
  await append(2); // draws the later id, and commits first
  await readerLooked();
  expect(viewer.runs).toEqual([]);
  commit.resolve();
  await slow;
  await expect.poll(() => viewer.runs).toEqual([1, 2]);
  await other.close();
  await stream.stop();
});

test('a viewer sees its own project, and its own run when it asks for one', async () => {
  const stream = await streaming();
  const all = new Viewer(stream);
  const one = new Viewer(stream, null, { run: 11 });
  const strange = new Viewer(stream, null, { projectId: '00000000-0000-4000-8000-000000000002' });
  for (const run of [10, 11, 12]) await append(run);
  await expect.poll(() => all.runs).toEqual([10, 11, 12]);
  expect([one.runs, strange.runs]).toEqual([[11], []]);
  await stream.stop();
  await expect.poll(() => [all.ended, one.ended, strange.ended]).toEqual([true, true, true]);
});

test('whoever comes back while much is going on misses nothing and hears nothing twice', async () => {
  const stream = await streaming();
  const first = new Viewer(stream);
  await append(100);
  await expect.poll(() => first.runs).toEqual([100]);
  first.leave();
  const since = first.ids.at(-1)!;
  const some = Promise.withResolvers<void>();
  const writing = (async () => {
    for (let run = 101; run < 400; run++) {
      await append(run);
      if (run === 150) some.resolve();
    }
  })();
  await some.promise;
  const back = new Viewer(stream, since);
  await writing;
  await expect.poll(() => back.runs.length).toBe(299);
  expect(back.runs).toEqual(Array.from({ length: 299 }, (_, i) => 101 + i));
  expect(new Set(back.ids).size).toBe(back.ids.length);
  await stream.stop();
});

test('a viewer that does not read is cut off, and the others go on', async () => {
  const stream = await streaming({ bufferBytes: 20_000 });
  const stuck = stream.open({ projectId: project }, null, new AbortController().signal)!;
  const reading = new Viewer(stream);
  for (let run = 500; run < 800; run++) await append(run);
  await expect.poll(() => reading.runs.length).toBe(300);
  expect(stream.viewerCount).toBe(1);
  await stuck.body!.cancel();
  await stream.stop();
});

test('a place that means nothing here starts anew, with a word about it', async () => {
  const stream = await streaming();
  const answer = stream.open({ projectId: project }, 'nonsense', new AbortController().signal)!;
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  while (!text.includes('event: reset')) text += (await reader.read()).value ?? '';
  expect(text).toMatch(/id: \d+\.\d+\nevent: reset/);
  await reader.cancel();
  expect(stream.viewerCount).toBe(0);
  await stream.stop();
});

test('two hundred viewers hear of every commit by the bell, long before anyone looks for themselves', async () => {
  const stream = await streaming({ pollMs: 3_600_000 });
  const bell = new Bell(connection.sql);
  const viewers = Array.from({ length: 200 }, () => new Viewer(stream));
  for (let run = 1000; run < 1030; run++) {
    await append(run);
    bell.ring('drawloom_event');
    await expect.poll(() => viewers.every((viewer) => viewer.runs.at(-1) === run), { interval: 2 }).toBe(true);
  }
  await stream.stop();
});

test('the stream outlasts the loss of its connections', async () => {
  const errors: unknown[] = [];
  const stream = await streaming({ onError: (error) => errors.push(error) });
  const viewer = new Viewer(stream);
  await append(2000);
  await expect.poll(() => viewer.runs).toEqual([2000]);
  const [{ count }] = (await database.sql`
    select count(pg_terminate_backend(pid))::int as count from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = 'drawloom'`) as [
    { count: number },
  ];
  expect(count).toBeGreaterThan(0);
  await expect
    .poll(
      () =>
        append(2001).then(
          () => true,
          () => false,
        ),
      { timeout: 5000 },
    )
    .toBe(true);
  await expect.poll(() => viewer.runs.at(-1), { timeout: 5000 }).toBe(2001);
  await stream.stop();
});
