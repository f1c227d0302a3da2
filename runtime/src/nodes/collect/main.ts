/** Makes one thing of what several items gave: a table, a list or a folder, in the order of the items. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Arrival, type Artifact, arrivals, concat, File, Folder, Table, type Value } from 'drawloom';

interface Options {
  as?: 'table' | 'metrics' | 'list' | 'folder';
  item?: string;
  columns?: 'same' | 'fill';
}

export default async function collect(
  items: Artifact[],
  { as = 'table', item = '', columns = 'same' }: Options,
): Promise<{ table?: Table; list?: Value; folder?: Folder }> {
  const came = arrivals('items');
  const names = came.map(({ item }, index) => nameOf(item, index));
  if (as === 'folder') return { folder: folderOf(came) };
  if (as === 'list') {
    for (const [index, { kind }] of came.entries())
      if (kind !== 'value' && kind !== 'metrics') throw unfit(names[index]!, kind, 'A list is made of values.');
    return listOf(came) as never; // as the one output that there is then
  }
  if (items.length === 0) return {};
  const labels = came.map(({ item }, index) => item ?? String(index + 1));
  if (as === 'metrics') return { table: metricsOf(items, came, names, item && { column: item, values: labels }) };
  for (const [index, one] of items.entries())
    if (!(one instanceof Table))
      throw unfit(names[index]!, came[index]!.kind, 'A table is made of tables; choose under "As" what fits.');
  const label = item ? { label: { column: item, values: labels } } : {};
  return { table: await concat(items as Table[], { names, fill: columns === 'fill', ...label }) };
}

const nameOf = (item: string | null, index: number): string =>
  `item ${index + 1}${item === null || item === String(index + 1) ? '' : ` (${item.slice(0, 60)})`}`;

const unfit = (name: string, kind: Arrival['kind'], rule: string): Error =>
  new Error(`${name[0]!.toUpperCase()}${name.slice(1)} is of the kind ${kind}. ${rule}`);

/** Columns in the order in which their metrics first come; a metric that an item has not is missing there. */
function metricsOf(
  items: readonly Artifact[],
  came: readonly Arrival[],
  names: readonly string[],
  label: '' | { column: string; values: string[] },
): Table {
  const metrics = new Set<string>();
  for (const [index, one] of items.entries()) {
    const numbers = Object.entries((came[index]!.kind === 'metrics' ? one : null) ?? {});
    if (came[index]!.kind !== 'metrics')
      throw unfit(names[index]!, came[index]!.kind, 'A table of metrics is made of metrics.');
    for (const [name] of numbers) metrics.add(name);
  }
  if (label && metrics.has(label.column))
    throw new Error(`There is a metric "${label.column}" as well. Give the column for the item another name.`);
  if (metrics.size === 0 && !label)
    throw new Error('There is no metric among them. Name a column for the item, or log some.');
  const columns = [
    ...(label ? [{ name: label.column, type: 'VARCHAR' }] : []),
    ...[...metrics].map((name) => ({ name, type: 'DOUBLE' })),
  ];
  const rows = items.map((one, index) => ({
    ...(one as Record<string, number>),
    ...(label && { [label.column]: label.values[index] }),
  }));
  return Table.fromRows(rows, { columns });
}

/** As they are written: no number in it changes. */
function listOf(came: readonly Arrival[]): File {
  writeFileSync('list.json', `[${came.map(({ path: from }) => readFileSync(from, 'utf8').trim()).join(',\n')}]`);
  return new File('list.json', 'application/json');
}

/** Each under the name of its item, or its place; a name that is taken gets a number. */
function folderOf(came: readonly Arrival[]): Folder {
  const folder = 'collected';
  mkdirSync(folder);
  const taken = new Set<string>();
  for (const [index, { item, path: from }] of came.entries()) {
    const ending = path.extname(from);
    const stem =
      item
        ?.replace(/[^\p{L}\p{N}._-]+/gu, '_')
        .replace(/^\.+/, '')
        .slice(0, 80) || String(index + 1).padStart(String(came.length).length, '0');
    let name = `${stem}${stem.toLowerCase().endsWith(ending.toLowerCase()) ? '' : ending}`;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${stem}-${number}${ending}`;
    taken.add(name.toLowerCase());
    cpSync(from, path.join(folder, name), { recursive: true });
  }
  return new Folder(folder);
}
