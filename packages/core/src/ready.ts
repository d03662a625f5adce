import type { ReadyMask } from './transport.ts';

/** A receive would not wait: bytes, the end or a failure can be had. */
export const READABLE = 1;
/** A send would take at least one byte. */
export const WRITABLE = 2;
/** It failed; the next receive or send tells why. */
export const ERROR = 4;
/** It is closed: nothing arrives and nothing leaves any more. Bytes received before may still be read. */
export const HANGUP = 8;
/** The peer has finished sending. Bytes received before may still be read. */
export const ENDED = 16;

/** The listeners of one {@link Pollable}, for those who implement one. */
export class ReadySignal {
  /** Nearly every object has one listener: no Map for it. */
  #one: ((ready: ReadyMask) => void) | undefined;
  #stopOne: (() => void) | undefined;
  #more: Map<() => void, (ready: ReadyMask) => void> | undefined;

  /** Calls `listener` at each {@link emit}, until the function that comes back is called. */
  on(listener: (ready: ReadyMask) => void): () => void {
    // Each call is a registration of its own, also of the same listener: what ends it stands for it.
    const stop = (): void => {
      if (this.#stopOne === stop) this.#one = this.#stopOne = undefined;
      else this.#more?.delete(stop);
    };
    if (this.#one === undefined) {
      this.#one = listener;
      this.#stopOne = stop;
    } else (this.#more ??= new Map()).set(stop, listener);
    return stop;
  }

  /** Whether anybody listens: computing a mask for nobody is a cost per chunk. */
  get heard(): boolean {
    return this.#one !== undefined || (this.#more?.size ?? 0) > 0;
  }

  /** Calls all listeners. */
  emit(ready: ReadyMask): void {
    this.#one?.(ready);
    if (this.#more === undefined) return;
    // Those of now: one that leaves and comes again inside its call would be called for ever.
    const now = Array.from(this.#more);
    for (const [stop, listener] of now) if (this.#more.has(stop)) listener(ready);
  }
}
