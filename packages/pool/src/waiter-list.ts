import type { Waiter } from './waiter.ts';

/**
 * All who wait, in the order in which they came. No Set: it makes a new table again and again while they come and go, and each table that
 * has become old keeps the next one, with all that was inside, from being collected cheaply.
 */
export class WaiterList<T, D> {
  #oldest: Waiter<T, D> | undefined;
  #youngest: Waiter<T, D> | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Has waited for longest. */
  get oldest(): Waiter<T, D> | undefined {
    return this.#oldest;
  }

  add(waiter: Waiter<T, D>): void {
    waiter.older = this.#youngest;
    if (this.#youngest === undefined) this.#oldest = waiter;
    else this.#youngest.younger = waiter;
    this.#youngest = waiter;
    this.#length += 1;
  }

  /** Of one that is inside. */
  remove(waiter: Waiter<T, D>): void {
    const { older, younger } = waiter;
    if (older === undefined) this.#oldest = younger;
    else older.younger = younger;
    if (younger === undefined) this.#youngest = older;
    else younger.older = older;
    // Nothing that was answered holds on to those who wait.
    waiter.older = undefined;
    waiter.younger = undefined;
    waiter.answered = true;
    this.#length -= 1;
  }
}
