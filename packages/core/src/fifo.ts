interface Link<T> {
  readonly item: T;
  next: Link<T> | undefined;
}

/**
 * A first-in-first-out queue whose `shift` costs the same at any length and keeps no reference to what left. A chain: every socket has several,
 * nearly always empty or with one item, and an array keeps the memory of what it once held.
 */
export class Fifo<T> {
  #first: Link<T> | undefined;
  #last: Link<T> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    const link: Link<T> = { item, next: undefined };
    if (this.#last === undefined) this.#first = link;
    else this.#last.next = link;
    this.#last = link;
    this.#length += 1;
  }

  peek(): T | undefined {
    return this.#first?.item;
  }

  shift(): T | undefined {
    const link = this.#first;
    if (link === undefined) return undefined;
    this.#first = link.next;
    if (link.next === undefined) this.#last = undefined;
    this.#length -= 1;
    return link.item;
  }

  /** Takes `item` out wherever it stands. Costs its distance from the head; meant for rare cancels. */
  remove(item: T): boolean {
    let before: Link<T> | undefined;
    for (let link = this.#first; link !== undefined; before = link, link = link.next) {
      if (link.item !== item) continue;
      if (before === undefined) this.#first = link.next;
      else before.next = link.next;
      if (link.next === undefined) this.#last = before;
      this.#length -= 1;
      return true;
    }
    return false;
  }

  /** Empties it and returns what was inside, in order. */
  drain(): T[] {
    const items: T[] = [];
    for (let link = this.#first; link !== undefined; link = link.next) items.push(link.item);
    this.#first = this.#last = undefined;
    this.#length = 0;
    return items;
  }
}
