/** Decides how bytes of a log become lines with colours: whole lines only, control sequences taken out, ANSI styles kept as data. */
import { colouredText } from '@drawloom/shared/run/plainText.ts';
import Anser, { type AnserJsonEntry } from 'anser';

export interface Span {
  text: string;
  className: string;
  style: { color?: string; backgroundColor?: string } | undefined;
}

/** The spans of one line: text and its colours, never a code. */
export function spansOf(line: string): Span[] {
  const clean = colouredText(line);
  if (!clean.includes('\u001b')) return [{ text: clean, className: '', style: undefined }];
  // some write the parts of a colour with colons
  const read = clean.replace(/(?<=\[[0-9;:]*):+/g, ';');
  return Anser.ansiToJson(read, { json: true, remove_empty: true, use_classes: true }).map((part) => ({
    text: part.content,
    className: [...part.decorations.map((name) => `ansi-${name}`), named(part.fg), named(part.bg, 'bg-')]
      .filter(Boolean)
      .join(' '),
    style: styleOf(part),
  }));
}

const named = (colour: string | null, prefix = ''): string =>
  colour?.startsWith('ansi-') && !/palette|truecolor/.test(colour) ? `${prefix}${colour}` : '';

function styleOf(part: AnserJsonEntry): Span['style'] {
  const color = exact(part.fg, part.fg_truecolor);
  const backgroundColor = exact(part.bg, part.bg_truecolor);
  return color || backgroundColor
    ? { ...(color && { color }), ...(backgroundColor && { backgroundColor }) }
    : undefined;
}

/** The colours beyond the first sixteen, which have no name in the theme. */
function exact(colour: string | null, truecolor: string | null): string | undefined {
  if (colour === 'ansi-truecolor' && truecolor) return `rgb(${truecolor})`;
  const palette = /^ansi-palette-(\d+)$/.exec(colour ?? '')?.[1];
  if (palette === undefined) return undefined;
  const n = Number(palette);
  if (n >= 232)
    return `rgb(${Array(3)
      .fill(8 + (n - 232) * 10)
      .join(', ')})`;
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = n - 16;
  return `rgb(${level(Math.floor(cube / 36))}, ${level(Math.floor(cube / 6) % 6)}, ${level(cube % 6)})`;
}

/** Puts chunks together to lines. The last, unfinished line is shown too, and replaced when more of it comes. */
export class LineStore {
  readonly lines: string[] = [];
  #decoder = new TextDecoder();
  #open = false;

  add(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true });
    if (text === '') return;
    const parts = text.split('\n');
    const rest = parts.pop()!;
    for (const part of parts) {
      if (this.#open) this.lines[this.lines.length - 1] += part;
      else this.lines.push(part);
      this.#open = false;
    }
    if (rest === '') return;
    if (this.#open) this.lines[this.lines.length - 1] += rest;
    else this.lines.push(rest);
    this.#open = true;
  }
}
