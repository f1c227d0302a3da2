/** Keeps which language is on screen and its catalog, for what says messages and for what says sentences from elsewhere. */

/** The last two are nobody's: they show what was not translated, what is cut off, and what does not turn round from right to left. */
export const languages = {
  en: 'English',
  'zh-CN': '简体中文',
  de: 'Deutsch',
  pseudo: 'Ƥşḗŭḓǿ',
  'pseudo-rtl': 'Ƥşḗŭḓǿ ←',
} as const;
export type Language = keyof typeof languages;
export type Catalog = Readonly<Record<string, string>>;

let catalog: Catalog = {};
let language: Language = 'en';

/** Once, before anything is said. */
export function setLanguage(chosen: Language, words: Catalog): void {
  language = chosen;
  catalog = words;
}

export const currentLanguage = (): Language => language;
/** What `Intl` is asked with. */
export const locale = (): string =>
  // English in a script that runs from right to left: the library of controls turns round, numbers and dates stay readable
  language === 'pseudo' ? 'en' : language === 'pseudo-rtl' ? 'en-Arab' : language;
export const isPseudo = (id: string): boolean => id.startsWith('pseudo');

/** What the catalog of the reader's language has under a key, or all of it. */
export function wordsOf(): Catalog;
export function wordsOf(key: string): string | undefined;
export function wordsOf(key?: string): Catalog | string | undefined {
  return key === undefined ? catalog : catalog[key];
}
