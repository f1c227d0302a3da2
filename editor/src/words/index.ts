/**
 * Decides which words are on screen. The English sentence is the key, so English is complete by nature; other languages are
 * records from that sentence to theirs. Messages are ICU: `t('{count, plural, one {# node} other {# nodes}}', { count })`.
 * Where English has one word for two things, the key says which before `::`, and English leaves that away: `t('mail::From')`.
 * The language is chosen before anything else loads, hence `t` may be called anywhere and changing it reloads the page.
 */
import {
  type Catalog,
  currentLanguage,
  isPseudo,
  type Language,
  languages,
  locale,
  setLanguage,
  wordsOf,
} from './chosen.ts';
import { type CompiledMessage, compile, fillIn, type Values } from './compile.ts';

export { currentLanguage, isPseudo, type Language, languages, locale };

const key = 'drawloom.locale';
const compiled = new Map<string, CompiledMessage>();
let other: typeof import('./shapes.ts') | undefined;

/** The sentence in the reader's language, with its values filled in. */
export function t(message: string, values: Values = {}): string {
  const text = wordsOf(message) ?? inEnglish(message);
  if (!text.includes('{')) return text;
  let tokens = compiled.get(message);
  if (!tokens) {
    tokens = compile(text);
    compiled.set(message, tokens);
  }
  return fillIn(tokens, values, locale());
}

/** What says more than the messages of the editor in other words; nothing in English. */
export const otherwise = () => other;

function inEnglish(message: string): string {
  const mark = message.indexOf('::');
  const sentence = mark < 0 ? message : message.slice(mark + 2);
  return isPseudo(currentLanguage()) && other ? other.accented(sentence) : sentence;
}

/** Loads the catalog of the chosen language. Called once, before the app is imported. */
export async function startWords(): Promise<void> {
  const language = readChoice();
  if (language !== 'en') other = await import('./shapes.ts');
  const loaded = await catalogs[language]?.();
  setLanguage(language, loaded?.[0].default ?? {});
  if (loaded) setWordsOfControls((loaded[1] as { default: object }).default);
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
