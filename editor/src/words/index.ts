/**
 * Decides which words are on screen. The English sentence is the key, so English is complete by nature; other languages are
 * records from that sentence to theirs. Messages are ICU: `t('{count, plural, one {# node} other {# nodes}}', { count })`.
 * Where English has one word for two things, the key says which before `::`, and English leaves that away: `t('mail::From')`.
 * The language is chosen before anything else loads, hence `t` may be called anywhere and changing it reloads the page.
 */
import { type CompiledMessage, compile, fillIn, type Values } from './compile.ts';

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
const compiled = new Map<string, CompiledMessage>();
let other: typeof import('./shapes.ts') | undefined;

export const currentLanguage = (): Language => language;
/** What `Intl` is asked with. */
export const locale = (): string =>
  // English in a script that runs from right to left: the library of controls turns round, numbers and dates stay readable
  language === 'pseudo' ? 'en' : language === 'pseudo-rtl' ? 'en-Arab' : language;
export const isPseudo = (id: string): boolean => id.startsWith('pseudo');

/** The sentence in the reader's language, with its values filled in. */
export function t(message: string, values: Values = {}): string {
  const text = catalog[message] ?? inEnglish(message);
  if (!text.includes('{')) return text;
  let tokens = compiled.get(message);
  if (!tokens) {
    tokens = compile(text);
    compiled.set(message, tokens);
  }
  return fillIn(tokens, values, locale());
}

/** What the catalog of the reader's language has under a key, or all of it. */
export function wordsOf(): Catalog;
export function wordsOf(key: string): string | undefined;
export function wordsOf(key?: string): Catalog | string | undefined {
  return key === undefined ? catalog : catalog[key];
}

/** What says more than the messages of the editor in other words; nothing in English. */
export const otherwise = () => other;

function inEnglish(message: string): string {
  const mark = message.indexOf('::');
  const sentence = mark < 0 ? message : message.slice(mark + 2);
  return isPseudo(language) && other ? other.accented(sentence) : sentence;
}

/** Loads the catalog of the chosen language. Called once, before the app is imported. */
export async function startWords(): Promise<void> {
  language = readChoice();
  const load = catalogs[language];
  if (language !== 'en') other = await import('./shapes.ts');
  if (load) {
    const [words, ofControls] = await load();
    catalog = words.default;
    setWordsOfControls((ofControls as { default: object }).default);
  }
  document.documentElement.lang = locale();
  document.documentElement.dir = language === 'pseudo-rtl' ? 'rtl' : 'ltr';
}

export function chooseLanguage(next: Language): void {
  localStorage.setItem(key, next);
  location.reload();
}

/** Each language, and the few words of its own that the library of controls has in it. Its types know no default. */
const catalogs: Partial<Record<Language, () => Promise<[{ default: Catalog }, unknown]>>> = {
  de: () => Promise.all([import('./catalogs/de.ts'), import('react-aria-components/i18n/de-DE')]),
  'zh-CN': () => Promise.all([import('./catalogs/zh-CN.ts'), import('react-aria-components/i18n/zh-CN')]),
};
/** Where that library looks for them, once, when it is first drawn. */
function setWordsOfControls(words: object): void {
  Object.assign(globalThis, {
    [Symbol.for('react-aria.i18n.locale')]: locale(),
    [Symbol.for('react-aria.i18n.strings')]: words,
  });
}

function readChoice(): Language {
  try {
    const stored = localStorage.getItem(key);
    if (stored && stored in languages) return stored as Language;
  } catch {
    // no storage: the browser's own language decides
  }
  return spokenOf(navigator.languages);
}

/**
 * Which of the editor's languages somebody reads best, who reads these, the dearest first. They may be no tags at all: browsers hand on what
 * the system is set to, such as `en-US@posix`. Traditional characters are not those that the editor has.
 */
export function spokenOf(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const spoken = /^(en|de|zh)(?![a-z])(?!.*(hant|tw|hk|mo))/i.exec(tag)?.[1]?.toLowerCase();
    if (spoken) return spoken === 'zh' ? 'zh-CN' : (spoken as Language);
  }
  return 'en';
}
