/** Decides what a catalog is and what is wrong with it: messages without words, words without a message, placeholders that do not fit. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Place } from './messages.ts';
import { misfit } from './placeholders.ts';

const root = path.resolve(import.meta.dirname, '../..');
const folder = path.join(root, 'editor/src/words/catalogs');

/** The languages besides English, which is complete by nature: its sentences are the keys. */
export const translated = { de: 'German', 'zh-CN': 'Simplified Chinese' } as const;
export type Translated = keyof typeof translated;

export type Words = ReadonlyMap<string, string>;

/** All words of a language, and what two of its files say twice. */
export async function readCatalog(language: Translated): Promise<{ words: Map<string, string>; twice: string[] }> {
  const words = new Map<string, string>();
  const twice: string[] = [];
  const rooms = path.join(folder, language);
  for (const file of existsSync(rooms) ? readdirSync(rooms).sort() : []) {
    const { default: entries } = (await import(pathToFileURL(path.join(rooms, file)).href)) as {
      default: Record<string, string>;
    };
    for (const [message, text] of Object.entries(entries)) {
      if (words.has(message)) twice.push(message);
      words.set(message, text);
    }
  }
  return { words, twice };
}

export interface Compared {
  missing: string[];
  superfluous: string[];
  misfits: string[];
}

export function compare(messages: Iterable<string>, words: Words): Compared {
  const wanted = new Set(messages);
  return {
    missing: [...wanted].filter((message) => !words.has(message)),
    superfluous: [...words.keys()].filter((message) => !wanted.has(message)),
    misfits: [...words].flatMap(([message, text]) => {
      const wrong = wanted.has(message) && misfit(message, text);
      return wrong ? [`"${message}" → "${text}": ${wrong}`] : [];
    }),
  };
}

const signedIn = new Set(['Account', 'Audit', 'Members', 'People', 'Tokens', 'access']);

/** In which file of a catalog a message stands: with the room that says it, with what is common where several do. */
export function roomOf(places: readonly Place[]): string {
  const rooms = new Set(
    places.map(({ file }) => {
      const [first, second, third] = file.split(path.sep);
      if (first === 'from') return second!;
      if (['app', 'api', 'ui', 'live'].includes(first!)) return 'common';
      if (['canvas', 'palette', 'document'].includes(first!)) return 'drawing';
      if (first !== 'pages') return first!;
      return second === 'settings' && signedIn.has(path.parse(third!).name) ? 'access' : second!;
    }),
  );
  return rooms.size === 1 ? [...rooms][0]! : 'common';
}

/** Writes the words of a language anew, each message with its room, in the order of the sources; words without a message go. */
export function arrange(language: Translated, messages: ReadonlyMap<string, readonly Place[]>, words: Words): void {
  const rooms = new Map<string, [string, string][]>();
  for (const [message, places] of messages) {
    const text = words.get(message);
    const room = roomOf(places);
    if (text !== undefined) rooms.set(room, [...(rooms.get(room) ?? []), [message, text]]);
  }
  const own = path.join(folder, language);
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { recursive: true });
  const named = [...rooms].sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [room, entries] of named)
    writeFileSync(
      path.join(own, `${room}.ts`),
      `/** ${translated[language]}: ${room}. \`docs/words.md\` says which word stands for what. */\nexport default ${JSON.stringify(Object.fromEntries(entries), null, 2)};\n`,
    );
  const variable = (room: string) => room.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  writeFileSync(
    path.join(folder, `${language}.ts`),
    `/** All of ${translated[language]}, room by room; loaded when it is chosen. Written by \`npm run words -- --arrange\`. */\n${named
      .map(([room]) => `import ${variable(room)} from './${language}/${room}.ts';\n`)
      .join('')}\nexport default { ${named.map(([room]) => `...${variable(room)}`).join(', ')} };\n`,
  );
  const biome = path.join(root, 'node_modules/@biomejs/biome/bin/biome');
  const { status, stderr } = spawnSync(
    process.execPath,
    [biome, 'check', '--config-path', '.ci', '--write', path.relative(root, folder)],
    { cwd: root, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`The catalogs were written and could not be formatted.\n${stderr}`);
}
