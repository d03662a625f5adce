import type { Clock, Due } from '@sock/core/timing';
import { Alarm, DueHeap } from '@sock/core/timing';

/** Something that is to happen at a time. */
export interface Deadline extends Due {
  readonly run: () => void;
}

/** All deadlines of a queue, under one timer of the runtime, which runs only while there are any. Each touches what it stands for and nothing else. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #heap = new DueHeap<Deadline>();
  readonly #alarm: Alarm;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#alarm = new Alarm(clock, (now) => this.#serve(now));
  }

  add(milliseconds: number, run: () => void): Deadline {
    const deadline: Deadline = { at: this.#clock.now() + milliseconds, order: 0, place: -1, run };
    this.#heap.add(deadline);
    this.#alarm.by(deadline.at);
    return deadline;
  }

  remove(deadline: Deadline): void {
    this.#heap.remove(deadline);
    // A timer that rings too early costs less than a new one; but none may keep a program alive that has nothing to wait for.
    if (this.#heap.length === 0) this.#alarm.stop();
  }

  #serve(now: number): void {
    for (let first = this.#heap.shift(now); first !== undefined; first = this.#heap.shift(now)) first.run();
    const next = this.#heap.peek();
    if (next !== undefined) this.#alarm.by(next.at);
  }
}
