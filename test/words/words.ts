/** Decides what `npm run words` tells: what the editor says that a language has no words for, and what does not fit. */
import { arrange, compare, readCatalog, type Translated, translated } from './catalogs.ts';
import { readElsewhere } from './fromElsewhere.ts';
import { readSources } from './messages.ts';

const known = new Set(['--arrange', '--list', '--help']);
const given = process.argv.slice(2);
const strange = given.filter((word) => !known.has(word));
if (strange.length > 0 || given.includes('--help')) {
  const help = `npm run words                what the catalogs lack, and what does not fit
npm run words -- --list      every message that the editor says
npm run words -- --arrange   writes the catalogs anew, each message with its room, and drops what nobody says any more`;
  if (strange.length > 0) console.error(`"${strange[0]}" is no option here.\n`);
  console.log(help);
  process.exit(strange.length > 0 ? 1 : 0);
}

const { messages: own, faults } = readSources();
const messages = new Map([...own, ...readElsewhere()]);
if (given.includes('--list')) {
  for (const message of messages.keys()) console.log(message);
  process.exit();
}

const tell = (title: string, lines: readonly string[]) => {
  if (lines.length === 0) return;
  console.log(`\n${title} (${lines.length})`);
  for (const line of lines) console.log(`  ${line}`);
  process.exitCode = 1;
};
console.log(`The editor says ${messages.size} messages.`);
tell('In the sources', faults);
for (const language of Object.keys(translated) as Translated[]) {
  const { words, twice } = await readCatalog(language);
  const name = translated[language];
  if (given.includes('--arrange')) arrange(language, messages, words);
  const { missing, superfluous, misfits } = compare(messages.keys(), words);
  tell(`${name}: no words for`, missing);
  if (!given.includes('--arrange')) tell(`${name}: words that nobody says any more`, superfluous);
  tell(`${name}: does not fit`, misfits);
  tell(`${name}: in two files`, twice);
}
