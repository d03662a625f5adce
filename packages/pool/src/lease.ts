import type { Socket } from '@sock/core';
import type { Connection } from './connection.ts';
import { PoolError } from './errors.ts';

/** A connection that is yours until you give it back. Keep the lease as long as you use its socket: one that is lost is taken back, and its connection broken off. */
export interface Lease<D = unknown> extends AsyncDisposable {
  /** Keep no reference to it beyond the release: it fails while nobody has the connection, and meddles with the next one's conversation after that. @throws `ERR_SOCK_POOL_RELEASED` after the release */
  readonly socket: Socket;
  /** What `prepare` made of the connection; what is put here stays with it for its next leases. @throws `ERR_SOCK_POOL_RELEASED` */
  data: D;
  /** Of the connection, as events and statistics have it. */
  readonly id: number;
  /** The key of the target. */
  readonly key: string;
  /** The connection had a lease before. */
  readonly reused: boolean;
  readonly released: boolean;
  /**
   * Gives the connection back, for the next one to use; to be called between two conversations, when all that was asked for was received. One that is not clean
   * (bytes not read, a call that still waits, an answer that was given up, its stream ended) is closed instead. @throws `ERR_SOCK_POOL_RELEASED` the second time
   */
  release(): void;
  /**
   * Gives it back not to be used again. @param cause - what was wrong with it: it counts against the health of its endpoint, and the connection is broken off.
   * Without, it is closed gracefully, in the background. @throws `ERR_SOCK_POOL_RELEASED` the second time
   */
  discard(cause?: unknown): void;
}

/** What takes connections back. */
export interface LeaseOwner<T, D> {
  release(connection: Connection<T, D>): void;
  discard(connection: Connection<T, D>, cause: unknown): void;
}

/** A {@link Lease}. One for each acquire, so that an old one is known as that. */
export class PoolLease<T, D> implements Lease<D> {
  readonly reused: boolean;
  readonly #connection: Connection<T, D>;
  readonly #owner: LeaseOwner<T, D>;
  /** See `Connection.token`. */
  #token: object | undefined;
  #released = false;

  constructor(connection: Connection<T, D>, owner: LeaseOwner<T, D>) {
    this.#connection = connection;
    this.#owner = owner;
    this.#token = connection.token;
    connection.token = undefined;
    this.reused = connection.uses > 1;
  }

  get id(): number {
    return this.#connection.id;
  }

  get key(): string {
    return this.#connection.member.group.key;
  }

  get released(): boolean {
    return this.#released;
  }

  get socket(): Socket {
    if (this.#released) throw releasedError('socket', this.#connection);
    return this.#connection.socket;
  }

  get data(): D {
    if (this.#released) throw releasedError('data', this.#connection);
    return this.#connection.data;
  }

  set data(data: D) {
    if (this.#released) throw releasedError('data', this.#connection);
    this.#connection.data = data;
  }

  release(): void {
    this.#giveBack('release()');
    this.#owner.release(this.#connection);
  }

  discard(cause?: unknown): void {
    this.#giveBack('discard()');
    this.#owner.discard(this.#connection, cause);
  }

  /** Releases it, unless that was done. */
  [Symbol.asyncDispose](): Promise<void> {
    if (!this.#released) this.release();
    return Promise.resolve();
  }

  #giveBack(what: string): void {
    if (this.#released) throw releasedError(what, this.#connection);
    this.#released = true;
    // One that has left the pool has no use for it, and would keep itself from being collected.
    if (this.#connection.state !== 'gone') this.#connection.token = this.#token;
    this.#token = undefined;
  }
}

function releasedError<T, D>(what: string, { id, member }: Connection<T, D>): PoolError<'ERR_SOCK_POOL_RELEASED'> {
  return new PoolError('ERR_SOCK_POOL_RELEASED', `${what} of a lease of connection ${id} to ${member.key} that was given back already: acquire a new one`);
}
