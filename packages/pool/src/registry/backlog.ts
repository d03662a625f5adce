import type { Socket } from '@sock/core';
import { ERROR, HANGUP, WRITABLE } from '@sock/core';

/** Bytes for many peers: at most one copy for all of them, made when the first one keeps a part for later. */
export class Message {
  readonly #given: Uint8Array;
  #kept: Uint8Array | undefined;

  constructor(bytes: Uint8Array) {
    this.#given = bytes;
  }

  get length(): number {
    return this.#given.length;
  }

  /** The caller's own bytes, for what copies them now; the kept ones afterwards. */
  get bytes(): Uint8Array {
    return this.#kept ?? this.#given;
  }

  /** Bytes that nobody changes any more. To be called first while the caller waits, as its buffer is its own again later. */
  keep(): Uint8Array {
    // Not slice(): that of a Buffer, which is a Uint8Array too, copies nothing.
    return (this.#kept ??= new Uint8Array(this.#given));
  }
}

/** What became of a message for one peer. `slow`: not a byte of it was taken. */
export type Offer = 'sent' | 'slow' | 'gone';

/** Up to here a socket copies what it is given: one call then tells at once whether there is room. */
const SMALL = 16 * 1024;
const NOTHING = new Uint8Array(0);
const OWNED = { owned: true } as const;

/**
 * Gives `message` to a socket that has room for at least one byte; the rest follows from the shared copy as room comes free, and nothing can come between.
 * A socket that has no room gets nothing: so a peer never has more than its send queue and one message waiting, and never half a message.
 */
export function offer(socket: Socket, message: Message): Offer {
  try {
    const small = message.length <= SMALL;
    const taken = socket.trySend(small ? message.bytes : NOTHING);
    if (taken === message.length) return 'sent';
    if (small ? taken === 0 : (socket.ready & WRITABLE) === 0) return 'slow';
    // A connection that fails meanwhile tells of it by `closed`.
    socket.send(message.keep().subarray(taken), OWNED).catch(() => {});
    return 'sent';
  } catch {
    // Why is told by `closed`, to those who care for this one connection.
    return 'gone';
  }
}

/** A message that waits for one peer. */
export interface Waiting {
  readonly message: Message;
  /** Hears once that it was sent, or that there is nobody to send it to any more. */
  readonly settle: (outcome: 'sent' | 'gone') => void;
}

/** The messages that wait for one slow peer, in order. There is one only while something waits. */
export class Backlog {
  readonly #socket: Socket;
  readonly #onEmpty: () => void;
  readonly #unwatch: () => void;
  #queue: Waiting[] = [];
  #offering = false;

  constructor(socket: Socket, onEmpty: () => void) {
    this.#socket = socket;
    this.#onEmpty = onEmpty;
    this.#unwatch = socket.onReady((ready) => {
      if ((ready & (WRITABLE | HANGUP | ERROR)) !== 0) this.#next();
    });
  }

  get length(): number {
    return this.#queue.length;
  }

  push(waiting: Waiting): void {
    this.#queue.push(waiting);
  }

  /** Takes one out; false when it was settled already. */
  remove(waiting: Waiting): boolean {
    const index = this.#queue.indexOf(waiting);
    if (index === -1) return false;
    this.#queue.splice(index, 1);
    this.#ifEmpty();
    return true;
  }

  /** There is nobody to send to any more. */
  clear(): void {
    const queue = this.#queue;
    this.#queue = [];
    this.#ifEmpty();
    for (const { settle } of queue) settle('gone');
  }

  #next(): void {
    // Sending tells of readiness in its turn.
    if (this.#offering) return;
    this.#offering = true;
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      const outcome = offer(this.#socket, first.message);
      if (outcome === 'slow') break;
      // Looked up again: what was sent may have ended the connection.
      if (this.remove(first)) first.settle(outcome);
    }
    this.#offering = false;
  }

  #ifEmpty(): void {
    if (this.#queue.length > 0) return;
    this.#unwatch();
    this.#onEmpty();
  }
}
