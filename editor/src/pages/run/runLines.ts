/** Decides how parts of many logs become lines in one order: a line that one part leaves open is ended by the next of the same attempt. */
import type { LogPart } from '@drawloom/shared/api/logs.ts';

export interface Source {
  node: string;
  mapIndex: number;
  attempt: number;
}

export class RunLines {
  readonly #texts: string[] = [];
  readonly #sources: Source[] = [];
  /** By attempt: the one value that all of its lines share, and which line is still open. */
  readonly #attempts = new Map<string, { source: Source; open: number | null }>();

  get count(): number {
    return this.#texts.length;
  }
  textOf(index: number): string {
    return this.#texts[index] ?? '';
  }
  sourceOf(index: number): Source {
    return this.#sources[index] ?? { node: '', mapIndex: 0, attempt: 0 };
  }

  add({ node, mapIndex, attempt, text }: LogPart): void {
    if (text === '') return;
    const key = `${node} ${mapIndex} ${attempt}`;
    let known = this.#attempts.get(key);
    if (!known) {
      known = { source: { node, mapIndex, attempt }, open: null };
      this.#attempts.set(key, known);
    }
    const lines = text.split('\n');
    const ended = lines.at(-1) === '';
    if (ended) lines.pop();
    for (const [place, line] of lines.entries()) {
      if (place === 0 && known.open !== null) this.#texts[known.open] += line;
      else {
        this.#texts.push(line);
        this.#sources.push(known.source);
        known.open = this.#texts.length - 1;
      }
    }
    if (ended) known.open = null;
  }
}
