/** Decides how a scene is entered: by whoever looks, at one width, with its state made and everything loaded. */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { atRest } from '../support/browser.ts';
import type { RunningDrawloom } from '../support/server.ts';
import type { Scene } from './scenes.ts';
import type { Stage } from './stage.ts';

export const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
export type Width = keyof typeof widths;
type Who = NonNullable<Scene['who']> | 'admin';
type State = Awaited<ReturnType<BrowserContext['storageState']>>;

export class Booth {
  readonly #browser: Browser;
  readonly #stage: Stage;
  readonly #states: Record<Who, State>;
  readonly #contexts = new Map<string, Promise<BrowserContext>>();

  private constructor(browser: Browser, stage: Stage, states: Record<Who, State>) {
    this.#browser = browser;
    this.#stage = stage;
    this.#states = states;
  }

  static async open(browser: Browser, drawloom: RunningDrawloom, stage: Stage): Promise<Booth> {
    const signIn = async (link: string): Promise<State> => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(new URL(link, stage.url).href);
      await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
      const state = await context.storageState();
      await context.close();
      return state;
    };
    return new Booth(browser, stage, {
      admin: await signIn(drawloom.signInLink),
      viewer: await signIn(stage.links.viewer),
      guest: await signIn(stage.links.guest),
      stranger: { cookies: [], origins: [] },
    });
  }

  /** Lets `look` at the scene, and leaves nothing of it to the next one but what the browser has loaded. */
  async enter(scene: Scene, width: Width, look: (page: Page) => Promise<void>): Promise<void> {
    const context = await this.#context(scene.who ?? 'admin', width);
    const page = await context.newPage();
    try {
      page.setDefaultTimeout(60_000);
      await page.goto(new URL(scene.at(this.#stage), this.#stage.url).href);
      await scene.act?.(page);
      await scene.see(page).waitFor();
      await quiet(page);
      await look(page);
    } finally {
      await context.setOffline(false);
      await page.evaluate(() => localStorage.clear());
      await page.close();
    }
  }

  #context(who: Who, width: Width): Promise<BrowserContext> {
    const name = `${who} ${width}`;
    const known = this.#contexts.get(name);
    if (known) return known;
    const made = this.#browser.newContext({
      viewport: widths[width],
      storageState: this.#states[who],
      reducedMotion: 'reduce',
      colorScheme: 'light',
      ...(width === 'narrow' && { hasTouch: true, isMobile: true, deviceScaleFactor: 2 }),
    });
    this.#contexts.set(name, made);
    return made;
  }
}

/** Until nothing is being loaded any more, and what came has been drawn. */
export async function quiet(page: Page): Promise<void> {
  await page.waitForFunction(() => !/Loading…|Opening the drawing…/.test(document.body.innerText));
  await atRest(page);
}
