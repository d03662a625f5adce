/** What a {@link TimerHeap} holds. */
export interface Timed {
  /** When it is due; not to be changed while it is inside. */
  at: number;
  /** Kept by the heap: its place, -1 = not inside. */
  place: number;
}

/** Timers in the order in which they are due; adding and taking out, at any place, cost the logarithm of their number. */
export class TimerHeap<T extends Timed> {
  readonly #items: T[] = [];

  get length(): number {
    return this.#items.length;
  }

  /** When the first is due; Infinity for none. */
  get next(): number {
    return this.#items[0]?.at ?? Infinity;
  }

  add(item: T): void {
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
      if (parent.at <= item.at) break;
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
      if (right !== undefined && right.at < left.at) below += 1;
      const child = this.#items[below] as T;
      if (child.at >= item.at) break;
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
