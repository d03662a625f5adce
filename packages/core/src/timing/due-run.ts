import type { Due } from './due-heap.ts';

/**
 * Things that came in the order in which they are due, as time-outs of one length do: a ring, in which adding and taking out cost the same at any length.
 * One that is taken out of the middle leaves a hole, until those before it have left.
 */
export class DueRun<T extends Due> {
  #slots: (T | undefined)[] = [];
  #head = 0;
  /** From the first to the last, with the holes between them; neither of the two is a hole. */
  #span = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get first(): T | undefined {
    return this.#span === 0 ? undefined : this.#slots[this.#head];
  }

  get last(): T | undefined {
    return this.#span === 0 ? undefined : this.#slots[this.#at(this.#span - 1)];
  }

  /** Adds one that is due no earlier than the last. */
  push(item: T): void {
    if (this.#span === this.#slots.length) this.#makeRoom();
    const slot = this.#at(this.#span);
    this.#slots[slot] = item;
    // Below -1, which is in none.
    item.place = -2 - slot;
    this.#span += 1;
    this.#length += 1;
  }

  /** False when it is not inside. */
  remove(item: T): boolean {
    const slot = -2 - item.place;
    if (slot < 0 || this.#slots[slot] !== item) return false;
    this.#slots[slot] = undefined;
    item.place = -1;
    this.#length -= 1;
    for (; this.#span > 0 && this.#slots[this.#head] === undefined; this.#span -= 1) this.#head = this.#at(1);
    while (this.#span > 0 && this.#slots[this.#at(this.#span - 1)] === undefined) this.#span -= 1;
    return true;
  }

  /** Their number is a power of two. */
  #at(index: number): number {
    return (this.#head + index) & (this.#slots.length - 1);
  }

  /** Twice as many slots, or the holes closed when they are half of it. */
  #makeRoom(): void {
    const old = this.#slots;
    const size = this.#length * 2 > old.length ? old.length * 2 : Math.max(old.length, 8);
    const slots = Array.from({ length: size }, (): T | undefined => undefined);
    let count = 0;
    for (let index = 0; index < this.#span; index += 1) {
      const item = old[this.#at(index)];
      if (item === undefined) continue;
      slots[count] = item;
      item.place = -2 - count;
      count += 1;
    }
    this.#slots = slots;
    this.#head = 0;
    this.#span = count;
  }
}
