/**
 * Reads an ICU message into what lingui formats: values, plural and select, nested. A fortieth of the size of a parser of the whole
 * grammar; what it does not know (dates, skeletons) belongs to `ui/format.ts`, which writes quantities everywhere alike.
 */
import type { i18n } from '@lingui/core';

type CompiledMessage = (typeof i18n.messages)[string];
type Token = string | [string] | [string, string, Record<string, unknown>];

export function compile(message: string): CompiledMessage {
  let at = 0;
  const name = () => {
    const found = /^\s*([\w=]+)\s*/.exec(message.slice(at));
    if (!found) throw new SyntaxError(`A name is missing at ${at} of "${message}".`);
    at += found[0].length;
    return found[1]!;
  };
  const expect = (mark: string) => {
    if (message[at] !== mark) throw new SyntaxError(`"${mark}" is missing at ${at} of "${message}".`);
    at++;
  };
  const text = (inPlural: boolean): Token[] => {
    const tokens: Token[] = [];
    let run = '';
    const flush = () => {
      if (run) tokens.push(run);
      run = '';
    };
    while (at < message.length && message[at] !== '}') {
      const char = message[at]!;
      if (char === '{') {
        flush();
        tokens.push(argument());
      } else {
        if (char === '#' && inPlural) {
          flush();
          tokens.push('#');
        } else run += char;
        at++;
      }
    }
    flush();
    return tokens;
  };
  const argument = (): Token => {
    expect('{');
    const value = name();
    if (message[at] === '}') {
      at++;
      return [value];
    }
    expect(',');
    const kind = name();
    expect(',');
    const cases: Record<string, unknown> = {};
    while (!/^\s*\}/.test(message.slice(at))) {
      const label = name().replace(/^=/, '');
      expect('{');
      cases[label] = text(kind !== 'select');
      expect('}');
    }
    at = message.indexOf('}', at) + 1;
    return [value, kind, cases];
  };
  return text(false) as CompiledMessage;
}
