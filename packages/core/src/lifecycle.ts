import { closedError, detachedError } from './close.ts';
import type { Endpoint } from './endpoint.ts';
import type { Phase } from './errors.ts';
import { ENDED, ERROR, HANGUP, READABLE, WRITABLE } from './ready.ts';
import type { ReceiveSide } from './receive-side.ts';
import type { ReadyMask, Transport, Want } from './transport.ts';

/**
 * `open → finished` when this side's end was asked for; from both to `released` (closed or destroyed here), `gone` (failed, or
 * ended by both sides) or `detached` (taken over by an upgrade). From `gone`, only `released` is left; the other two are final.
 * `open ↔ parked` while whoever keeps it lets nobody use it.
 */
export type SocketState = 'open' | 'parked' | 'finished' | 'released' | 'gone' | 'detached';

/** Why a socket that is put aside refuses use. */
export type ParkedRefusal = (phase: Phase, endpoint: Endpoint | undefined) => Error;

/** Where a `Socket` stands, and which calls that refuses. */
export class Lifecycle {
  readonly #transport: Transport;
  #state: SocketState = 'open';
  #parked: ParkedRefusal | undefined;
  readonly openedAt: number = Date.now();
  /** Milliseconds since the epoch; 0 while it is open. */
  closedAt = 0;
  /** A layer has the transport and is not ready yet. */
  upgrading = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  get state(): SocketState {
    return this.#state;
  }

  /** Moves on; false when there is no way from here to `next`. */
  move(next: Exclude<SocketState, 'open' | 'parked'>): boolean {
    const from = this.#state;
    if (from === 'released' || from === 'detached' || (from === 'gone' && next !== 'released') || from === next) return false;
    this.#state = next;
    return true;
  }

  /** From `open` to `parked`, with what uses are refused with, or back without; false when it is not where it should be. */
  park(refusal: ParkedRefusal | undefined): boolean {
    const parks = refusal !== undefined;
    if (this.#state !== (parks ? 'open' : 'parked')) return false;
    this.#state = parks ? 'parked' : 'open';
    this.#parked = refusal;
    return true;
  }

  get want(): Want {
    return this.#state === 'detached' ? 'none' : this.#transport.want;
  }

  /** What would not wait, given whether bytes were put back and whether the send queue has room. */
  ready(held: boolean, room: boolean): ReadyMask {
    if (this.#state === 'detached') return HANGUP;
    const below = this.#transport.ready;
    // After a local close a receive fails at once, so it does not wait either.
    const readable = (below & READABLE) !== 0 || this.#state === 'released' || held ? READABLE : 0;
    const writable = this.#state === 'open' && room && (below & HANGUP) === 0 ? WRITABLE : 0;
    return readable | writable | (below & (ERROR | HANGUP | ENDED));
  }

  /** Why nothing can be sent any more, if so. */
  sendRefusal(): Error | undefined {
    if (this.#state === 'open') return undefined;
    const { remote, failure } = this.#transport;
    if (this.#state === 'detached') return detachedError(remote);
    if (this.#state === 'parked') return this.#parked?.('send', remote);
    if (this.#state === 'finished') return closedError('send', 'this side has already ended the stream', remote);
    if (this.#state === 'released') return closedError('send', 'this socket was closed', remote);
    return failure ?? closedError('send', 'the connection has ended', remote);
  }

  /** Why nobody may use it now, if so. */
  parkedRefusal(): Error | undefined {
    return this.#state === 'parked' ? this.#parked?.('recv', this.#transport.remote) : undefined;
  }

  /** Why `what` cannot be asked of `side`, if so: the state, another receive that waits, an argument that makes no sense. */
  recvRefusal(side: ReceiveSide, what: string, argument?: unknown): Error | undefined {
    if (this.#state === 'detached') return detachedError(this.#transport.remote);
    if (this.#state === 'released') return closedError('recv', 'this socket was closed', this.#transport.remote);
    if (this.#state === 'parked') return this.parkedRefusal();
    return side.refusal(what, argument);
  }
}
