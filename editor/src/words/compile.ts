/**
 * Reads an ICU message, values, plural and select, nested, and fills it in. What it does not know (dates, skeletons) belongs to
 * `ui/format.ts`, which writes quantities everywhere alike. A library for it would weigh as much as all else here together.
 */
export type CompiledMessage = readonly Token[];
type Token = string | [string] | [string, string, Record<string, CompiledMessage>];
export type Values = Readonly<Record<string, string | number>>;

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
    const cases: Record<string, CompiledMessage> = {};
    while (!/^\s*\}/.test(message.slice(at))) {
      const label = name().replace(/^=/, '');
      expect('{');
      cases[label] = text(kind !== 'select');
      expect('}');
    }
    at = message.indexOf('}', at) + 1;
    return [value, kind, cases];
  };
  return text(false);
}

/** The message with its values, in the words that this language has for their number. `#` is the number of the plural around it. */
export function fillIn(message: CompiledMessage, values: Values, locale: string, number?: string): string {
  return message
    .map((token) => {
      if (typeof token === 'string') return token === '#' && number !== undefined ? number : token;
      const [name, kind, cases] = token;
      const value = values[name] ?? '';
      if (!cases) return String(value);
      const label =
        kind === 'select' || Object.hasOwn(cases, value)
          ? `${value}`
          : new Intl.PluralRules(locale).select(Number(value));
      const written = kind === 'select' ? undefined : new Intl.NumberFormat(locale).format(Number(value));
      return fillIn((Object.hasOwn(cases, label) ? cases[label] : cases.other) ?? [], values, locale, written);
    })
    .join('');
}
