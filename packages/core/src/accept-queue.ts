import { closedError } from './close.ts';
import type { Cancel } from './connector.ts';
import { unhurried, wait } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import { Fifo } from './fifo.ts';
import { HANGUP, READABLE, ReadySignal } from './ready.ts';
import type { Pollable, ReadyMask } from './transport.ts';

interface Waiter<T> {
  resolve(item: T): void;
  reject(error: unknown): void;
}

/**
 * Where accepted connections wait for `accept()`, and calls of `accept()` for connections; bounded. For those who implement a
 * listener.
 */
export class AcceptQueue<T> implements Pollable {
  readonly #endpoint: () => Endpoint;
  readonly #limit: number;
  readonly #onTaken: (() => void) | undefined;
  readonly #items = new Fifo<T>();
  readonly #waiters = new Fifo<Waiter<T>>();
  readonly #signal = new ReadySignal();
  #closed = false;

  /**
   * @param limit - connections that may wait; more are refused by {@link offer}
   * @param onTaken - called when one that waited was accepted: there is room again
   */
  constructor(limit: number, endpoint: () => Endpoint, onTaken?: () => void) {
    this.#limit = limit;
    this.#endpoint = endpoint;
    this.#onTaken = onTaken;
  }

  /** Sockets that wait. */
  get length(): number {
    return this.#items.length;
  }

  /** {@link offer} would refuse. */
  get full(): boolean {
    return this.#closed || (this.#waiters.length === 0 && this.#items.length >= this.#limit);
  }

  /** Resolves when it is closed; see `Closable`. */
  get closed(): boolean {
    return this.#closed;
  }

  /** `READABLE`: an accept would not wait, for a connection is there or the listener is closed; `HANGUP`: it is closed. */
  get ready(): ReadyMask {
    if (this.#closed) return READABLE | HANGUP;
    return this.#items.length > 0 ? READABLE : 0;
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  /** Gives a connection to the first that waits, or keeps it; false when there is no room, or no one any more. */
  offer(item: T): boolean {
    if (this.full) return false;
    const waiter = this.#waiters.shift();
    if (waiter !== undefined) {
      waiter.resolve(item);
      return true;
    }
    this.#items.push(item);
    this.#signal.emit(READABLE);
    return true;
  }

  /** @throws `ERR_SOCK_CLOSED` when the listener is closed, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED` */
  accept(cancel?: Cancel): Promise<T> {
    if (this.#closed) return Promise.reject(this.#closedError());
    if (this.#items.length > 0 && unhurried(cancel)) return Promise.resolve(this.#take() as T);
    return wait<T>(cancel, { phase: 'accept', endpoint: this.#endpoint() }, (resolve, reject) => {
      // Reached with something waiting when the options had to be checked first.
      const ready = this.#take();
      if (ready !== undefined) return resolve(ready);
      const waiter = { resolve, reject };
      this.#waiters.push(waiter);
      return () => void this.#waiters.remove(waiter);
    });
  }

  /** Takes out what nobody would want any more, to make room. */
  prune(isDead: (item: T) => boolean): void {
    for (const item of this.#items.drain()) if (!isDead(item)) this.#items.push(item);
  }

  /** Refuses everything from now on; returns what had not been accepted. */
  close(): T[] {
    const first = !this.#closed;
    this.#closed = true;
    for (const waiter of this.#waiters.drain()) waiter.reject(this.#closedError());
    const left = this.#items.drain();
    if (first) this.#signal.emit(this.ready);
    return left;
  }

  /** Accepts until the close, which ends the iteration without an error. Leaving the loop takes no connection along. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    const left = new AbortController();
    const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
    return {
      next: async () => {
        if (this.#closed || left.signal.aborted) return end;
        try {
          return { done: false, value: await this.accept(left) };
        } catch (error) {
          if (this.#closed || left.signal.aborted) return end;
          throw error;
        }
      },
      return: async () => {
        left.abort();
        return end;
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  #take(): T | undefined {
    const item = this.#items.shift();
    if (item !== undefined) this.#onTaken?.();
    return item;
  }

  #closedError(): Error {
    return closedError('accept', 'the listener is closed', this.#endpoint());
  }
}
