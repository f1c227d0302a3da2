/**
 * Decides how sentences are said that were written in English elsewhere: by the checks that server and command line share with the editor,
 * by what explains a failure, and by node types. `docs/decisions/2026-11-25-sentences-from-elsewhere.md` says why they come as sentences.
 */
import type { NodeType, ParameterSchema } from '@drawloom/shared/node-type/definition.ts';
import type { Port } from '@drawloom/shared/node-type/ports.ts';
import { currentLanguage, isPseudo, wordsOf } from './chosen.ts';
import { accented } from './pseudo.ts';

export { accented };

/** A sentence with the values that were filled in: the catalog has it as `told::"{0}" waits for itself.` */
export function told(sentence: string): string {
  if (isPseudo(currentLanguage())) return accented(sentence.replaceAll(/[{}]/g, ''));
  const known = kept.get(sentence);
  if (known !== undefined) return known;
  const said = find(sentence, 0) ?? sentence;
  if (kept.size > 2000) kept.clear();
  kept.set(sentence, said);
  return said;
}
const kept = new Map<string, string>();

/** The value of a sentence can be a phrase or a sentence itself: "takes {a table}". */
function find(sentence: string, depth: number): string | undefined {
  const whole = wordsOf(`told::${sentence}`);
  if (whole !== undefined || depth > 3) return whole;
  for (const { shape, words } of shapes()) {
    const found = shape.exec(sentence);
    if (!found) continue;
    return words.replaceAll(/\{(\d)\}/g, (_, at: string) => {
      const value = found[Number(at) + 1] ?? '';
      return find(value, depth + 1) ?? value;
    });
  }
  return undefined;
}

let made: { shape: RegExp; words: string }[] | undefined;
/** All sentences with places for values, those that say most themselves first. */
function shapes() {
  made ??= Object.entries(wordsOf())
    .filter(([key]) => key.startsWith('told::') && key.includes('{0}'))
    .map(([key, words]) => ({ parts: key.slice('told::'.length).split(/\{\d\}/), words }))
    .sort((a, b) => b.parts.join('').length - a.parts.join('').length)
    .map(({ parts, words }) => ({
      shape: new RegExp(`^${parts.map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('(.*?)')}$`, 's'),
      words,
    }));
  return made;
}

export function spokenType(type: NodeType): NodeType {
  return withWords(type, (text) => wordsOf(`node::${text}`) ?? (isPseudo(currentLanguage()) ? accented(text) : text));
}

export function withWords(type: NodeType, say: (text: string) => string): NodeType {
  const port = (one: Port): Port => ({
    ...one,
    ...(one.label && { label: say(one.label) }),
    ...(one.description && { description: say(one.description) }),
  });
  return {
    ...type,
    title: say(type.title),
    summary: say(type.summary),
    description: say(type.description),
    inputs: type.inputs.map(port),
    outputs: type.outputs.map(port),
    parameters: schemaWithWords(type.parameters, say) as ParameterSchema,
  };
}

const spoken = new Set(['title', 'description', 'group']);
/** Values of a schema are nobody's words, whatever they are called. */
const values = new Set(['default', 'const', 'enum', 'required', 'when']);

function schemaWithWords(value: unknown, say: (text: string) => string): unknown {
  if (Array.isArray(value)) return value.map((member) => schemaWithWords(member, say));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      values.has(key)
        ? member
        : spoken.has(key) && typeof member === 'string'
          ? say(member)
          : schemaWithWords(member, say),
    ]),
  );
}
