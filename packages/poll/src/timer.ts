import type { Duration } from '@sock/config';
import { parseDuration } from '@sock/config';
import { PollError } from './errors.ts';
import { ReadyNode } from './ready-list.ts';

/** A timer of a poll: told as an event of a wait, and never early. */
export interface PollTimer {
  /** It will be told (again): not cancelled, and a one-shot was not told yet. */
  readonly active: boolean;
  /** No event comes of it any more, also when it is due already. False when it was not active. */
  cancel(): boolean;
  /**
   * Begins anew from now, whatever it was at: an idle time-out after each byte.
   *
   * @param delay - milliseconds or text; for a repeating timer its new period. Default: **that of before**
   * @throws `ERR_SOCK_POLL_CLOSED`, `ERR_SOCK_POLL_FULL` when others have its place, `ERR_SOCK_POLL_ARGUMENT`
   */
  restart(delay?: Duration): void;
}

/** What a timer asks of its poll. */
export interface TimerHost<T> {
  cancel(timer: Timer<T>): boolean;
  restart(timer: Timer<T>): void;
}

/** A timer, and its place among the others. */
export class Timer<T> extends ReadyNode implements PollTimer {
  readonly data: T;
  readonly repeats: boolean;
  /** When it is due, by the clock of the poll. */
  at = 0;
  order = 0;
  /** Its place in the heap; -1 when it is not there. */
  place = -1;
  active = true;
  delayMs: number;
  readonly #host: TimerHost<T>;

  constructor(delay: Duration, repeats: boolean, data: T, host: TimerHost<T>) {
    super();
    this.repeats = repeats;
    this.delayMs = delayOf(delay, repeats);
    this.data = data;
    this.#host = host;
  }

  cancel(): boolean {
    return this.#host.cancel(this);
  }

  restart(delay?: Duration): void {
    const delayMs = delay === undefined ? this.delayMs : delayOf(delay, this.repeats);
    const before = this.delayMs;
    this.delayMs = delayMs;
    try {
      this.#host.restart(this);
    } catch (error) {
      this.delayMs = before;
      throw error;
    }
  }

  /** In the list of those that are ready only once its time has come. */
  due(): boolean {
    return true;
  }

  /** Times that it was due by `now`, at least once; moves a repeating one on to its next. It keeps its beat however late it is told. */
  take(now: number): number {
    if (!this.repeats) return 1;
    const ticks = Math.max(1, Math.floor((now - this.at) / this.delayMs) + 1);
    this.at += ticks * this.delayMs;
    return ticks;
  }
}

function delayOf(delay: Duration, repeats: boolean): number {
  const milliseconds = parseDuration(delay);
  if (milliseconds > 0 || !repeats) return milliseconds;
  throw new PollError('ERR_SOCK_POLL_ARGUMENT', 'every() got a period of 0: it takes 1 ms or more, or the loop would never rest');
}
