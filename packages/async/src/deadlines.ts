import type { Clock, Due } from '@sock/core/timing';
import { TimerQueue } from '@sock/core/timing';

/** Something that is to happen at a time. */
export interface Deadline extends Due {
  readonly run: () => void;
}

/** All deadlines of a queue. Each touches what it stands for and nothing else. */
export class Deadlines {
  readonly #clock: Clock;
  readonly #timers: TimerQueue<Deadline>;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#timers = new TimerQueue(clock, (deadline) => deadline.run());
  }

  add(milliseconds: number, run: () => void): Deadline {
    const deadline: Deadline = { at: this.#clock.now() + milliseconds, order: 0, place: -1, run };
    this.#timers.add(deadline);
    return deadline;
  }

  remove(deadline: Deadline): void {
    this.#timers.remove(deadline);
  }
}
