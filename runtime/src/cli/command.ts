/** Decides what a command is, and how a wrong call is told: one sentence, and exit code 2. */
import { readFileSync } from 'node:fs';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

export interface Command {
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** The call and what each option means, as `--help` shows it. */
  help: string;
  /** Answers the exit code: 0 all went well, 1 the run (or what was asked for) failed. */
  run(args: string[]): Promise<number>;
}

/** The call was wrong: exit code 2. */
export class UsageProblem extends Error {
  override name = 'UsageProblem';
}

export const serverOptions = {
  project: { type: 'string', short: 'p' },
} as const satisfies ParseArgsOptionsConfig;

export const serverHelp = `  -p, --project NAME   The project; may be left out while there is only one.

The server is the one at DRAWLOOM_URL (with DRAWLOOM_TOKEN), else the one that runs on this home (DRAWLOOM_HOME),
else one that is brought up for the length of the command.`;

/** Options and the words beside them. An unknown option, or one without its value, is a wrong call. */
export function parse<const O extends ParseArgsOptionsConfig>(args: string[], options: O) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (cause) {
    throw new UsageProblem(`${(cause as Error).message.split('. To specify')[0]}. See --help.`, { cause });
  }
}

/** As many words as named, no more and no fewer. */
export function words<const N extends readonly string[]>(
  given: readonly string[],
  ...names: N
): { [K in keyof N]: string } {
  const missing = names[given.length];
  if (missing !== undefined) throw new UsageProblem(`${missing} is missing. See --help.`);
  if (given.length > names.length) throw new UsageProblem(`"${given[names.length]}" is one word too many. See --help.`);
  return given as unknown as { [K in keyof N]: string };
}

/** For the rejection of whatever writes to `file`; what is not the file's fault stays what it is. */
export const cannotWrite =
  (file: string) =>
  (cause: NodeJS.ErrnoException): never => {
    if (cause.syscall === undefined) throw cause;
    throw new UsageProblem(`${file} cannot be written (${cause.code}). Name another file.`, { cause });
  };

export function wholeNumber(text: string, what: string): number {
  if (!/^[1-9]\d{0,15}$/.test(text)) throw new UsageProblem(`${what} is a whole number from 1, not "${text}".`);
  return Number(text);
}

const unitSeconds: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** A time as people write it: 90s, 15m, 6h, 2d. */
export function secondsIn(text: string, option: string): number {
  const [, amount, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  if (!amount || !unit)
    throw new UsageProblem(`${option} takes a number and a unit, such as 15m or 6h, not "${text}".`);
  return Number(amount) * unitSeconds[unit]!;
}

/** What must not stand on a command line, where others can read it: from a file, or from standard input. */
export const secretIn = (file: string): string => textIn(file).trim();

/** From a file, or from standard input (-). */
export function textIn(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (cause) {
    throw new UsageProblem(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
