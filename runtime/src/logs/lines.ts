/** Decides where the lines of one stream end: whole lines are passed on, an endless one is cut, and told how much is missing. */
export class LineCutter {
  readonly #longest: number;
  #open: Buffer[] = [];
  #openBytes = 0;
  /** Of the line that is open: what was passed on already, and what was left out. */
  #passedBytes = 0;
  #leftOutBytes = 0;

  constructor(longestBytes: number) {
    this.#longest = longestBytes;
  }

  /** The whole lines that are complete now. */
  push(bytes: Buffer): Buffer {
    if (bytes.length > this.#longest) {
      const parts: Buffer[] = [];
      for (let at = 0; at < bytes.length; at += this.#longest)
        parts.push(this.push(bytes.subarray(at, at + this.#longest)));
      return Buffer.concat(parts);
    }
    // No line that begins in so short a piece can be too long, so that only the one that is open already has to be looked at.
    if (bytes.length === 0 || this.#passedBytes + this.#openBytes + bytes.length <= this.#longest)
      return this.#takeShort(bytes);
    const end = bytes.indexOf(10);
    if (end < 0) {
      this.#addToLine(bytes);
      return Buffer.alloc(0);
    }
    this.#addToLine(bytes.subarray(0, end));
    return Buffer.concat([...this.#endLine(), this.#takeShort(bytes.subarray(end + 1))]);
  }

  #takeShort(bytes: Buffer): Buffer {
    const end = bytes.lastIndexOf(10);
    if (bytes.length === 0) return bytes;
    if (end < 0) {
      this.#open.push(bytes);
      this.#openBytes += bytes.length;
      return Buffer.alloc(0);
    }
    const whole = bytes.subarray(0, end + 1);
    const parts = [...this.#open, whole];
    const rest = bytes.subarray(end + 1);
    this.#open = rest.length > 0 ? [rest] : [];
    this.#openBytes = rest.length;
    this.#passedBytes = 0;
    return parts.length === 1 ? whole : Buffer.concat(parts);
  }

  #addToLine(bytes: Buffer): void {
    const room = Math.max(0, this.#longest - this.#passedBytes - this.#openBytes);
    const kept = bytes.subarray(0, room);
    if (kept.length > 0) this.#open.push(kept);
    this.#openBytes += kept.length;
    this.#leftOutBytes += bytes.length - kept.length;
  }

  #endLine(): Buffer[] {
    const note = this.#leftOutBytes > 0 ? ` [drawloom] ${this.#leftOutBytes} bytes of this line are left out.` : '';
    const parts = [...this.#open, Buffer.from(`${note}\n`)];
    this.#open = [];
    this.#openBytes = 0;
    this.#passedBytes = 0;
    this.#leftOutBytes = 0;
    return parts;
  }

  get isOpen(): boolean {
    return this.#openBytes > 0;
  }

  /** What there is of a line that has not ended yet. */
  partial(): Buffer {
    const bytes = Buffer.concat(this.#open);
    this.#open = [];
    this.#openBytes = 0;
    this.#passedBytes += bytes.length;
    return bytes;
  }

  /** The last line, when nothing ended it. */
  end(): Buffer {
    if (this.#leftOutBytes > 0) return Buffer.concat(this.#endLine());
    return this.partial();
  }
}
