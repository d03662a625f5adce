import type { Cancel, Socket } from '@sock/core';
import type { HandshakeLike } from '../operation.ts';
import type { Settle, Work } from './work.ts';
import { follow, NO_SIDE, RECEIVE_SIDE, SEND_SIDE } from './work.ts';

/** What ends with a socket: accept, connect, an upgrade. A socket that comes too late is destroyed. */
export class SocketWork implements Work {
  readonly kind: 'accept' | 'connect' | 'handshake';
  readonly target: object;
  readonly sides: number;
  readonly cost: number = 0;
  readonly moved: number = 0;
  readonly resumable: boolean = false;
  readonly #start: (cancel: Cancel) => Promise<Socket>;
  readonly #controller = new AbortController();

  /** @param target - an upgrade has both sides of the socket that it is put on */
  constructor(kind: 'accept' | 'connect' | 'handshake', target: object, start: (cancel: Cancel) => Promise<Socket>) {
    this.kind = kind;
    this.target = target;
    this.sides = kind === 'handshake' ? SEND_SIDE | RECEIVE_SIDE : NO_SIDE;
    this.#start = start;
  }

  begin(settle: Settle): void {
    follow(() => this.#start({ signal: this.#controller.signal }), (socket) => settle.ok(socket), (error) => settle.fail(error));
  }

  stop(reason: unknown): void {
    this.#controller.abort(reason);
  }

  discard(value: unknown): void {
    (value as Socket).destroy();
  }
}

/** A handshake that was started before. */
export class HandshakeWork implements Work {
  readonly kind = 'handshake' as const;
  readonly target: HandshakeLike;
  readonly sides: number = NO_SIDE;
  readonly cost: number = 0;
  readonly moved: number = 0;
  readonly resumable: boolean = false;

  constructor(handshake: HandshakeLike) {
    this.target = handshake;
  }

  begin(settle: Settle): void {
    follow(() => this.target.done, (socket) => settle.ok(socket), (error) => settle.fail(error));
  }

  stop(reason: unknown): void {
    this.target.destroy(reason);
  }

  discard(value: unknown): void {
    (value as Socket).destroy();
  }
}
