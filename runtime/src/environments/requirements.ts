/** Decides what people may ask for: packages by name and version. Addresses, folders and options are the operator's to give. */
import type { Problem } from '@drawloom/shared/problem.ts';

export interface Line {
  /** Where it begins, from 1. */
  number: number;
  text: string;
}

const mostCharacters = 64 * 1024;
const named = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:\s*\[[A-Za-z0-9._,\s-]*\])?(?:[\s(<>=!~;]|$)/;
const locked = /^[A-Za-z0-9][A-Za-z0-9._-]*==[^\s;@\\/]+(?:\s*;[^#@\\]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+$/;

/** The lines that say something: without comments, with those that go on in the next one joined to it. */
export function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  let open: Line | undefined;
  for (const [index, written] of text.split(/\r?\n/).entries()) {
    const part = written.replace(/(^|\s)#.*$/, '').trim();
    const goesOn = part.endsWith('\\');
    const line: Line = open ?? { number: index + 1, text: '' };
    line.text = `${line.text} ${goesOn ? part.slice(0, -1) : part}`.trim();
    open = goesOn ? line : undefined;
    if (!goesOn && line.text) lines.push(line);
  }
  if (open?.text) lines.push(open);
  return lines;
}

export function checkRequirements(text: string): Problem[] {
  if (text.length > mostCharacters) {
    return [
      refused(
        'The requirements are longer than 64 KiB. Name only the packages you import; what they need comes by itself.',
      ),
    ];
  }
  const lines = linesOf(text);
  if (lines.length === 0) return [refused('The requirements name no package. Name at least one, such as `pandas>=2`.')];
  return lines.flatMap(({ number, text: line }) => {
    if (line.startsWith('-')) {
      return refused(
        `\`${shown(line)}\` is an option. Only packages can be named here; indexes are set by whoever runs the server.`,
        number,
      );
    }
    if (/^[^;]*[@/]/.test(line) || line.startsWith('.')) {
      return refused(
        `\`${shown(line)}\` is an address or a folder. Name a package of the index, such as \`pandas>=2\`.`,
        number,
      );
    }
    if (!named.test(line)) {
      return refused(
        `\`${shown(line)}\` is not a requirement. Write a name and, if you like, versions, such as \`pandas>=2,<3\`.`,
        number,
      );
    }
    return [];
  });
}

/** A lock names every package with one version and the hashes of its files, and can say nothing else. */
export const isLock = (text: string): boolean => {
  const lines = linesOf(text);
  return lines.length > 0 && lines.every((line) => locked.test(line.text));
};

/** The line of the requirements that asks for a package, however either spells its name. */
export function lineOf(requirements: string, name: string): number | undefined {
  const plain = (written: string) => written.toLowerCase().replace(/[-_.]+/g, '-');
  const nameIn = (text: string) => plain(text.match(/^[A-Za-z0-9][A-Za-z0-9._-]*/)?.[0] ?? '');
  return linesOf(requirements).find((line) => nameIn(line.text) === plain(name.replace(/[[{].*/, '')))?.number;
}

const refused = (message: string, line?: number): Problem => ({
  code: 'requirements-malformed',
  message,
  at: '',
  severity: 'error',
  ...(line === undefined ? {} : { line }),
});

const shown = (line: string) => (line.length > 80 ? `${line.slice(0, 80)}…` : line);
