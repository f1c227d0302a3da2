// Decides when slots are prepared: ahead of need, but not while attempts that just started want the CPU.

import type { LiveSlot, SlotSpec } from './slot.ts';

/** Refilling waits for this long a pause in taking: a fork beside a burst of short attempts makes each of them slower. */
const quietMs = 15;

interface Shelf {
  spec: SlotSpec;
  wanted: number;
  parked: LiveSlot[];
  coming: Set<LiveSlot>;
  waiting: { resolve(slot: LiveSlot): void; reject(error: Error): void }[];
  refill: NodeJS.Timeout | undefined;
}

export class Pool {
  readonly #spawn: (spec: SlotSpec) => LiveSlot;
  readonly #shelves = new Map<string, Shelf>();
  readonly #leaving = new Set<Promise<void>>();
  #closed = false;

  constructor(spawn: (spec: SlotSpec) => LiveSlot) {
    this.#spawn = spawn;
  }

  prepare(spec: SlotSpec, count: number): void {
    const shelf = this.#shelf(spec);
    shelf.wanted = count;
    while (shelf.parked.length > count) this.#discard(shelf.parked.pop());
    this.#fill(shelf);
  }

  parked(spec: SlotSpec): number {
    return this.#shelf(spec).parked.length;
  }

  get parkedInAll(): number {
    return [...this.#shelves.values()].reduce((sum, { parked }) => sum + parked.length, 0);
  }

  async take(spec: SlotSpec): Promise<LiveSlot> {
    const shelf = this.#shelf(spec);
    const slot = shelf.parked.shift();
    if (slot !== undefined) {
      this.#fillSoon(shelf);
      return slot;
    }
    const { promise, resolve, reject } = Promise.withResolvers<LiveSlot>();
    shelf.waiting.push({ resolve, reject });
    this.#fill(shelf);
    return promise;
  }

  close(): void {
    this.#closed = true;
    for (const shelf of this.#shelves.values()) {
      clearTimeout(shelf.refill);
      for (const one of shelf.waiting.splice(0)) one.reject(new Error('The sandbox host has stopped.'));
      for (const slot of shelf.parked.splice(0)) this.#discard(slot);
      for (const slot of shelf.coming) this.#discard(slot);
    }
  }

  /** Once everything discarded is gone. */
  async emptied(): Promise<void> {
    await Promise.allSettled(this.#leaving);
  }

  #shelf(spec: SlotSpec): Shelf {
    const key = JSON.stringify(spec);
    let shelf = this.#shelves.get(key);
    if (shelf === undefined) {
      shelf = { spec, wanted: 0, parked: [], coming: new Set(), waiting: [], refill: undefined };
      this.#shelves.set(key, shelf);
    }
    return shelf;
  }

  #fillSoon(shelf: Shelf): void {
    clearTimeout(shelf.refill);
    // Nearly out: to wait would cost the next attempt more than it spares this one.
    if (shelf.parked.length * 4 <= shelf.wanted) this.#fill(shelf);
    else shelf.refill = setTimeout(() => this.#fill(shelf), quietMs);
  }

  #fill(shelf: Shelf): void {
    while (
      !this.#closed &&
      shelf.parked.length + shelf.coming.size < Math.max(shelf.wanted, 0) + shelf.waiting.length
    ) {
      let slot: LiveSlot;
      try {
        slot = this.#spawn(shelf.spec);
      } catch (error) {
        shelf.waiting.shift()?.reject(error as Error); // no folder or no user to be had; others may come back
        return;
      }
      shelf.coming.add(slot);
      slot.parked.then(
        () => this.#arrived(shelf, slot),
        (error: Error) => this.#failed(shelf, slot, error),
      );
    }
  }

  #arrived(shelf: Shelf, slot: LiveSlot): void {
    shelf.coming.delete(slot);
    if (this.#closed) return;
    // A parked process can be ended from outside, by the kernel when memory is short: then it must not be handed out.
    void slot.exited.then(() => {
      const at = shelf.parked.indexOf(slot);
      if (at === -1) return;
      shelf.parked.splice(at, 1);
      this.#discard(slot);
      this.#fillSoon(shelf);
    });
    const next = shelf.waiting.shift();
    if (next !== undefined) next.resolve(slot);
    else if (shelf.parked.length < shelf.wanted) shelf.parked.push(slot);
    else this.#discard(slot);
  }

  /** Whoever waits is told why. Nobody waiting: preparing rests until asked for again, or it would fail in a circle. */
  #failed(shelf: Shelf, slot: LiveSlot, error: Error): void {
    shelf.coming.delete(slot);
    this.#discard(slot);
    shelf.waiting.shift()?.reject(error);
  }

  #discard(slot: LiveSlot | undefined): void {
    if (slot === undefined) return;
    const leaving = slot.release().catch(() => {});
    this.#leaving.add(leaving);
    void leaving.finally(() => this.#leaving.delete(leaving));
  }
}
