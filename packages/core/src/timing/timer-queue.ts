import { Alarm } from './alarm.ts';
import type { Clock, TimerOptions } from './clock.ts';
import type { Due } from './due-heap.ts';
import { DueHeap } from './due-heap.ts';

/**
 * Many things that are each due at a time of their own, under one timer of the runtime, which runs only while there are any.
 *
 * @example
 * const timers = new TimerQueue<Waiter>(systemClock, (waiter) => waiter.timedOut());
 * timers.add(waiter); // waiter.at is when
 */
export class TimerQueue<T extends Due> {
  readonly #heap = new DueHeap<T>();
  readonly #alarm: Alarm;
  readonly #run: (item: T, now: number) => void;

  /** @param run - hears of each item that is due, with the time; it is out of the queue by then, and may be added again for a later time */
  constructor(clock: Clock, run: (item: T, now: number) => void, options?: TimerOptions) {
    this.#run = run;
    this.#alarm = new Alarm(clock, (now) => this.#ring(now), options);
  }

  /** How many are inside. */
  get length(): number {
    return this.#heap.length;
  }

  /** Adds one that is in no queue, for the time that it has in `at`. */
  add(item: T): void {
    this.#heap.add(item);
    this.#alarm.by(item.at);
  }

  /** Takes one out. False when it is not inside. */
  remove(item: T): boolean {
    const removed = this.#heap.remove(item);
    // A timer that rings too early costs less than a new one; but none may keep a program alive that has nothing to wait for.
    if (this.#heap.length === 0) this.#alarm.stop();
    return removed;
  }

  /** Adds it for `at`, in place of the time that was set before; `Infinity` = never. */
  move(item: T, at: number): void {
    if (at === Infinity) {
      this.remove(item);
      item.at = at;
      return;
    }
    this.#heap.remove(item);
    item.at = at;
    this.add(item);
  }

  #ring(now: number): void {
    try {
      for (let item = this.#heap.shift(now); item !== undefined; item = this.#heap.shift(now)) this.#run(item, now);
    } finally {
      // One that throws must not stop the others.
      this.#alarm.by(this.#heap.peek()?.at ?? Infinity);
    }
  }
}
