import type { Clock, TimerOptions } from './clock.ts';

/**
 * One timer of the runtime for the earliest of many moments. It rings at the moment that was asked for at the latest, and perhaps too
 * early: one that rings for nothing costs less than a new timer each time the first moment is taken back. So whoever hears it looks what
 * is due, and says {@link Alarm.by} again for what comes next.
 *
 * @example
 * const alarm = new Alarm(systemClock, (now) => {
 *   for (let item = heap.shift(now); item !== undefined; item = heap.shift(now)) item.run();
 *   alarm.by(heap.peek()?.at ?? Infinity);
 * });
 */
export class Alarm {
  readonly #clock: Clock;
  readonly #run: (now: number) => void;
  readonly #options: TimerOptions;
  #at = Infinity;
  #cancel: (() => void) | undefined;

  /** @param run - hears of each ring, with the time; the alarm is not set any more by then, and may be set inside */
  constructor(clock: Clock, run: (now: number) => void, options: TimerOptions = {}) {
    this.#clock = clock;
    this.#run = run;
    this.#options = options;
  }

  /** When it rings, by the clock; Infinity while it is not set. */
  get at(): number {
    return this.#at;
  }

  /** Makes sure that it rings at `at`, by the clock, at the latest. Nothing changes when it is set for then or earlier, and for `Infinity`. */
  by(at: number): void {
    if (!(at < this.#at)) return;
    this.#cancel?.();
    this.#at = at;
    this.#cancel = this.#clock.after(Math.max(0, at - this.#clock.now()), this.#ring, this.#options);
  }

  /** It rings no more, until it is set again. */
  stop(): void {
    this.#at = Infinity;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** Made once: alarms are set very often. */
  readonly #ring = (): void => {
    this.#at = Infinity;
    this.#cancel = undefined;
    this.#run(this.#clock.now());
  };
}
