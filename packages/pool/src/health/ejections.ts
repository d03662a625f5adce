import type { HealthLimits } from './health-section.ts';

/**
 * How often in a row an endpoint was ejected, and so for how long it is the next time: `min(maxEjection, baseEjection × 2^(n − 1))`, shortened by chance.
 *
 * As in Envoy's outlier detection, each `maxEjection` of health takes one back, and what has reached the longest time counts no further:
 * an endpoint that was down for a day is forgiven as soon as one that was down for minutes.
 */
export class Ejections {
  readonly #limits: HealthLimits;
  readonly #random: () => number;
  #inRow = 0;
  /** Since when it has been healthy; none while it is ejected, or tried. */
  #healthySince: number | undefined;

  constructor(limits: HealthLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** One more. The answer: how long it lasts, in milliseconds. */
  next(now: number): number {
    const { baseEjection, maxEjection, jitter } = this.#limits;
    const before = this.inRow(now);
    this.#healthySince = undefined;
    const longest = before > 0 && baseEjection * 2 ** (before - 1) >= maxEjection;
    this.#inRow = longest ? before : before + 1;
    const full = Math.min(maxEjection, baseEjection * 2 ** (this.#inRow - 1));
    return full * (1 - (jitter / 100) * this.#random());
  }

  /** It is over, and the endpoint is well. */
  recovered(now: number): void {
    this.#healthySince = now;
  }

  /** Ejections in a row, less those that health has taken back. */
  inRow(now: number): number {
    if (this.#healthySince === undefined) return this.#inRow;
    return Math.max(0, this.#inRow - Math.max(0, Math.floor((now - this.#healthySince) / this.#limits.maxEjection)));
  }
}
