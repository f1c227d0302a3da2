/** Decides what can be written next in a search: which words go on from what stands before the cursor, by the same language that is read. */
import { type Comparator, entityComparators } from './search.ts';

export interface Names {
  metrics: readonly string[];
  parameters: readonly string[];
  tags: readonly string[];
}
export interface Completion {
  /** What the choices take the place of begins here. */
  from: number;
  choices: string[];
}

const attributes = ['run_name', 'status', 'start_time', 'end_time', 'user_id', 'run_id'];
const numeric = ['start_time', 'end_time'];
const most = 12;
const bare = /^[\p{L}_][\p{L}\p{N}_./$-]*$/u;
const quoted = (name: string) => (bare.test(name) ? name : `\`${name.replaceAll('`', '``')}\``);

/** At the end of `text`, which is what stands before the cursor. */
export function complete(text: string, names: Names): Completion {
  // The comparison that is being written: what follows the last AND that stands in no quotes.
  const part =
    /(?:^|\sand\s)((?:(?!\sand\s)(?:'[^']*'|"[^"]*"|`[^`]*`|[^'"`]))*(?:['"`][^'"`]*)?)$/i.exec(text)?.[1] ?? text;
  const here = part.trimStart();
  const all = [
    ...names.metrics.map((name) => `metrics.${quoted(name)}`),
    ...names.parameters.map((name) => `params.${quoted(name)}`),
    ...names.tags.map((name) => `tags.${quoted(name)}`),
    ...attributes,
  ];
  const named = /^((?:\w+\.)?(?:`[^`]*`|"[^"]*"|[^\s=!<>`"']+))\s+(.*)$/s.exec(here);
  if (!named) {
    const wanted = here.toLowerCase();
    const fitting = all.filter((name) => name.toLowerCase().startsWith(wanted) && name !== here);
    const inside = all.filter(
      (name) => name.toLowerCase().includes(wanted) && !fitting.includes(name) && name !== here,
    );
    return { from: text.length - here.length, choices: [...fitting, ...inside].slice(0, most) };
  }
  const [, name, rest] = named as unknown as [string, string, string];
  const kind = name.startsWith('metric') || numeric.includes(name) ? 'number' : 'text';
  const comparators: readonly Comparator[] = entityComparators(
    kind === 'number' ? 'metric' : name.includes('.') ? 'parameter' : 'attribute',
  );
  if (/^(?:[=!<>]*|[a-z ]*)\s*$/i.test(rest)) {
    const typed = rest.trim().toUpperCase();
    const ended = /\s$/.test(rest);
    const choices = comparators.filter((one) => one.startsWith(typed) && one !== typed);
    if (typed === '' || !ended || !(comparators as readonly string[]).includes(typed))
      return { from: text.length - rest.length, choices };
    if (name === 'status') return { from: text.length, choices: ["'FINISHED'", "'FAILED'", "'RUNNING'", "'KILLED'"] };
    return { from: text.length, choices: typed.endsWith('NULL') ? ['AND '] : [] };
  }
  const whole = /(?:['"]|\d|\bnull)\s+$/i.test(rest) && (rest.match(/'/g)?.length ?? 0) % 2 === 0;
  return { from: text.length, choices: whole ? ['AND '] : [] };
}
