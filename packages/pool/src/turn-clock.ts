import type { Clock, TimerOptions } from '@sock/core/timing';

/**
 * The time of a pool in which nobody measures anything: whole milliseconds, which may stand still for the rest of a turn of the event loop. Nothing happens by the
 * clock within a turn, and to ask for the time costs more than the rest of an acquire.
 */
export class TurnClock implements Clock {
  /** The same time, but never standing still. */
  readonly running: Clock;
  readonly #clock: Clock;
  #time = 0;
  #held = false;
  #paused = false;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.running = {
      now: () => Math.trunc(clock.now()),
      after: (milliseconds, run, options) => clock.after(milliseconds, run, options),
    };
  }

  now(): number {
    // A number with a fraction is an object of its own wherever it is kept.
    return this.#held || this.#paused ? this.#time : Math.trunc(this.#clock.now());
  }

  after(milliseconds: number, run: () => void, options?: TimerOptions): () => void {
    return this.#clock.after(milliseconds, run, options);
  }

  /** The time stands still until {@link release}, which is to come in the next turn. */
  hold(): void {
    this.#time = this.now();
    this.#held = true;
  }

  release(): void {
    this.#held = false;
  }

  /** The time stands still until what is to run next in this turn has run: those who are served there would ask for it, each of them twice. */
  pause(): void {
    if (this.#held || this.#paused) return;
    this.#time = this.now();
    this.#paused = true;
    void NEXT.then(this.#goOn);
  }

  readonly #goOn = (): void => {
    this.#paused = false;
  };
}

/** For time-outs, and for the timers that serve them: a program may work for long within one turn, and what it then asks for gets all of its time. */
export function runningClock(clock: Clock): Clock {
  return clock instanceof TurnClock ? clock.running : clock;
}

const NEXT: Promise<void> = /*#__PURE__*/ Promise.resolve();
