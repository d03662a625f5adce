import { checkNames, parseDuration } from '@sock/config';
import type { Cancel } from '@sock/core';
import { isSocketError, wait } from '@sock/core';
import { PoolError } from './errors.ts';
import type { DrainResult } from './pool.ts';
import type { PoolSettings } from './pool-options.ts';
import type { Stock } from './stock.ts';

/** What a {@link Draining} does to the other rooms. */
export interface DrainHooks {
  /** Ends all that waits or is on its way. */
  readonly begin: (error: () => Error) => void;
  /** All is over. */
  readonly end: () => void;
}

/** The one way out of `running`: to `draining`, and to `stopped`. */
export class Draining<T, D> {
  readonly closed: Promise<void>;
  readonly #settings: PoolSettings<T, D>;
  readonly #stock: Stock<T, D>;
  readonly #hooks: DrainHooks;
  #resolveClosed!: () => void;
  #state: 'draining' | 'stopped' | undefined;
  #result: Promise<DrainResult> | undefined;
  #forced = 0;

  constructor(settings: PoolSettings<T, D>, stock: Stock<T, D>, hooks: DrainHooks) {
    this.#settings = settings;
    this.#stock = stock;
    this.#hooks = hooks;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): 'draining' | 'stopped' | undefined {
    return this.#state;
  }

  refusal(): PoolError<'ERR_SOCK_POOL_CLOSED'> {
    return new PoolError('ERR_SOCK_POOL_CLOSED', `this pool is ${this.#state ?? 'closed'}: it lends nothing any more`, 'closed');
  }

  drain(options?: Cancel): Promise<DrainResult> {
    if (this.#result !== undefined) return this.#result;
    try {
      checkNames('drain', options, ['signal', 'timeout']);
      const { signal, timeout = this.#settings.limits.drainTimeout } = options ?? {};
      // Before anything has happened: a wrong argument must not leave the pool half drained.
      const timeoutMs = parseDuration(timeout);
      if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.addEventListener !== 'function') {
        throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'drain() got a signal that is no AbortSignal');
      }
      this.#result = this.#drain(timeoutMs, signal);
      return this.#result;
    } catch (error) {
      // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what was wrong
      return Promise.reject(error);
    }
  }

  /** Breaks everything off now. */
  force(cause?: unknown): void {
    this.#begin('forced');
    this.#breakOff(cause ?? this.refusal());
    for (const socket of this.#stock.closing.keys()) socket.destroy(cause);
    void this.drain();
  }

  #breakOff(cause: unknown): void {
    for (const connection of this.#stock.connections()) {
      if (connection.state === 'leased') this.#forced += 1;
      this.#stock.evict(connection, 'forced', cause);
    }
  }

  #begin(how: 'drained' | 'forced'): void {
    if (this.#state !== undefined) return;
    this.#state = 'draining';
    this.#hooks.begin(() => this.refusal());
    // What a hook has is for nobody any more.
    for (const connection of this.#stock.connections()) if (connection.state !== 'leased') this.#stock.evict(connection, how);
  }

  async #drain(timeoutMs: number, signal: AbortSignal | undefined): Promise<DrainResult> {
    const { clock } = this.#settings;
    this.#begin('drained');
    try {
      await wait<void>({ signal }, { phase: 'close', what: 'drain' }, (resolve) => {
        const look = (): void => {
          if (this.#stock.counts.leased > 0) return;
          untime();
          resolve();
        };
        const untime = timeoutMs === Infinity ? () => {} : clock.after(timeoutMs, () => {
          // Nor is there time for those that close gracefully.
          for (const socket of this.#stock.closing.keys()) socket.destroy();
          resolve();
        });
        this.#stock.onGone = look;
        look();
        return untime;
      });
    } catch (error) {
      // A signal ends the patience, not the draining.
      if (!isSocketError(error, 'ERR_SOCK_ABORTED')) throw error;
    }
    this.#stock.onGone = undefined;
    this.#breakOff(new PoolError('ERR_SOCK_POOL_CLOSED', 'the pool was drained, and this lease did not come back in time', 'closed'));
    while (this.#stock.closing.size > 0) await Promise.all(this.#stock.closing.values());
    this.#hooks.end();
    this.#state = 'stopped';
    this.#resolveClosed();
    return { forced: this.#forced };
  }
}
