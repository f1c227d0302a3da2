/** Decides how a start shows how far it is: one tidy line per step, moving on a terminal and plain everywhere else. */

export interface Progress {
  /** Runs one step. `work` may tell how far it is, and answers what its line says once it is done. */
  step<T>(doing: string, work: (tell: (line: string) => void) => Promise<Done<T>>): Promise<T>;
  /** Something the person should know that does not stop the start. */
  warn(line: string): void;
}

export interface Done<T> {
  value: T;
  line: string;
}

interface Screen {
  write(text: string): unknown;
  isTTY?: boolean;
  columns?: number;
}

const turning = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

export function showProgress(screen: Screen): Progress {
  const moving = screen.isTTY === true && process.env.CI === undefined && process.env.TERM !== 'dumb';
  const colour = moving && process.env.NO_COLOR === undefined;
  const paint = (code: number, text: string) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const mark = { done: paint(32, '✓'), warning: paint(33, '!') };
  const clear = () => moving && screen.write('\r\u001b[K');
  return {
    async step(doing, work) {
      const began = performance.now();
      let line = '';
      const draw = () => {
        const seconds = Math.floor((performance.now() - began) / 1000);
        const picture = turning[Math.floor((performance.now() - began) / 100) % turning.length]!;
        const words = [line || doing, ...(seconds >= 2 ? [`${seconds} s`] : [])].join(' · ');
        screen.write(`\r\u001b[K${paint(36, picture)} ${words.slice(0, (screen.columns ?? 80) - 3)}`);
      };
      const timer = moving ? setInterval(draw, 100) : undefined;
      if (moving) draw();
      const tell = (next: string) => {
        // Elsewhere than on a terminal every line stays, so what a tool repeats while it counts is said once.
        if (!moving && next !== line) screen.write(`  ${next}\n`);
        line = next;
      };
      try {
        const { value, line: said } = await work(tell);
        const took = performance.now() - began;
        clear();
        screen.write(`${mark.done} ${said}${took >= 1000 ? paint(2, ` (${seconds(took)})`) : ''}\n`);
        return value;
      } catch (problem) {
        clear();
        throw problem;
      } finally {
        clearInterval(timer);
      }
    },
    warn(line) {
      clear();
      screen.write(`${mark.warning} ${line}\n`);
    },
  };
}

/** Once the start is given up no step of it begins, and none says any more how it went. */
export const untilGivenUp = ({ step, warn }: Progress, signal: AbortSignal | undefined): Progress => ({
  step: (doing, work) =>
    step(doing, async (tell) => {
      signal?.throwIfAborted();
      const done = await work(tell);
      signal?.throwIfAborted();
      return done;
    }),
  warn: (line) => signal?.aborted || warn(line),
});

/** For a start that nobody watches, such as the one that a command brings up for its own length. */
export const silent: Progress = {
  step: async (_doing, work) => (await work(() => {})).value,
  warn: () => {},
};

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
