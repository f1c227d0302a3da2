/** Decides what a message is filled in with, and whether a translation of it takes the same: read as the editor itself reads it. */
import { compile } from '../../editor/src/words/compile.ts';

interface Placeholder {
  name: string;
  kind: string;
  /** Cases of a choice; those of a plural are each language's own. */
  cases: string;
}

export function placeholders(message: string): Placeholder[] {
  const found = new Map<string, Placeholder>();
  const walk = (tokens: unknown): void => {
    if (!Array.isArray(tokens)) return;
    for (const token of tokens) {
      if (!Array.isArray(token)) continue;
      const [name, kind = 'value', cases = {}] = token as [string, string?, Record<string, unknown>?];
      const labels = kind === 'select' ? Object.keys(cases).sort().join(' ') : '';
      if (!found.has(name) || kind !== 'value') found.set(name, { name, kind, cases: labels });
      for (const each of Object.values(cases)) walk(each);
    }
  };
  walk(compile(message));
  return [...found.values()];
}

/** What is wrong with a translation, or null. */
export function misfit(message: string, translation: string): string | null {
  if (translation.trim() === '') return 'it is empty';
  if (message.startsWith('told::')) return misplaced(message, translation);
  if (message.startsWith('node::')) return otherCode(message, translation);
  let given: Placeholder[];
  try {
    given = placeholders(translation);
  } catch (error) {
    return (error as Error).message;
  }
  const wanted = placeholders(message);
  // A language without a plural may leave the choice out and write the number, or nothing where the number is said elsewhere.
  for (const { name, kind, cases } of given) {
    const meant = wanted.find((one) => one.name === name);
    if (!meant) return `it has {${name}}, which the message does not have`;
    if (kind !== 'value' && kind !== meant.kind) return `{${name}} is a ${kind}, and in the message a ${meant.kind}`;
    if (cases !== '' && cases !== meant.cases)
      return `{${name}} has the cases ${cases}, and in the message ${meant.cases}`;
  }
  const lost = wanted.filter(({ name, kind }) => kind !== 'plural' && !given.some((one) => one.name === name));
  if (lost.length > 0) return `it lacks ${lost.map(({ name }) => `{${name}}`).join(', ')}`;
  return translation.trim() === translation ? null : 'it begins or ends with a space';
}

/** Of a sentence from elsewhere: places for values that it does not have. One may go where another word says it, such as "people". */
function misplaced(message: string, translation: string): string | null {
  const places = (text: string) => new Set(text.match(/\{\d\}/g));
  const strange = [...places(translation)].filter((one) => !places(message).has(one));
  if (strange.length > 0) return `it has ${strange.join(', ')}, which the sentence does not have`;
  const lost = places(message).size - places(translation).size;
  return lost > 1 ? `it lacks ${lost} of its values` : null;
}

/** Of what a node type says of itself: code in it that is other code. */
function otherCode(message: string, translation: string): string | null {
  const code = (text: string) => (text.match(/`[^`]+`|\{\{?\w+\}\}?/g) ?? []).sort();
  const [wanted, given] = [code(message), code(translation)];
  const at = wanted.findIndex((one, index) => one !== given[index]);
  if (at >= 0) return `it lacks the code ${wanted[at]}`;
  return given.length > wanted.length ? `it has more code: ${given.join(' ')}` : null;
}
