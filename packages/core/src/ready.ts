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
  #one: ((ready: ReadyMask) => void) | undefined;
  #more: Set<(ready: ReadyMask) => void> | undefined;

  on(listener: (ready: ReadyMask) => void): () => void {
    // Nearly every object has one listener: no Set for it. Each call is a registration of its own, so a wrapper stands in for it.
    const entry = (ready: ReadyMask): void => listener(ready);
    if (this.#one === undefined) this.#one = entry;
    else (this.#more ??= new Set()).add(entry);
    return () => {
      if (this.#one === entry) this.#one = undefined;
      else this.#more?.delete(entry);
    };
  }

  /** Whether anybody listens: computing a mask for nobody is a cost per chunk. */
  get heard(): boolean {
    return this.#one !== undefined || (this.#more !== undefined && this.#more.size > 0);
  }

  emit(ready: ReadyMask): void {
    this.#one?.(ready);
    if (this.#more === undefined || this.#more.size === 0) return;
    // Those of now: one that leaves and comes again inside its call would be called for ever.
    const listeners = [...this.#more];
    for (const listener of listeners) if (this.#more.has(listener)) listener(ready);
  }
}
