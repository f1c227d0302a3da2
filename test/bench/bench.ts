/** Decides what `npm run bench` prints: one object on standard output, and how far it is on standard error. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { type Bench, commit, type Figure, machine } from './frame.ts';
import { keep, type Sheet } from './page.ts';

const everyday = ['runtime', 'editor', 'start'];
const groups = [...everyday, 'tracking', 'history', 'peers'];

let asked: ReturnType<typeof read>;
function read() {
  return parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean' },
      quick: { type: 'boolean' },
      record: { type: 'boolean' },
      note: { type: 'string' },
    },
  });
}
try {
  asked = read();
  const unknown = asked.positionals.filter((group) => !groups.includes(group));
  if (unknown.length > 0) throw new Error(`There is nothing to measure by the name of ${unknown.join(', ')}.`);
  if (asked.values.quick && asked.values.record)
    throw new Error(
      'A quick run shows that the measuring works; its figures are not to be recorded. Leave --quick out.',
    );
} catch (problem) {
  console.error((problem as Error).message);
  console.error(
    `npm run bench -- [${groups.join('] [')}] [--json] [--quick] [--record [--note TEXT]]
Without a group: ${everyday.join(', ')}.`,
  );
  process.exit(2);
}
const { positionals, values } = asked;
const chosen = positionals.length > 0 ? positionals : everyday;
const fileOf = (group: string) => path.join(import.meta.dirname, `${group}.ts`);
for (const group of chosen) {
  if (existsSync(fileOf(group))) continue;
  console.error(`Nothing is measured for ${group} yet: test/bench/${group}.ts is missing.`);
  process.exit(1);
}

const circumstances = { machine: machine(), commit: commit() };
const results: Figure[] = [];
for (const group of chosen) {
  const { bench } = (await import(fileOf(group))) as { bench: Bench };
  const measured = await bench((line) => console.error(line), { quick: values.quick ?? false });
  results.push(...measured);
  const sheet: Sheet = {
    group,
    measuredAt: new Date().toISOString().slice(0, 10),
    ...circumstances,
    ...(values.note !== undefined && { note: values.note }),
    results: measured,
  };
  // Group by group: what was measured for half an hour is not lost with the group after it.
  if (values.record) keep(sheet);
}
const report = { ...circumstances, ...(values.quick && { quick: true }), results };
// Whole on one line for a program that reads it, spread out for a person.
console.log(JSON.stringify(report, null, values.json ? undefined : 2));
for (const result of results) console.error(lineOf(result));
process.exit();

function lineOf({ name, value, unit, peer, ratio, runs }: Figure): string {
  const beside = peer === undefined ? '' : `, beside ${peer} ${unit}: ${ratio} times`;
  return `${name.padEnd(28)} ${value} ${unit}${beside} (${runs.length} run${runs.length === 1 ? '' : 's'})`;
}
