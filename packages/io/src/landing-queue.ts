import type { Taker } from '@sock/core';
import { ReceiveQueue } from '@sock/core';
import { ownCopy } from './landing.ts';

/**
 * A receive queue whose newest bytes may lie where they landed, in memory that the next read of any connection overwrites. Whoever waits takes
 * them from there; only what stays gets memory of its own.
 */
export class LandingQueue extends ReceiveQueue {
  /** Who may take bytes while they lie there. */
  taker: Taker | undefined;
  #memory: Uint8Array | undefined;
  #start = 0;
  #end = 0;

  override get bytes(): number {
    return super.bytes + this.#end - this.#start;
  }

  /** `count` bytes have come into `memory`, which is lent for this call. */
  land(memory: Uint8Array, count: number): void {
    // What came earlier comes first.
    if (this.taker === undefined || super.bytes > 0) return this.push(ownCopy(memory, 0, count));
    this.#memory = memory;
    this.#end = count;
    this.taker.arrived();
    const left = this.#takeLanded();
    if (left !== undefined) this.push(left);
  }

  override shift(): Uint8Array | null {
    return this.#takeLanded() ?? super.shift();
  }

  override drain(): Uint8Array[] {
    const landed = this.#takeLanded();
    return landed === undefined ? super.drain() : [...super.drain(), landed];
  }

  /** Copies into `target` of what has just landed; 0 where nothing has. */
  shiftInto(target: Uint8Array): number {
    const memory = this.#memory;
    if (memory === undefined) return 0;
    const start = this.#start;
    const count = Math.min(target.length, this.#end - start);
    target.set(start === 0 && count === memory.length ? memory : memory.subarray(start, start + count));
    this.#start += count;
    if (this.#start === this.#end) this.#forget();
    return count;
  }

  #takeLanded(): Uint8Array | undefined {
    if (this.#memory === undefined) return undefined;
    const own = ownCopy(this.#memory, this.#start, this.#end);
    this.#forget();
    return own;
  }

  #forget(): void {
    this.#memory = undefined;
    this.#start = this.#end = 0;
  }
}
