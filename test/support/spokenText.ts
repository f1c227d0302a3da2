/**
 * Decides what on a page was not translated, while the editor speaks its pseudo-language: letters without an accent that came from
 * neither the data, a quantity written by the browser, nor what says of itself that it is no language.
 */
import type { Page } from 'playwright-core';

/** Every text that the server answers on this page from now on: what people named, wrote and printed. */
export class Data {
  readonly #texts = new Set<string>();
  readonly #pending = new Set<Promise<void>>();

  /** `words` are ways whose texts are the house's own and are to be translated. */
  constructor(page: Page, words: RegExp) {
    page.on('response', (response) => {
      const { pathname } = new URL(response.url());
      if (!pathname.startsWith('/api/') || words.test(pathname)) return;
      if (response.headers()['content-type']?.includes('event-stream')) return; // it has no end
      const reading = response
        .text()
        .then((text) => this.#take(text))
        .catch(() => {}) // gone with the page
        .finally(() => this.#pending.delete(reading));
      this.#pending.add(reading);
    });
  }
  #take(text: string): void {
    const walk = (value: unknown): void => {
      if (typeof value === 'string') this.add(value);
      else if (Array.isArray(value)) for (const member of value) walk(member);
      else if (value && typeof value === 'object')
        for (const [name, member] of Object.entries(value)) {
          this.add(name);
          walk(member);
        }
    };
    try {
      walk(JSON.parse(text));
    } catch {
      this.add(text);
    }
  }
  add(text: string): void {
    this.#texts.add(normal(text));
  }
  async all(): Promise<string> {
    await Promise.all(this.#pending);
    return [...this.#texts].join('\n');
  }
}
const normal = (text: string): string => text.replaceAll(/\s+/g, ' ').trim().toLowerCase();

/** What `Intl` writes in English, as the pseudo-language does, and units. */
const quantities =
  /\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mon|tue|wed|thu|fri|sat|sun)[a-z]*\b|\b(?:am|pm|utc|gmt|ago|in|at|and|last|next|this|yesterday|today|tomorrow|now|kb|mb|gb|tb)\b|\b(?:second|minute|hour|day|week|month|year)s?\b/g;
/** Names of keys, languages, formats and of the program: the same everywhere. The last words are the library's, which has them in German and Chinese. */
const names =
  /\b(?:drawloom|python|typescript|sql|json|csv|parquet|mlflow|openlineage|duckdb|postgres|ctrl|shift|alt|esc|enter|del|null|english|deutsch|application|image|text|vnd|svg|html|show suggestions)\b/g;

/** Texts and spoken attributes of what can be seen, with letters that nothing explains. */
export async function untranslated(page: Page, data: Data): Promise<string[]> {
  const shown = await page.evaluate(() => {
    const told: { text: string; where: string }[] = [];
    const describe = (element: Element) =>
      `${element.tagName.toLowerCase()}${element.getAttribute('data-testid') ? `[${element.getAttribute('data-testid')}]` : ''}.${[...element.classList].join('.')}`;
    const walk = (element: Element): void => {
      if (element.matches('[translate="no"], script, style, code, pre, .monaco-editor, .monaco-aria-container')) return;
      if (!element.checkVisibility() && element.tagName !== 'OPTION') return;
      for (const name of ['aria-label', 'aria-description', 'aria-roledescription', 'title', 'placeholder', 'alt']) {
        const text = element.getAttribute(name);
        if (text) told.push({ text, where: `${describe(element)} ${name}` });
      }
      for (const child of element.childNodes) {
        if (child.nodeType === Node.TEXT_NODE && child.textContent?.trim())
          told.push({ text: child.textContent, where: describe(element) });
        if (child instanceof Element) walk(child);
      }
    };
    walk(document.body);
    told.push({ text: document.title, where: 'title' });
    return told;
  });
  const known = await data.all();
  return shown.flatMap(({ text, where }) => {
    const left = normal(text)
      .split(/[^\x20-\x7e·–—…“”„’→≈−]+|[[\]~]+/u)
      .filter((piece) => !isData(piece, known));
    return left.length > 0 ? [`${where}: "${text.trim().slice(0, 120)}" has "${left.join('", "').trim()}"`] : [];
  });
}
/** A piece of data, or several with marks and quantities between. */
const isData = (piece: string, known: string): boolean =>
  piece
    .replaceAll(quantities, ' ')
    .replaceAll(names, ' ')
    .split(/[·–—…“”„’→≈−,:;()=]+|\s{2,}/u)
    .map((part) => part.trim())
    .every((part) => !/[a-z]{2}/.test(part) || known.includes(part));

/** Translated text that is cut off where nobody can read the rest, and pages that are wider than the window. */
export const cutOff = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const told: string[] = [];
    const wide = document.scrollingElement!.scrollWidth;
    if (wide > innerWidth + 1) told.push(`the page is ${wide} wide in a window of ${innerWidth}`);
    const scrolls = (element: Element | null): boolean =>
      element !== null && (/auto|scroll/.test(getComputedStyle(element).overflow) || scrolls(element.parentElement));
    for (const element of document.querySelectorAll<HTMLElement>('body *')) {
      const text = [...element.childNodes]
        .map((child) => (child.nodeType === Node.TEXT_NODE ? child.textContent : ''))
        .join('');
      if (!/~\]/.test(text) || !element.checkVisibility() || element.clientWidth < 3) continue;
      if (element.closest('[data-testid="canvas"], [translate="no"]')) continue;
      const style = getComputedStyle(element);
      const cut =
        (element.scrollWidth > element.clientWidth + 1 && /hidden|clip/.test(style.overflowX)) ||
        (element.scrollHeight > element.clientHeight + 3 && /hidden|clip/.test(style.overflowY));
      const whole = element.closest('[title]')?.getAttribute('title');
      if (cut && !whole?.includes(text.trim())) told.push(`"${text.trim()}" is cut off at ${element.clientWidth}`);
      const { left, right } = element.getBoundingClientRect();
      const parked = right < 0; // what appears at the first Tab waits beside the window
      if (!parked && (left < -1 || right > innerWidth + 1) && !scrolls(element.parentElement))
        told.push(`"${text.trim()}" stands outside of the window, ${Math.round(left)} to ${Math.round(right)}`);
    }
    return told;
  });
