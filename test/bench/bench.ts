/** Decides what `npm run bench` prints: one object on standard output, and how far it is on standard error. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { type Bench, commit, type Figure, machine } from './frame.ts';

const groups = ['runtime', 'editor', 'tracking', 'start'];
const [group, ...others] = process.argv.slice(2).filter((arg) => arg !== '--json');
const file = path.join(import.meta.dirname, `${group}.ts`);

if (!group || !groups.includes(group) || others.length > 0) {
  console.error(`Say which group to measure: npm run bench -- ${groups.join('|')} [--json].`);
  process.exit(2);
}
if (!existsSync(file)) {
  console.error(`Nothing is measured for ${group} yet: test/bench/${group}.ts is missing.`);
  process.exit(1);
}
const { bench } = (await import(file)) as { bench: Bench };
const results = await bench((line) => console.error(line));
const report = { machine: machine(), commit: commit(), results };
// Whole on one line for a program that reads it, spread out for a person.
console.log(JSON.stringify(report, null, process.argv.includes('--json') ? undefined : 2));
for (const result of results) console.error(lineOf(result));
process.exit();

function lineOf({ name, value, unit, peer, ratio, runs }: Figure): string {
  const beside = peer === undefined ? '' : `, beside ${peer} ${unit}: ${ratio} times`;
  return `${name.padEnd(24)} ${value} ${unit}${beside} (${runs.length} run${runs.length === 1 ? '' : 's'})`;
}
