/** A place of a half-open circuit, taken by one attempt. It is reported once: as a success, a failure, or neither. */
export interface Probe {
  /** When the place is given back, reported or not. */
  readonly expiresAt: number;
}

/**
 * One time in which a circuit is half-open: a few places, and as many successes that close it.
 *
 * A place that expires is free again. Its attempt may still report while the same trial lasts: it began when the circuit was half-open, so that what it
 * saw is as true as that of any other; an endpoint whose answers take longer than `probeTimeout` could else never come back.
 */
export class Trial {
  readonly #places: number;
  readonly #timeoutMs: number;
  /** Those that hold a place, in the order in which they expire. */
  readonly #held: Place[] = [];
  #successes = 0;

  constructor(places: number, timeoutMs: number) {
    this.#places = places;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether a place is free: no more are given than successes are wanting. */
  free(now: number): boolean {
    return this.held(now) + this.#successes < this.#places;
  }

  /** Takes a place. */
  take(now: number): Probe {
    const place: Place = { expiresAt: now + this.#timeoutMs, trial: this };
    this.#held.push(place);
    return place;
  }

  /** Places that are taken. */
  held(now: number): number {
    while (this.#held[0] !== undefined && this.#held[0].expiresAt <= now) this.#held.shift();
    return this.#held.length;
  }

  /** When the next place expires; `Infinity` when none is taken. */
  nextExpiry(now: number): number {
    return this.held(now) === 0 ? Infinity : (this.#held[0] as Place).expiresAt;
  }

  /** Takes the place back. The answer: whether the probe is of this trial, and was not reported before. */
  giveBack(probe: Probe | undefined): boolean {
    const place = probe as Place | undefined;
    if (place?.trial !== this) return false;
    place.trial = undefined;
    const index = this.#held.indexOf(place);
    if (index >= 0) this.#held.splice(index, 1);
    return true;
  }

  /** One more went well. The answer: whether these are enough. */
  passed(): boolean {
    this.#successes += 1;
    return this.#successes >= this.#places;
  }
}

interface Place extends Probe {
  /** The trial that waits for its report; none when it has been reported. */
  trial: Trial | undefined;
}
