import { DueRun } from './due-run.ts';

/** What a {@link DueHeap} holds. */
export interface Due {
  /** When it is due, or any other score by which they are ordered: the smallest comes first. Not to be changed while it is inside. */
  at: number;
  /** Kept by the heap: of two that are due at the same time, the one that was added first comes first. Begins as anything. */
  order: number;
  /** Kept by the heap: where it is inside, -1 = in none, which it begins with. In one heap at a time. */
  place: number;
}

/**
 * Things in the order in which they are due. Adding and taking out, at any place, cost the logarithm of their number, and nothing of it where they
 * come in that order already, as most do.
 */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];
  /** Those that came in order. */
  readonly #run = new DueRun<T>();
  #added = 0;

  /** How many are inside. */
  get length(): number {
    return this.#items.length + this.#run.length;
  }

  /** The first, which stays inside; `undefined` for none. */
  peek(): T | undefined {
    const top = this.#items[0];
    const { first } = this.#run;
    return top === undefined || (first !== undefined && isBefore(first, top)) ? first : top;
  }

  /** Adds one that is in no heap. */
  add(item: T): void {
    item.order = this.#added;
    this.#added += 1;
    const { last } = this.#run;
    if (last !== undefined && item.at < last.at) {
      // The last one goes out of the way: a single one that is due late must not keep all others out of the run.
      this.#run.remove(last);
      this.#push(last);
      const before = this.#run.last;
      if (before !== undefined && item.at < before.at) return this.#push(item);
    }
    this.#run.push(item);
  }

  /** Takes one out, wherever it stands. False when it is not inside. */
  remove(item: T): boolean {
    const { place } = item;
    if (place < -1) return this.#run.remove(item);
    if (place === -1 || this.#items[place] !== item) return false;
    item.place = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    this.#rise(last, place);
    this.#sink(last, last.place);
    return true;
  }

  /** Takes out the first that is due by `now`; by default the first of all. */
  shift(now: number = Infinity): T | undefined {
    const first = this.peek();
    if (first === undefined || first.at > now) return undefined;
    this.remove(first);
    return first;
  }

  #push(item: T): void {
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  #rise(item: T, from: number): void {
    let place = from;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = this.#items[above] as T;
      if (isBefore(parent, item)) break;
      this.#put(parent, place);
      place = above;
    }
    this.#put(item, place);
  }

  #sink(item: T, from: number): void {
    let place = from;
    for (;;) {
      const left = this.#items[2 * place + 1];
      const right = this.#items[2 * place + 2];
      const child = right !== undefined && left !== undefined && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(item, child)) break;
      const below = child.place;
      this.#put(child, place);
      place = below;
    }
    this.#put(item, place);
  }

  #put(item: T, place: number): void {
    this.#items[place] = item;
    item.place = place;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
