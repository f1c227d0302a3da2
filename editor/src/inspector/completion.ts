/**
 * What the code editor offers beside words of the text: tables and columns that arrive, parameters of the form, and what the
 * `drawloom` module has. Which text stands for which node is told by `offerFor`.
 */
import type { Language } from '@drawloom/shared/node-type/definition.ts';
import type { Column } from '@drawloom/shared/node-type/ports.ts';
import { t } from '../words/index.ts';
import type { PortColumns } from './columns.ts';
import { identifier, tableBehind, whereIn } from './completionPlace.ts';
import { monaco } from './monaco.ts';

export interface Offered {
  tables: readonly PortColumns[];
  parameters: readonly { name: string; type: string }[];
}

const offers = new Map<string, () => Offered>();

/** Offers this in the text with that address, until the answer is called. */
export function offerFor(uri: string, offered: () => Offered): () => void {
  offers.set(uri, offered);
  return () => {
    if (offers.get(uri) === offered) offers.delete(uri);
  };
}

type Item = Omit<monaco.languages.CompletionItem, 'range'>;
const { CompletionItemKind: Kind } = monaco.languages;

const columnItem = (port: string, { name, type, nullable }: Column, insertText: string): Item => ({
  label: { label: name, description: type.toLowerCase() },
  kind: Kind.Field,
  insertText,
  filterText: insertText,
  detail: nullable ? t('{type}, with missing values', { type: type.toLowerCase() }) : type.toLowerCase(),
  documentation: t('A column of {table}', { table: port }),
  sortText: `0${name}`,
});

/** Each column once, by its name. */
function columnsOf(tables: readonly PortColumns[], write: (name: string) => string): Item[] {
  const items = new Map<string, Item>();
  for (const { port, columns } of tables)
    for (const column of columns)
      if (!items.has(column.name)) items.set(column.name, columnItem(port, column, write(column.name)));
  return [...items.values()];
}

function itemsFor(language: Language, before: string, text: string, { tables, parameters }: Offered): Item[] {
  const place = whereIn(language, before);
  if (place.is === 'nothing') return [];
  if (place.is === 'module')
    return module.map(([name, detail]) => ({ label: name, kind: Kind.Module, insertText: name, detail }));
  if (place.is === 'parameter')
    return parameters.map(({ name, type }) => ({
      label: `$${name}`,
      kind: Kind.Variable,
      insertText: name,
      filterText: name,
      detail: type,
    }));
  if (place.is === 'column') {
    const port = place.of === null ? null : language === 'sql' ? tableBehind(place.of, text) : place.of;
    const named = tables.filter((table) => port !== null && table.port.toLowerCase() === port.toLowerCase());
    // after a dot only what belongs to the table; within quotes any column may be meant
    const among = named.length > 0 || place.only ? named : tables;
    return columnsOf(among, language === 'sql' ? identifier : (name) => name);
  }
  const ports = tables.map(
    ({ port, columns }): Item => ({
      label: port,
      kind: Kind.Struct,
      insertText: port,
      detail: t('{n, plural, one {# column} other {# columns}}', { n: columns.length }),
      sortText: `1${port}`,
    }),
  );
  if (language === 'sql') return [...columnsOf(tables, identifier), ...ports];
  const own = parameters.map(
    ({ name, type }): Item => ({
      label: name,
      kind: Kind.Variable,
      insertText: name,
      detail: type,
      sortText: `1${name}`,
    }),
  );
  return [...ports, ...own];
}

/** What node code imports from `drawloom`. */
const module: readonly [string, string][] = [
  ['Document', 'Markdown, HTML or text'],
  ['Figure', 'a picture or a chart'],
  ['File', 'a file on disk'],
  ['Folder', 'a folder on disk'],
  ['Metrics', 'numbers by name'],
  ['Model', 'anything that predicts'],
  ['Table', 'a table on disk'],
  ['context', 'run, node and attempt'],
  ['log_metric', 'log_metric(key, value, step=None)'],
  ['log_metrics', 'log_metrics(values, step=None)'],
  ['progress', 'progress(share, message=None)'],
  ['seed', 'the seed of this attempt'],
];

const triggers: Record<Language, string[]> = {
  sql: ['.', '$', ' '],
  python: ['"', "'", '.'],
  typescript: ['"', "'", '.'],
};
for (const language of ['sql', 'python', 'typescript'] as const)
  monaco.languages.registerCompletionItemProvider(language, {
    triggerCharacters: triggers[language],
    provideCompletionItems(model, position) {
      const offered = offers.get(model.uri.toString());
      if (!offered) return { suggestions: [] };
      const word = model.getWordUntilPosition(position);
      const range = new monaco.Range(position.lineNumber, word.startColumn, position.lineNumber, word.endColumn);
      const before = model.getValueInRange(new monaco.Range(1, 1, position.lineNumber, word.startColumn));
      return {
        suggestions: itemsFor(language, before, model.getValue(), offered()).map((item) => ({ ...item, range })),
      };
    },
  });
