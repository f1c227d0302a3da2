/**
 * Decides which words are on screen. The English sentence is the key, so English is complete by nature; other languages are
 * records from that sentence to theirs. Messages are ICU: `t('{count, plural, one {# node} other {# nodes}}', { count })`.
 * Where English has one word for two things, the key says which before `::`, and English leaves that away: `t('mail::From')`.
 * The language is chosen before anything else loads, hence `t` may be called anywhere and changing it reloads the page.
 */
import { i18n } from '@lingui/core';
import { compile } from './compile.ts';

/** The last two are nobody's: they show what was not translated, what is cut off, and what does not turn round from right to left. */
export const languages = {
  en: 'English',
  'zh-CN': '简体中文',
  de: 'Deutsch',
  pseudo: 'Ƥşḗŭḓǿ',
  'pseudo-rtl': 'Ƥşḗŭḓǿ ←',
} as const;
export type Language = keyof typeof languages;
type Catalog = Readonly<Record<string, string>>;

const key = 'drawloom.locale';
let catalog: Catalog = {};
let language: Language = 'en';
const compiled = new Set<string>();
i18n.loadAndActivate({ locale: 'en', messages: {} }); // until `startWords` knows better

export const currentLanguage = (): Language => language;
/** What `Intl` is asked with. */
export const locale = (): string =>
  // English in a script that runs from right to left: the library of controls turns round, numbers and dates stay readable
  language === 'pseudo' ? 'en' : language === 'pseudo-rtl' ? 'en-Arab' : language;
export const isPseudo = (id: string): boolean => id.startsWith('pseudo');

/** The sentence in the reader's language, with its values filled in. */
export function t(message: string, values?: Readonly<Record<string, string | number>>): string {
  const text = catalog[message] ?? inEnglish(message);
  if (!text.includes('{')) return text;
  if (!compiled.has(message)) {
    compiled.add(message);
    i18n.load(i18n.locale, { [message]: compile(text) });
  }
  return i18n._(message, values);
}

function inEnglish(message: string): string {
  const mark = message.indexOf('::');
  const sentence = mark < 0 ? message : message.slice(mark + 2);
  return isPseudo(language) ? accented(sentence) : sentence;
}

/** Loads the catalog of the chosen language. Called once, before the app is imported. */
export async function startWords(): Promise<void> {
  language = readChoice();
  const load = catalogs[language];
  if (load) catalog = (await load()).default;
  i18n.loadAndActivate({ locale: locale(), messages: {} });
  document.documentElement.lang = locale();
  document.documentElement.dir = language === 'pseudo-rtl' ? 'rtl' : 'ltr';
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(key, next);
  location.reload();
}

const catalogs: Partial<Record<Language, () => Promise<{ default: Catalog }>>> = {
  de: () => import('./catalogs/de.ts'),
  'zh-CN': () => import('./catalogs/zh-CN.ts'),
};

function readChoice(): Language {
  try {
    const stored = localStorage.getItem(key);
    if (stored && stored in languages) return stored as Language;
  } catch {
    // no storage: the browser's own language decides
  }
  return spokenOf(navigator.languages);
}

/** Which of the editor's languages somebody reads best, who reads these, the dearest first. */
export function spokenOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const { language: spoken, script } = readTag(tag);
    if (spoken === 'en' || spoken === 'de') return spoken;
    if (spoken === 'zh' && script !== 'Hant') return 'zh-CN'; // traditional characters are others
  }
  return 'en';
}

/** Browsers hand on what the system is set to, which may be no tag at all, such as `en-US@posix`. */
function readTag(tag: string): { language?: string; script?: string | undefined } {
  try {
    return new Intl.Locale(tag.split('@')[0]!).maximize();
  } catch {
    return {};
  }
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
