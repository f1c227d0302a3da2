// Decides which user an attempt runs as where the worker is root: one per slot, so that none can signal or count with another.

/** A range that distributions leave free, small enough to exist inside a container's own user mapping. */
export const uidRange = { first: 60578, end: 61184 } as const;

export class Uids {
  readonly #free: number[] = [];

  constructor(range: { first: number; end: number } = uidRange) {
    for (let uid = range.end - 1; uid >= range.first; uid--) this.#free.push(uid);
  }

  take(): number {
    const uid = this.#free.pop();
    if (uid === undefined) throw new Error('No user is free for another attempt: release finished slots first.');
    return uid;
  }

  /** Goes to the far end of the line, so that a freed user rests as long as possible. */
  giveBack(uid: number): void {
    this.#free.unshift(uid);
  }
}

/** Shared by all hosts of this worker: two hosts must not give the same user to two attempts. */
export const workerUids = new Uids();
