import type { Backoff } from '@sock/core/retry';

/** The waits between dials that fail. */
export class DialBackoff {
  readonly #backoff: Backoff;
  readonly #maxMs: number;
  #waitMs = 0;
  /** No dial before; 0, or a time that has passed, when none has to wait. */
  at = 0;
  /** Failures in a row. */
  failures = 0;

  /** @param maxMs - the wait in place of one that is no number of milliseconds from 0 on */
  constructor(backoff: Backoff, maxMs: number) {
    this.#backoff = backoff;
    this.#maxMs = maxMs;
  }

  /**
   * A dial failed.
   *
   * @param beganAt - dials that were under way together fail together: what began before the last wait was over makes the next one no longer
   */
  failed(now: number, beganAt: number): void {
    if (now < this.at) return;
    if (this.failures === 0 || beganAt >= this.at) this.failures += 1;
    const waitMs = this.#backoff(this.failures, this.#waitMs);
    this.#waitMs = Number.isFinite(waitMs) && waitMs >= 0 ? waitMs : this.#maxMs;
    this.at = now + this.#waitMs;
  }

  /** A dial went well. */
  succeeded(): void {
    this.at = this.failures = this.#waitMs = 0;
  }
}
