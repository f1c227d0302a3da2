/**
 * Decides which words are on screen. The English sentence is the key, so English is complete by nature; other languages are
 * records from that sentence to theirs. Messages are ICU: `t('{count, plural, one {# node} other {# nodes}}', { count })`.
 * The language is chosen before anything else loads, hence `t` may be called anywhere and changing it reloads the page.
 */
import { i18n } from '@lingui/core';
import { compile } from './compile.ts';

export const languages = { en: 'English', 'zh-CN': '简体中文', de: 'Deutsch', pseudo: 'Ƥşḗŭḓǿ' } as const;
export type Language = keyof typeof languages;
type Catalog = Readonly<Record<string, string>>;

const key = 'drawloom.locale';
let catalog: Catalog = {};
let language: Language = 'en';
const compiled = new Set<string>();
i18n.loadAndActivate({ locale: 'en', messages: {} }); // until `startWords` knows better

export const currentLanguage = (): Language => language;
/** What `Intl` is asked with. */
export const locale = (): string => (language === 'pseudo' ? 'en' : language);

/** The sentence in the reader's language, with its values filled in. */
export function t(message: string, values?: Readonly<Record<string, string | number>>): string {
  const text = catalog[message] ?? (language === 'pseudo' ? accented(message) : message);
  if (!text.includes('{')) return text;
  if (!compiled.has(message)) {
    compiled.add(message);
    i18n.load(i18n.locale, { [message]: compile(text) });
  }
  return i18n._(message, values);
}

/** Loads the catalog of the chosen language. Called once, before the app is imported. */
export async function startWords(): Promise<void> {
  const wanted = readChoice();
  if (wanted === 'zh-CN' || wanted === 'de') {
    const found = catalogs[`./catalogs/${wanted}.ts`];
    if (found) {
      catalog = ((await found()) as { default: Catalog }).default;
      language = wanted;
    }
  } else language = wanted;
  i18n.loadAndActivate({ locale: locale(), messages: {} });
  document.documentElement.lang = locale();
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(key, next);
  location.reload();
}

const catalogs = import.meta.glob('./catalogs/*.ts');

function readChoice(): Language {
  try {
    const stored = localStorage.getItem(key);
    if (stored && stored in languages) return stored as Language;
  } catch {
    // no storage: the browser's own language decides
  }
  return 'en';
}

const accents: Record<string, string> = {
  a: 'á',
  e: 'ḗ',
  i: 'ĩ',
  o: 'ǿ',
  u: 'ŭ',
  A: 'Á',
  E: 'Ḗ',
  I: 'Ĩ',
  O: 'Ǿ',
  U: 'Ŭ',
  n: 'ñ',
};

/** Every word a third longer and accented, with names of values left alone: what is not accented was not sent through `t`. */
function accented(message: string): string {
  let depth = 0;
  let out = '';
  for (const char of message) {
    if (char === '{') depth++;
    out += depth === 0 ? (accents[char] ?? char) : char;
    if (char === '}') depth--;
  }
  return `[${out}${'~'.repeat(Math.ceil(message.length / 4))}]`;
}
