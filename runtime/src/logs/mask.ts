/**
 * Decides which bytes of an attempt's output are a secret and must not be kept: the value itself and the ways it is usually
 * written down. What may be the beginning of one is held back until it is known, so that no cut between chunks lets it through.
 */

const shortestValue = 4;
/** Of encodings and single lines; shorter ones would hit ordinary text. */
const shortestForm = 6;
const stars = Buffer.from('***');

/** Finds the forms of a set of secrets. Made once for an attempt; each of its streams takes a `stream()` of its own. */
export class Mask {
  /** Longest first, so that what overlaps is found in full. */
  readonly #forms: readonly Buffer[];
  readonly #longest: number;

  constructor(secrets: Iterable<string>) {
    const forms = new Set<string>();
    for (const secret of secrets) for (const form of formsOf(secret)) forms.add(form.toString('latin1'));
    this.#forms = [...forms].map((form) => Buffer.from(form, 'latin1')).sort((a, b) => b.length - a.length);
    this.#longest = this.#forms[0]?.length ?? 0;
  }

  get isEmpty(): boolean {
    return this.#forms.length === 0;
  }

  /** A text that is known as a whole, such as an error's message. */
  text(text: string): string {
    if (this.isEmpty) return text;
    const bytes = Buffer.from(text);
    return this.#replace(bytes, this.#ranges(bytes), bytes.length).toString();
  }

  isIn(bytes: Buffer): boolean {
    return this.#forms.some((form) => bytes.includes(form));
  }

  stream(): MaskedStream {
    let held: Buffer = Buffer.alloc(0);
    return {
      push: (chunk) => {
        if (this.isEmpty) return chunk;
        const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const ranges = this.#ranges(bytes);
        const upTo = this.#safeUpTo(bytes, ranges);
        held = Buffer.from(bytes.subarray(upTo));
        return this.#replace(bytes, ranges, upTo);
      },
      end: () => {
        const bytes = held;
        held = Buffer.alloc(0);
        return this.#replace(bytes, this.#ranges(bytes), bytes.length);
      },
    };
  }

  /** Where secrets stand, merged where they overlap or touch, in order. */
  #ranges(bytes: Buffer): [number, number][] {
    const found: [number, number][] = [];
    for (const form of this.#forms)
      for (let at = bytes.indexOf(form); at >= 0; at = bytes.indexOf(form, at + 1)) found.push([at, at + form.length]);
    found.sort((a, b) => a[0] - b[0]);
    const merged: [number, number][] = [];
    for (const [from, to] of found) {
      const last = merged.at(-1);
      if (last && from < last[1]) last[1] = Math.max(last[1], to);
      else merged.push([from, to]);
    }
    return merged;
  }

  /** Up to where nothing that is still to come can turn these bytes into a secret. */
  #safeUpTo(bytes: Buffer, ranges: readonly [number, number][]): number {
    let upTo = bytes.length;
    for (const form of this.#forms) {
      const first = form[0];
      for (let from = Math.max(0, bytes.length - form.length + 1); from < upTo; from++) {
        if (bytes[from] !== first) continue;
        if (bytes.compare(form, 0, bytes.length - from, from, bytes.length) === 0) {
          upTo = from;
          break;
        }
      }
    }
    const across = ranges.find(([from, to]) => from < upTo && to > upTo);
    // A secret that repeats without end overlaps itself without end; enough of it is a secret for sure.
    if (across && bytes.length - across[0] <= 4 * this.#longest) return across[0];
    return upTo;
  }

  #replace(bytes: Buffer, ranges: readonly [number, number][], upTo: number): Buffer {
    const parts: Buffer[] = [];
    let at = 0;
    for (const [from, to] of ranges) {
      if (from >= upTo) break;
      parts.push(bytes.subarray(at, from), stars);
      at = Math.min(to, upTo);
    }
    if (at === 0) return bytes.subarray(0, upTo);
    parts.push(bytes.subarray(at, upTo));
    return Buffer.concat(parts);
  }
}

export interface MaskedStream {
  /** What may be passed on now. */
  push(chunk: Buffer): Buffer;
  /** The rest, once nothing follows. */
  end(): Buffer;
}

function* formsOf(secret: string): Generator<Buffer> {
  if (secret.length < shortestValue) return;
  const lines = secret.split(/\r?\n/).map((line) => line.trim());
  const texts = new Set([
    secret,
    secret.trim(),
    ...(lines.length > 1 ? lines.filter((line) => line.length >= shortestForm) : []),
  ]);
  for (const text of texts) {
    if (text.length < shortestValue) continue;
    yield Buffer.from(text);
    for (const form of encodingsOf(text)) if (form.length >= shortestForm) yield Buffer.from(form);
  }
}

function* encodingsOf(text: string): Generator<string> {
  const bytes = Buffer.from(text);
  yield bytes.toString('hex');
  yield bytes.toString('hex').toUpperCase();
  for (const form of base64Of(bytes)) {
    yield form;
    yield form.replaceAll('+', '-').replaceAll('/', '_');
  }
  const percent = encodeURIComponent(text.toWellFormed());
  yield percent;
  yield percent.replaceAll('%20', '+');
  yield new URLSearchParams({ s: text }).toString().slice(2);
  yield percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  // Everything but letters and digits, as careful encoders do.
  yield percent.replace(/[!'()*~._-]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  yield JSON.stringify(text).slice(1, -1);
  yield asciiJson(text);
  yield JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/');
  yield xmlOf(text, '&apos;');
  yield xmlOf(text, '&#39;');
  yield xmlOf(text, '&#x27;');
  yield text.replaceAll("'", "'\\''");
  yield text.replaceAll("'", `'"'"'`);
  yield text.replace(/[^\w@%+=:,./-]/g, '\\$&');
  yield text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n');
}

const asciiJson = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

const xmlOf = (text: string, apostrophe: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", apostrophe);

/** The characters that stand in base64 wherever the value stands in what is encoded: one form for each of three offsets. */
function* base64Of(bytes: Buffer): Generator<string> {
  for (let offset = 0; offset < 3; offset++) {
    const whole = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
    const encoded = whole.replaceAll('=', '');
    const from = Math.ceil((offset * 8) / 6);
    const to = Math.floor(((offset + bytes.length) * 8) / 6);
    yield encoded.slice(from, to);
    // Where the value ends what is encoded, its last bits and the padding follow.
    yield encoded.slice(from);
    yield whole.slice(from);
  }
}
