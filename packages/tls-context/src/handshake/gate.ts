import type { Cancel, Endpoint } from '@sock/core';
import { wait } from '@sock/core';

/** Lets so many handshakes run at a time; the others wait their turn, the first first. */
export class HandshakeGate {
  readonly #waiting = new Set<() => void>();
  #running = 0;
  #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  /** A higher one lets those in that wait; a lower one sends nobody away. */
  set limit(limit: number) {
    this.#limit = limit;
    for (const enter of [...this.#waiting].slice(0, Math.max(0, limit - this.#running))) {
      this.#running += 1;
      this.#waiting.delete(enter);
      enter();
    }
  }

  /** Handshakes under way. */
  get running(): number {
    return this.#running;
  }

  /** A place, when one is free; else `undefined`. Without a promise: nearly every handshake finds one. */
  tryEnter(): (() => void) | undefined {
    if (this.#running >= this.limit) return undefined;
    this.#running += 1;
    return this.#place();
  }

  /**
   * Waits for a place.
   *
   * @returns what gives it back; a second call does nothing
   * @throws `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
   */
  async enter(cancel: Cancel, endpoint: Endpoint | undefined): Promise<() => void> {
    const free = this.tryEnter();
    if (free !== undefined) return free;
    // Whoever leaves hands its place on: the count stays as it is.
    await wait<void>(cancel, { phase: 'handshake', what: `wait for a place among ${this.limit} handshakes (maxHandshakes)`, endpoint }, (resolve) => {
      const enter = (): void => resolve();
      this.#waiting.add(enter);
      return () => void this.#waiting.delete(enter);
    });
    return this.#place();
  }

  /** What gives a place back that is taken. */
  #place(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#leave();
    };
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next === undefined || this.#running > this.limit) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
