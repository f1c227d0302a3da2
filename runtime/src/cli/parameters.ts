/** Decides how parameters given as text become what the drawing declares them to be. */
import type { Json } from '@drawloom/shared/json.ts';
import type { PipelineDocument } from '@drawloom/shared/pipeline/document.ts';
import { UsageProblem } from './command.ts';

export function parametersIn(given: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of given) {
    const at = text.indexOf('=');
    if (at < 1) throw new UsageProblem(`--param takes NAME=VALUE, not "${text}".`);
    found.set(text.slice(0, at), text.slice(at + 1));
  }
  return found;
}

/** As the drawing declares them: the command line knows text only. What does not fit is left for the server to explain. */
export function typed(
  given: ReadonlyMap<string, string>,
  { parameters }: Pick<PipelineDocument, 'parameters'>,
): Record<string, Json> {
  const result: Record<string, Json> = {};
  for (const [name, text] of given) {
    const parameter = parameters[name];
    if (!parameter) {
      const known = Object.keys(parameters).join(', ') || 'none';
      throw new UsageProblem(`The pipeline has no parameter ${name}. It has: ${known}.`);
    }
    if (parameter.type === 'number' || parameter.type === 'integer')
      result[name] = text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
    else if (parameter.type === 'boolean') result[name] = text === 'true' ? true : text === 'false' ? false : text;
    else result[name] = text;
  }
  return result;
}

/** The same for runs that start by themselves, where `{"$nominal": …}` stands for a part of the time they are due at. */
export function typedOrNominal(
  given: ReadonlyMap<string, string>,
  document: Pick<PipelineDocument, 'parameters'>,
): Record<string, Json> {
  const plain = new Map([...given].filter(([, text]) => !text.trimStart().startsWith('{')));
  const result = typed(plain, document);
  for (const [name, text] of given)
    if (!plain.has(name)) {
      try {
        result[name] = JSON.parse(text) as Json;
      } catch (cause) {
        throw new UsageProblem(`--param ${name}: ${text} is no JSON. {"$nominal": "date"} is the date it is due.`, {
          cause,
        });
      }
    }
  return result;
}
