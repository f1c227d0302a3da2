import { afterAll, beforeAll, expect, test } from 'vitest';
import { type WireHouse, wireHouse } from '../../../../test/support/wireHouse.ts';

let house: WireHouse;
let calls: WireHouse['calls'];
let traced: Traced;
interface Traced {
  ids: [string, string, string];
  number: string;
  run: string;
}
beforeAll(async () => {
  house = await wireHouse();
  ({ calls } = house);
  traced = (await calls('traced', { experiment: 'asked' })) as Traced;
}, 900_000);
afterAll(() => house?.close());

const refusal = (code: string, message: RegExp) => ({ code, message: expect.stringMatching(message) });

test('what a traced program did comes back as it was: calls within calls, what went in and came out, and what failed', () => {
  const pages = ['page of why', 'änother'];
  expect(traced).toMatchObject({
    first: {
      state: 'OK',
      experiment: traced.number,
      request: '{"question": "why"}',
      response: '{"answer": "because", "pages": 2}',
      client: 'asked-why',
      took: true,
      tags: { team: 'blue', 'mlflow.traceName': 'answer_of', 'mlflow.trace.spansLocation': 'TRACKING_STORE' },
      metadata: { version: '7' },
      spans: [
        { name: 'answer_of', parent: null, status: 'OK', inputs: { question: 'why' }, ordered: true },
        { name: 'retrieve', type: 'RETRIEVER', parent: 'answer_of', outputs: pages },
        {
          name: 'think',
          type: 'LLM',
          parent: 'answer_of',
          inputs: { pages, deep: { er: [1, 2.5, true, null] } },
          outputs: 'because',
          events: ['first token'],
        },
      ],
    },
    temperature: 0.5,
    broken: { state: 'ERROR', message: 'no such page', status: expect.stringContaining('no such page') },
    within: [true],
    again: true,
    missing: refusal('RESOURCE_DOES_NOT_EXIST', /Trace with ID 'tr-0+' not found/),
    batch: [3, 1],
  });
});

test('traces are found by what they are, by their spans and their run, in any order, page by page, and as a data frame', async () => {
  const why = 'answer_of:asked-why';
  const when = 'answer_of:asked-when';
  const expected: Record<string, string[] | RegExp> = {
    '': [when, 'breaks:', why],
    "trace.status = 'ERROR'": ['breaks:'],
    "status IN ('OK')": [when, why],
    "trace.name LIKE 'answer%' AND trace.client_request_id = 'asked-why'": [why],
    "tags.team = 'blue'": [when, why],
    'tag.team IS NULL': ['breaks:'],
    "metadata.version = '7'": [when, why],
    [`run_id = '${traced.run}'`]: [when],
    [`request_metadata.\`mlflow.sourceRun\` = '${traced.run}'`]: [when],
    "span.name = 'think' AND span.type = 'LLM'": [when, why],
    "span.status = 'ERROR'": ['breaks:'],
    "span.content ILIKE '%PAGE OF WHEN%'": [when],
    "trace.text LIKE '%änother%'": [when, why],
    'timestamp_ms > 4102444800000': [],
    'trace.execution_time_ms >= 0': [when, 'breaks:', why],
    [`request_id = '${traced.ids[1]}'`]: ['breaks:'],
    "colour = 'red'": /no attribute “colour”/,
    "span.weight = 'x'": /A span is searched by/,
    'metrics.x > 1': /nothing to search by/,
    'trace.status = OK': /quotes/,
  };
  const orders = ['timestamp_ms ASC', 'name DESC', 'status', 'execution_time DESC'];
  const answer = (await calls('searched_traces', {
    number: traced.number,
    filters: Object.keys(expected),
    orders,
  })) as {
    found: Record<string, string[] | string>;
    ordered: Record<string, string[]>;
  };
  for (const [filter, found] of Object.entries(expected))
    if (found instanceof RegExp) expect(answer.found[filter], filter).toMatch(found);
    else expect(answer.found[filter], filter).toEqual(found);
  expect(answer).toMatchObject({ pages: [2, 1], rows: 3, spans: [1, 3, 3] });
  expect(answer.ordered['timestamp_ms ASC']).toEqual([why, 'breaks:', when]);
  expect(answer.ordered['name DESC']!.at(0)).toBe('breaks:');
  expect(answer.ordered.status!.at(0)).toBe('breaks:');
  expect(answer.ordered['execution_time DESC']).toHaveLength(3);
});

test('what people, programs and models think of a trace is kept, changed, replaced, taken back, and searched by', async () => {
  const { number } = traced;
  expect(await calls('assessed', { number })).toEqual({
    shown: {
      correct: [
        [true, 'it is so', 'HUMAN', false],
        [false, 'it is not', 'HUMAN', true],
      ],
      quality: [[0.25, 'second look', 'LLM_JUDGE', true]],
      parts: [[{ tone: 'calm', length: 3 }, null, 'CODE', true]],
      failed: [[null, null, 'CODE', true]],
      answer: [['because', null, 'HUMAN', null]],
      shape: [[{ pages: [1, 2] }, null, 'HUMAN', null]],
    },
    metadata: { b: '2' },
    error: 'no judge',
    valid: true,
    gone: refusal('RESOURCE_DOES_NOT_EXIST', /Assessment with ID .* not found/),
    found: {
      'feedback.quality < 0.5': 1,
      'feedback.quality > 0.5': 0,
      "feedback.correct = 'true'": 1,
      "feedback.correct = 'false'": 0,
      'expectation.shape IS NOT NULL': 1,
      "expectation.answer IS NULL AND trace.name = 'answer_of' AND trace.client_request_id = 'asked-assessed'": 1,
    },
  });
});

test('traces take tags, belong to runs, and go by name or by age', async () => {
  const made = (await calls('traced', { experiment: 'handled' })) as Traced;
  const { number, ids, run } = made;
  expect(await calls('kept_traces', { number, ids, run })).toEqual({
    tags: { team: 'blue', stage: 'kept' },
    noTag: refusal('RESOURCE_DOES_NOT_EXIST', /No trace tag with key 'gone'/),
    linked: true,
    tooMany: refusal('INVALID_PARAMETER_VALUE', /more than 100 traces/),
    neither: refusal('INVALID_PARAMETER_VALUE', /must be specified/),
    nothing: 0,
    byId: 1,
    gone: refusal('RESOURCE_DOES_NOT_EXIST', /not found/),
    oldest: 1,
    left: [true],
  });
});
