import { wrongOption } from '@sock/config';
import { closedError, closeReason } from '../close.ts';
import type { Cancel, Closable, Connector } from '../connector.ts';
import { wait } from '../deadline.ts';
import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import type { CloseReason } from '../transport.ts';
import type { Streak } from './attempt-series.ts';
import { AttemptSeries } from './attempt-series.ts';
import type { ReconnectChange, ReconnectOptions, ReconnectSettings, ReconnectState } from './reconnect-options.ts';
import { reconnectSettings } from './reconnect-options.ts';

/**
 * A connection that comes back. Iterating gives its sockets, one after the other: the present one first, and each time it was lost the next.
 * One that came and went while the loop was busy is passed over. The loop ends when this is closed and fails when it gave up; leaving the loop
 * closes nothing.
 */
export interface Reconnecting extends AsyncIterable<Socket>, Closable {
  readonly state: ReconnectState;
  /** The socket while `state` is `open`. */
  readonly current: Socket | undefined;
  /** The present socket, or the next one when there is none. @throws what ended it, `ERR_SOCK_CLOSED` after a close, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED` */
  socket(options?: Cancel): Promise<Socket>;
  /** Calls `listener` at each change of state from now on; what it throws closes the whole, with that error. @returns a function that stops the calls */
  onState(listener: (change: ReconnectChange) => void): () => void;
}

/**
 * Dials `target`, and again each time the connection is lost, after a wait that grows with the failures in a row. It begins at once, and goes on until
 * `close()`, `destroy()`, the `signal`, or an error that is final.
 *
 * A connection is lost when its socket is closed, whoever did it: `socket.closed` tells. A peer that merely ended its side leaves it half open: close
 * the socket then, and the next one comes.
 *
 * @throws `ERR_SOCK_CONFIG` for an option that makes no sense
 * @example
 * for await (const socket of reconnecting(tcp(), 'broker:1883')) await serve(socket);
 */
export function reconnecting<T>(connector: Connector<T>, target: T, options?: ReconnectOptions): Reconnecting {
  if (typeof (connector as Partial<Connector<T>> | null | undefined)?.connect !== 'function') throw wrongOption('reconnecting', 'connector', connector, 'a connector such as tcp()');
  return new ReconnectingConnection((cancel) => connector.connect(target, cancel), reconnectSettings(options));
}

interface Waiter {
  /** The socket that it has had already. */
  readonly except: Socket | undefined;
  readonly resolve: (socket: Socket) => void;
  readonly reject: (error: unknown) => void;
}

class ReconnectingConnection implements Reconnecting {
  readonly closed: Promise<CloseReason>;
  readonly #dial: (cancel: Cancel) => Promise<Socket>;
  readonly #settings: ReconnectSettings;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<{ readonly listener: (change: ReconnectChange) => void }>();
  readonly #waiters = new Set<Waiter>();
  #state: ReconnectState = 'connecting';
  #current: Socket | undefined;
  /** Why it gave up. */
  #error: unknown;
  #resolveClosed!: (reason: CloseReason) => void;
  #closing: Promise<void> | undefined;

  constructor(dial: (cancel: Cancel) => Promise<Socket>, settings: ReconnectSettings) {
    this.#dial = dial;
    this.#settings = settings;
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    settings.signal?.addEventListener('abort', this.#onAbort);
    if (settings.signal?.aborted === true) this.#onAbort();
    else void this.#run();
  }

  get state(): ReconnectState {
    return this.#state;
  }

  get current(): Socket | undefined {
    return this.#current;
  }

  socket(options?: Cancel): Promise<Socket> {
    return this.#socket(options, undefined);
  }

  onState(listener: (change: ReconnectChange) => void): () => void {
    if (typeof listener !== 'function') throw wrongOption('onState', 'listener', listener, 'a function');
    const entry = { listener };
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Socket, undefined> {
    const left = new AbortController();
    const end: IteratorReturnResult<undefined> = { done: true, value: undefined };
    let last: Socket | undefined;
    return {
      next: async () => {
        if (left.signal.aborted || (this.#state === 'closed' && this.#error === undefined)) return end;
        try {
          last = await this.#socket(left, last);
          return { done: false, value: last };
        } catch (error) {
          if (left.signal.aborted || (this.#state === 'closed' && this.#error === undefined)) return end;
          left.abort();
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

  close(options?: Cancel): Promise<void> {
    const socket = this.#current;
    this.#finish(undefined);
    const socketClosed = socket?.close(options);
    this.#closing ??= this.#release(undefined, socketClosed);
    return this.#closing;
  }

  destroy(cause?: unknown): void {
    const socket = this.#current;
    this.#finish(cause);
    socket?.destroy(cause);
    this.#closing ??= this.#release(cause, socket?.closed);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Dials, waits until the connection is lost, and so on; never rejects. */
  async #run(): Promise<void> {
    let streak: Streak = { failures: 0, waitMs: 0 };
    let lost: unknown;
    try {
      for (;;) {
        const socket = await this.#next(streak, lost);
        const openedAt = this.#settings.clock.now();
        this.#open(socket);
        const reason = await socket.closed;
        if (this.#over) return;
        this.#current = undefined;
        lost = reason.cause ?? closedError('recv', reason.how === 'end' ? 'both sides ended the connection' : 'the socket was closed here', socket.remote);
        if (!this.#settings.reconnectIf(reason)) throw lost;
        if (this.#settings.clock.now() - openedAt >= this.#settings.stableAfterMs) streak = { failures: 0, waitMs: 0 };
      }
    } catch (error) {
      this.destroy(error);
    }
  }

  /** The next connection, after a wait when one was lost. */
  #next(streak: Streak, lost: unknown): Promise<Socket> {
    const onRetry = ({ error, failures, waitMs }: { error: unknown; failures: number; waitMs: number }): void => this.#tell({ state: 'waiting', error, failures, waitMs });
    const series = new AttemptSeries<Socket>(this.#dial, { ...this.#settings, signal: this.#stop.signal, onRetry }, streak);
    series.onAttempt = () => this.#tell({ state: 'connecting' });
    return series.run(lost);
  }

  get #over(): boolean {
    return this.#state === 'closed';
  }

  #open(socket: Socket): void {
    // Closed in the very moment in which it came.
    if (this.#over) return socket.destroy();
    this.#current = socket;
    this.#tell({ state: 'open', socket });
    for (const waiter of this.#waiters) {
      if (waiter.except !== socket) waiter.resolve(socket);
    }
  }

  /** The one way into another state. */
  #tell(change: ReconnectChange): void {
    if (this.#over) return;
    this.#state = change.state;
    for (const { listener } of Array.from(this.#listeners)) {
      try {
        listener(change);
      } catch (error) {
        // Told by the close: this runs where nobody could catch it.
        if (change.state !== 'closed') return this.destroy(error);
      }
    }
  }

  #socket(options: Cancel | undefined, except: Socket | undefined): Promise<Socket> {
    return wait<Socket>(options, { phase: 'connect', what: 'the next connection' }, (resolve, reject) => {
      if (this.#over) return reject(this.#refusal());
      if (this.#current !== undefined && this.#current !== except) return resolve(this.#current);
      const waiter: Waiter = {
        except,
        resolve: (socket) => {
          this.#waiters.delete(waiter);
          resolve(socket);
        },
        reject,
      };
      this.#waiters.add(waiter);
      return () => void this.#waiters.delete(waiter);
    });
  }

  #refusal(): unknown {
    return this.#error ?? closedError('connect', 'this reconnecting connection was closed', undefined);
  }

  /** Ends everything but the present socket. */
  #finish(error: unknown): void {
    if (this.#over) return;
    this.#error = error;
    this.#current = undefined;
    this.#tell(error === undefined ? { state: 'closed' } : { state: 'closed', error });
    this.#settings.signal?.removeEventListener('abort', this.#onAbort);
    this.#stop.abort(error);
    for (const { reject } of this.#waiters) reject(this.#refusal());
    this.#waiters.clear();
    this.#listeners.clear();
  }

  async #release(cause: unknown, socketClosed: Promise<unknown> | undefined): Promise<void> {
    await socketClosed;
    this.#resolveClosed(closeReason(cause));
  }

  readonly #onAbort = (): void => {
    const { signal } = this.#settings;
    this.destroy(new SocketError('ERR_SOCK_ABORTED', 'the reconnecting connection was aborted by its signal', { phase: 'connect', category: 'aborted', cause: signal?.reason }));
  };
}
