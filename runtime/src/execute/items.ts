/**
 * Decides what the items of a list are: its members as they are written, each an artifact of its own, so that equal items are equal
 * work wherever they stand. A list is read as bytes and never as values: whoever splits it changes no number in it.
 */
import { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import type { Json } from '@drawloom/shared/json.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import type { AttemptContext, AttemptOutcome, OutputArtifact, Work } from './executor.ts';

/** Every item is a node run with rows and files of its own. */
export const mostItems = 100_000;
const largestListBytes = 64 * 2 ** 20;
const writtenAtOnce = 16;
/** So many items are told at once while their attempt runs: cancel, pause and every other tick wait for one window at most. */
export const itemsToldAtOnce = 2000;

/** Where the items of a map are told before the attempt's own result: all windows but the last one. */
export interface Telling {
  context: Pick<AttemptContext, 'signal' | 'onItems'>;
  atOnce: number;
  /** What the attempt comes to when it is not to go on. */
  stopped(signal: AbortSignal): AttemptOutcome;
}

/** Tells items a window at a time as they come to be; the outcome is parked with the last window, or says why it stopped. */
async function tellWindows(
  { context, atOnce, stopped }: Telling,
  count: number,
  window: (from: number, to: number) => Promise<OutputArtifact[]>,
): Promise<AttemptOutcome> {
  for (let from = 0; ; from += atOnce) {
    if (context.signal.aborted) return stopped(context.signal);
    const items = await window(from, Math.min(from + atOnce, count));
    if (from + atOnce >= count) return { reason: 'parked', park: 'map', outputs: items };
    if (!(await context.onItems(items))) return stopped(context.signal);
  }
}

/** The items that a table was cut into, all but the last window of them told; what came to nothing stays as it is. */
export async function tellCut(outcome: AttemptOutcome, telling: Telling): Promise<AttemptOutcome> {
  const { reason, outputs } = outcome;
  if (reason !== 'ok') return outcome;
  return { ...outcome, ...(await tellWindows(telling, outputs.length, async (from, to) => outputs.slice(from, to))) };
}

/** The first attempt of a map: keeps each item of the list that arrived. Where none arrived there is nothing to go through. */
export async function tellItems(
  store: ArtifactStore,
  work: Work,
  over: string,
  telling: Telling,
): Promise<AttemptOutcome> {
  const list = work.inputs.find((input) => input.port === over);
  if (!list) return { reason: 'parked', park: 'map', outputs: [] };
  const refuse = (what: string): AttemptOutcome => ({
    reason: 'bad_input',
    outputs: [],
    error: { message: `"${work.name}" goes through a list item by item, and what arrived at "${over}" ${what}` },
  });
  if (list.kind !== 'value') return refuse(`is of the kind ${list.kind}. Connect an output that gives a list.`);
  if (list.sizeBytes > largestListBytes)
    return refuse(
      `is larger than ${largestListBytes / 2 ** 20} MB. Give a list of names, and let each run read its own.`,
    );
  const bytes = await buffer(await store.open(list.sha256));
  const items = splitList(bytes);
  if (!items) return refuse(`is no list: it begins with ${beginningOf(bytes)}. Give a list, such as [1, 2, 3].`);
  if (items.length > mostItems)
    return refuse(
      `has ${items.length} items; ${mostItems} is the most. Make items of several, so that there are fewer.`,
    );
  return tellWindows(telling, items.length, async (from, to) => {
    const window: OutputArtifact[] = new Array(to - from);
    let next = from;
    const write = async () => {
      while (next < to) {
        const position = next++;
        const stored = await store.put(Readable.from([items[position]!]));
        const itemName = nameOf(items[position]!);
        window[position - from] = {
          port: over,
          position,
          kind: 'value',
          mediaType: 'application/json',
          itemName,
          ...stored,
        };
      }
    };
    await Promise.all(Array.from({ length: writtenAtOnce }, write));
    return window;
  });
}

/** Whether the items of a map are told by cutting a table, which only a sandboxed process may read. */
export const isCut = ({ mapBy, mapRows }: Work): boolean => mapBy !== null || mapRows !== null;

/** The work that cuts the table. Its limits are the house's own: those of the node are for its items. */
export function cutting(work: Work, over: string): Work {
  const { mapBy: by, mapRows: rows } = work;
  return {
    ...work,
    language: 'sql',
    code: null,
    parameters: {},
    environment: null,
    tier: 'fork',
    timeoutMs: null,
    memoryBytes: null,
    diskBytes: null,
    inputPorts: [{ name: over, kind: 'table' }],
    outputPorts: [{ name: over, kind: 'table', many: true, optional: true }],
    inputs: work.inputs.filter((input) => input.port === over),
    cut: { by, rows, most: mostItems },
  };
}

const longestName = 200;
/** What people call an item of a list: a text without its quotes, anything else as it is written. */
function nameOf(item: Uint8Array): string {
  const written = Buffer.from(item.buffer, item.byteOffset, Math.min(item.length, 4 * longestName)).toString('utf8');
  const text = written.startsWith('"') && item.length <= 4 * longestName ? String(JSON.parse(written)) : written;
  return text.length > longestName ? `${text.slice(0, longestName - 1)}…` : text;
}

/** Of an item that is for a parameter, the work with that parameter set; every other work as it is. */
export async function withItem(store: ArtifactStore, work: Work): Promise<Work> {
  const { mapOver, inputs, inputPorts, parameters } = work;
  const item = mapOver === null ? undefined : inputs.find((input) => input.port === mapOver);
  if (!item || inputPorts.some((port) => port.name === mapOver)) return work;
  const value = JSON.parse(await text(await store.open(item.sha256))) as Json;
  return {
    ...work,
    inputs: inputs.filter((input) => input !== item),
    parameters: { ...parameters, [item.port]: value },
  };
}

const [quote, backslash, comma] = ['"', '\\', ','].map((mark) => mark.charCodeAt(0));
const opening = new Set(['[', '{'].map((mark) => mark.charCodeAt(0)));
const closing = new Set([']', '}'].map((mark) => mark.charCodeAt(0)));
const isSpace = (byte: number | undefined) => byte === 32 || byte === 9 || byte === 10 || byte === 13;

/** The members of a JSON list, each as it is written; undefined when these bytes are none. */
export function splitList(bytes: Uint8Array): Uint8Array[] | undefined {
  let [from, to] = [0, bytes.length];
  while (isSpace(bytes[from])) from++;
  while (to > from && isSpace(bytes[to - 1])) to--;
  if (to - from < 2 || bytes[from] !== 91 || bytes[to - 1] !== 93) return undefined;
  const items: Uint8Array[] = [];
  const end = to - 1;
  let depth = 0;
  let begin = from + 1;
  const cut = (at: number): boolean => {
    let last = at;
    while (isSpace(bytes[begin])) begin++;
    while (last > begin && isSpace(bytes[last - 1])) last--;
    if (last <= begin) return false;
    items.push(bytes.subarray(begin, last));
    begin = at + 1;
    return true;
  };
  for (let at = begin; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === quote) {
      for (at++; at < end && bytes[at] !== quote; at++) if (bytes[at] === backslash) at++;
      if (at >= end) return undefined;
    } else if (opening.has(byte)) depth++;
    else if (closing.has(byte)) {
      if (--depth < 0) return undefined;
    } else if (byte === comma && depth === 0 && !cut(at)) return undefined;
  }
  if (depth !== 0) return undefined;
  const isEmpty = items.length === 0 && bytes.subarray(begin, end).every(isSpace);
  return isEmpty || cut(end) ? items : undefined;
}

const beginningOf = (bytes: Buffer) => JSON.stringify(bytes.subarray(0, 20).toString('utf8'));
