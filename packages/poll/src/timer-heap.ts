/** What a {@link TimerHeap} holds. */
export interface Timed {
  /** When it is due; not to be changed while it is inside. */
  at: number;
  /** Kept by the heap: of two that are due at the same time, the one that was added first comes first. */
  order: number;
  /** Kept by the heap: its place, -1 = not inside. */
  place: number;
}

/** Timers in the order in which they are due; adding and taking out, at any place, cost the logarithm of their number. */
export class TimerHeap<T extends Timed> {
  readonly #items: T[] = [];
  #added = 0;

  get length(): number {
    return this.#items.length;
  }

  /** When the first is due; Infinity for none. */
  get next(): number {
    return this.#items[0]?.at ?? Infinity;
  }

  add(item: T): void {
    item.order = this.#added;
    this.#added += 1;
    this.#items.push(item);
    this.#rise(item, this.#items.length - 1);
  }

  remove(item: T): boolean {
    const { place } = item;
    if (place === -1) return false;
    item.place = -1;
    const last = this.#items.pop();
    if (last === undefined || last === item) return true;
    this.#rise(last, place);
    this.#sink(last, last.place);
    return true;
  }

  /** Takes out the first that is due by `now`. */
  shift(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.at > now) return undefined;
    this.remove(first);
    return first;
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
      let below = 2 * place + 1;
      const [left, right] = [this.#items[below], this.#items[below + 1]];
      if (left === undefined) break;
      if (right !== undefined && isBefore(right, left)) below += 1;
      const child = this.#items[below] as T;
      if (isBefore(item, child)) break;
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

function isBefore(one: Timed, other: Timed): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}
