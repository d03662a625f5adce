import type { Socket } from '@sock/core';
import { at, concat, SocketError } from '@sock/core';
import type { Progress, Settle, Work } from './work.ts';
import { RECEIVE_SIDE } from './work.ts';

/** The next bytes of a socket. */
export class RecvWork implements Work {
  readonly kind = 'recv' as const;
  readonly target: Socket;
  readonly sides: number = RECEIVE_SIDE;
  readonly cost: number = 0;
  readonly resumable: boolean = false;
  moved = 0;
  #controller: AbortController | undefined;

  constructor(socket: Socket) {
    this.target = socket;
  }

  begin(settle: Settle): void {
    const controller = new AbortController();
    this.#controller = controller;
    this.target.recv({ signal: controller.signal }).then(
      (chunk) => {
        this.moved = chunk?.length ?? 0;
        settle.ok(chunk);
      },
      (error: unknown) => settle.fail(error),
    );
  }

  stop(reason: unknown): void {
    this.#controller?.abort(reason);
  }
}

/** So many bytes. It keeps what has come, over an early end as well; when it cannot go on, the socket has them back. */
export class RecvExactlyWork implements Work {
  readonly kind = 'recvExactly' as const;
  readonly target: Socket;
  readonly sides: number = RECEIVE_SIDE;
  readonly cost: number;
  moved = 0;
  #taken: Uint8Array[] = [];
  #stopping: { readonly reason: unknown } | undefined;
  #controller = new AbortController();

  constructor(socket: Socket, length: number) {
    this.target = socket;
    this.cost = length;
  }

  get resumable(): boolean {
    return this.#taken.length > 0;
  }

  begin(settle: Settle, progress: Progress | undefined): void {
    this.#stopping = undefined;
    this.#controller = new AbortController();
    this.#next(settle, progress);
  }

  stop(reason: unknown): void {
    this.#stopping = { reason };
    this.#controller.abort(reason);
  }

  abandon(): void {
    try {
      for (const chunk of this.#taken.toReversed()) this.target.unread(chunk);
    } catch {
      // The socket was closed, or handed to a layer: nobody can read them there any more.
    }
    this.#taken = [];
  }

  #next(settle: Settle, progress: Progress | undefined): void {
    if (this.moved >= this.cost) return this.#finish(settle);
    if (this.#stopping !== undefined) return settle.fail(this.#stopping.reason);
    const fail = (error: unknown): void => {
      // An early end keeps the bytes, a failure does not: the socket's next receive tells the rest.
      if (this.#stopping === undefined) this.abandon();
      settle.fail(error);
    };
    this.target.recv({ signal: this.#controller.signal }).then((chunk) => {
      if (chunk === null) {
        this.#stopping = undefined;
        return fail(this.#endedEarly());
      }
      this.#taken.push(chunk);
      this.moved += chunk.length;
      progress?.(Math.min(this.moved, this.cost));
      this.#next(settle, progress);
    }, fail);
  }

  #finish(settle: Settle): void {
    const surplus = this.moved - this.cost;
    const last = this.#taken.at(-1);
    if (surplus > 0 && last !== undefined) {
      try {
        this.target.unread(last.subarray(last.length - surplus));
      } catch {
        // Closed meanwhile, which drops what was not read.
      }
      this.#taken[this.#taken.length - 1] = last.subarray(0, last.length - surplus);
    }
    this.moved = this.cost;
    const value = concat(this.#taken);
    this.#taken = [];
    settle.ok(value);
  }

  #endedEarly(): SocketError<'ERR_SOCK_UNEXPECTED_END'> {
    const { remote } = this.target;
    return new SocketError('ERR_SOCK_UNEXPECTED_END', `the peer${at('at', remote)} ended the stream after ${this.moved} of ${this.cost} bytes`, {
      phase: 'recv', category: 'protocol', endpoint: remote, bytesMoved: this.moved,
    });
  }
}
