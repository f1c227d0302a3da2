/**
 * Decides how measured figures come into `docs/benchmarks.md`: kept as JSON beside it, one sheet per group, and drawn from there into
 * the tables of the page, so that no figure is typed by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type FigureFacts, figures } from './figures.ts';
import { checkout, type Figure, type machine } from './frame.ts';

/** The figures of one group, from one run on one machine. */
export interface Sheet {
  group: string;
  /** The day, UTC. */
  measuredAt: string;
  commit: string;
  machine: ReturnType<typeof machine>;
  /** What else must be known to judge them. */
  note?: string;
  results: Figure[];
}

export const sheetsFile = path.join(checkout, 'docs/benchmarks.json');
export const pageFile = path.join(checkout, 'docs/benchmarks.md');

export const readSheets = (): Sheet[] => JSON.parse(readFileSync(sheetsFile, 'utf8')) as Sheet[];

/** Puts a sheet in the place of the one before it, and draws the page anew. */
export function keep(sheet: Sheet): void {
  const sheets = [...readSheets().filter(({ group }) => group !== sheet.group), sheet];
  writeFileSync(sheetsFile, `${JSON.stringify(sheets, null, 2)}\n`);
  writeFileSync(pageFile, drawPage(readFileSync(pageFile, 'utf8'), sheets));
}

/** The page with the tables of these sheets between its marks; a group without a sheet shows what it would measure. */
export function drawPage(page: string, sheets: readonly Sheet[]): string {
  return page.replaceAll(
    /(<!-- figures of (\w+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_all, begin: string, group: string, end: string) =>
      `${begin}${drawGroup(
        group,
        sheets.find((sheet) => sheet.group === group),
      )}${end}`,
  );
}

function drawGroup(group: string, sheet: Sheet | undefined): string {
  const known = Object.entries(figures).filter(([, facts]) => facts.group === group);
  const rows = known.map(([name, facts]) => {
    const result = sheet?.results.find((one) => one.name === name);
    return `| \`${name}\` | ${facts.what} | ${aimOf(facts)} | ${shown(result?.value, facts.unit)} | ${besideOf(facts, result)} |`;
  });
  return [
    sheet ? captionOf(sheet) : 'Not measured yet.',
    '',
    '| figure | what it is | aim | value | beside it |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

const captionOf = ({ measuredAt, commit, machine: { processor, cores, memoryGb, node }, note }: Sheet): string =>
  `Measured ${measuredAt} at ${commit}: ${processor}, ${cores} cores, ${memoryGb} GB, Node ${node}.${note ? ` ${note}` : ''}`;

function aimOf({ aim, unit }: FigureFacts): string {
  if (!aim) return '';
  const [sign, bound] = aim.most === undefined ? ['≥', aim.least!] : ['≤', aim.most];
  return aim.ofPeer ? `${sign} ${bound} ×` : `${sign} ${shown(bound, unit)}`;
}

function besideOf({ beside, unit }: FigureFacts, result: Figure | undefined): string {
  if (result?.peer === undefined) return beside;
  return `${shown(result.peer, unit)} (${result.ratio} ×): ${beside}`;
}

const shown = (value: number | undefined, unit: string): string =>
  value === undefined
    ? ''
    : `${value.toLocaleString('en-US', { maximumFractionDigits: 3 })}${unit.startsWith('/') ? '' : ' '}${unit}`;
