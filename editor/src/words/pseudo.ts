/**
 * Decides how the language sounds that nobody speaks: every letter with an accent and every message a third longer, in brackets. What is
 * plain on the screen did not go through `t`, a bracket that is missing was cut off. `test/journeys/checks/languages.test.ts` walks it.
 */
const plain = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const accents = 'áƀćďḗƒǵħĩĵķĺḿñǿƥɋřšťŭṽẁẋýžÁƁĆĎḖƑǴĦĨĴĶĹḾÑǾƤɊŘŠŤŬṼẀẊÝŽ';

/** Names of values, and of what is chosen by them, are left alone. */
export function accented(message: string): string {
  let out = '';
  // In braces: a name, or a choice whose own texts stand in braces again.
  const inside: ('text' | 'name')[] = ['text'];
  for (const char of message) {
    if (char === '{') inside.push(inside.at(-1) === 'text' ? 'name' : 'text');
    else if (char === '}') inside.pop();
    out += inside.at(-1) === 'text' ? accent(char) : char;
  }
  return `[${out}${'~'.repeat(Math.ceil(message.length / 3))}]`;
}

const accent = (char: string): string => {
  const at = plain.indexOf(char);
  return at < 0 ? char : accents[at]!;
};
