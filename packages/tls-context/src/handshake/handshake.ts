import type { Cancel, Pollable, ReadyMask, Socket, Upgrade, Want } from '@sock/core';
import { closedError, ERROR, READABLE, ReadySignal, WRITABLE } from '@sock/core';
import type { HandshakeState } from './handshake-state.ts';
import { HandshakeProgress } from './handshake-state.ts';
import type { HandshakePlan } from './opening.ts';
import { secureSocket } from './secure-socket.ts';

/**
 * A handshake under way, for programs that must not wait for it: watch {@link Handshake.onReady}, by itself or in a poll, and call
 * {@link Handshake.step} when it is ready. Others await {@link Handshake.done}, which `socket.upgrade(context)` does for them.
 */
export interface Handshake extends Pollable {
  /** Where it stands; it only moves forward. */
  readonly state: HandshakeState;
  /**
   * What of the peer it waits for: its bytes (`read`), or that it takes ours (`write`). `none` when it is over, and while this side
   * is at work: it flushes, verifies, or asks a function of the program's. The engine moves the bytes by itself either way.
   */
  readonly want: Want;
  /** Nothing before it is over; then a {@link Handshake.step} answers at once. With `ERROR` when it has failed. */
  readonly ready: ReadyMask;
  /** The secure socket or the failure. A rejection that nobody listens for is told by {@link Handshake.step} alone. */
  readonly done: Promise<Socket>;
  /**
   * Never waits.
   *
   * @returns the secure socket once it is complete; `undefined` = not yet
   * @throws what `socket.upgrade(context)` rejects with, each time
   */
  step(): Socket | undefined;
  /** Breaks it off, and the connection with it; once it is over, this is without effect: the socket is the program's. */
  destroy(cause?: unknown): void;
}

/** Starts a handshake as an upgrade of `socket`. */
export function startHandshake<T>(socket: Socket, layer: Omit<Upgrade<T>, 'upgrade'>, plan: (target: T) => HandshakePlan, target: T, options: Cancel | undefined): Handshake {
  return new Running(socket, layer, plan, target, options);
}

class Running<T> implements Handshake {
  readonly done: Promise<Socket>;
  readonly #progress = new HandshakeProgress();
  readonly #signal = new ReadySignal();
  readonly #stop = new AbortController();
  #secure: Socket | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(socket: Socket, layer: Omit<Upgrade<T>, 'upgrade'>, plan: (target: T) => HandshakePlan, target: T, options: Cancel | undefined) {
    const signal = options?.signal === undefined ? this.#stop.signal : AbortSignal.any([options.signal, this.#stop.signal]);
    const upgrade = async (from: Socket, to: T, cancel: Cancel | undefined): Promise<Socket> => await secureSocket(from, plan(to), cancel, this.#progress);
    this.done = socket.upgrade({ ...layer, upgrade }, target, { timeout: options?.timeout, signal });
    this.done.then(
      (secure) => {
        this.#secure = secure;
        this.#progress.to('complete');
        this.#signal.emit(this.ready);
      },
      (error: unknown) => {
        this.#failure = { error };
        // Before it began, the upgrade may have been refused: no time, no name, a socket that is in use.
        this.#progress.to('error');
        this.#signal.emit(this.ready);
      },
    );
  }

  get state(): HandshakeState {
    return this.#progress.state;
  }

  get want(): Want {
    return this.#progress.want;
  }

  get ready(): ReadyMask {
    if (this.#failure !== undefined) return READABLE | WRITABLE | ERROR;
    return this.#secure === undefined ? 0 : READABLE | WRITABLE;
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  step(): Socket | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    return this.#secure;
  }

  destroy(cause?: unknown): void {
    if (this.ready === 0) this.#stop.abort(cause ?? closedError('handshake', 'the handshake was broken off by this program', undefined));
  }
}
