import { closedError } from '../close.ts';
import type { Cancel } from '../connector.ts';
import { unhurried, wait } from '../deadline.ts';
import { at } from '../endpoint-text.ts';
import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import type { Parts } from '../socket-parts.ts';
import { PARTS } from '../socket-parts.ts';
import { ByteQueue } from './byte-queue.ts';
import { argumentError } from './framing-errors.ts';

/** A call that waits: what it tries at each arrival. */
interface Asking {
  readonly what: string;
  /** Whether it has got its answer. */
  step(): boolean;
  readonly reject: (error: unknown) => void;
}

/** What an attempt answers, or `undefined` to wait on; what it throws ends the call. */
export type Attempt<T> = () => T | undefined;

/**
 * The receiving of a socket, taken over: it stands there as a receive that waits until {@link release}, so that every other receive,
 * and an upgrade, is refused with `ERR_SOCK_BUSY`. It takes from the socket only what is asked for, so the peer is held back as ever.
 */
export class Intake {
  readonly queue: ByteQueue;
  readonly #socket: Socket;
  readonly #parts: Parts;
  readonly #clear: boolean;
  #asking: Asking | undefined;
  #stepping = false;
  #released = false;

  /** @throws `ERR_SOCK_BUSY` while another receive waits, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT` */
  constructor(socket: Socket, clear: boolean) {
    const parts = (socket as Partial<Socket> | undefined)?.get?.(PARTS);
    if (parts === undefined) throw argumentError('recv', 'a reader needs a Socket of @sock/core: give one, of the same installed copy');
    const { life, side } = parts;
    this.#parts = parts;
    const refusal = life.recvRefusal(side, 'reader');
    if (refusal !== undefined) throw refusal;
    this.#socket = socket;
    this.#clear = clear;
    this.queue = new ByteQueue(socket.remote, clear);
    const attempt = (): { value: void } | undefined => {
      this.#step();
      return this.#released ? { value: undefined } : undefined;
    };
    side.until<void>({ what: 'reader', attempt, unfinished: () => this.#unfinished() }, undefined).catch((error: unknown) => this.#ended(error));
  }

  get released(): boolean {
    return this.#released;
  }

  /** Takes the next chunk from the socket, if there is one. */
  more(): boolean {
    const { side } = this.#parts;
    const chunk = side.take();
    if (chunk === null) return false;
    side.calls += 1;
    this.queue.push(chunk);
    return true;
  }

  /** After {@link more} found nothing: whether nothing more will come. @throws the failure, when that is why */
  atEnd(): boolean {
    return this.#parts.side.atEnd();
  }

  /** The answer of `attempt` now, or `undefined` when it would have to wait. */
  now<T>(what: string, attempt: Attempt<T>): T | undefined {
    const refusal = this.refusal(what);
    if (refusal !== undefined) throw refusal;
    return attempt();
  }

  /** The answer of `attempt`, asked now and at each arrival. A wait that ends early loses no byte: all of them are in the queue. */
  ask<T>(what: string, attempt: Attempt<T>, cancel: Cancel | undefined, moved: () => number = () => this.queue.length): Promise<T> {
    const refusal = this.refusal(what);
    if (refusal !== undefined) return Promise.reject(refusal);
    if (unhurried(cancel)) {
      try {
        const answer = attempt();
        if (answer !== undefined) return Promise.resolve(answer);
      } catch (error) {
        // oxlint-disable-next-line prefer-promise-reject-errors -- passes on what the attempt threw
        return Promise.reject(error);
      }
    }
    const context = { phase: 'recv', what, endpoint: this.queue.endpoint, moved } as const;
    return wait<T>(cancel, context, (resolve, reject) => {
      const step = (): boolean => {
        const answer = attempt();
        if (answer === undefined) return false;
        resolve(answer);
        return true;
      };
      const asking: Asking = { what, step, reject };
      this.#asking = asking;
      this.#step();
      return () => {
        this.#parts.side.gaveUp();
        if (this.#asking === asking) this.#asking = undefined;
      };
    });
  }

  /** Why `what` cannot be asked now, if so. */
  refusal(what: string): Error | undefined {
    const { endpoint } = this.queue;
    if (this.#released) return argumentError('recv', `${what}${at('from', endpoint)} after release(): the socket has the bytes again`, endpoint);
    if (this.#parts.life.state === 'released') return closedError('recv', 'this socket was closed', endpoint);
    if (this.#asking === undefined) return this.#parts.life.parkedRefusal();
    return new SocketError('ERR_SOCK_BUSY', `${what}${at('from', endpoint)} while ${this.#asking.what}() still waits for bytes: one call at a time`, {
      phase: 'recv', category: 'usage', endpoint,
    });
  }

  /** Gives the receiving, and all bytes that were not read, back to the socket. Doing it again does nothing. @throws `ERR_SOCK_BUSY` while a call waits */
  release(): void {
    if (this.#released) return;
    const { life, side } = this.#parts;
    const refusal = this.refusal('release');
    if (life.state === 'released') this.#ended(refusal);
    else if (refusal !== undefined) throw refusal;
    this.#released = true;
    // Asks the attempt above once more, which now answers.
    side.changed(~0);
    for (const chunk of this.queue.drain().toReversed()) this.#socket.unread(chunk);
  }

  #unfinished(): string | undefined {
    if (this.#asking !== undefined) return `${this.#asking.what}() still waits for bytes`;
    return this.queue.length > 0 ? 'the reader holds bytes that nobody has read' : undefined;
  }

  #step(): void {
    const asking = this.#asking;
    // Taking a chunk may bring the next one before it returns; the step under way sees it in its turn.
    if (asking === undefined || this.#stepping) return;
    this.#stepping = true;
    try {
      if (asking.step()) this.#asking = undefined;
    } catch (error) {
      this.#asking = undefined;
      asking.reject(error);
    } finally {
      this.#stepping = false;
    }
  }

  /** The socket was closed here: nobody can read these bytes any more. */
  #ended(error: unknown): void {
    const asking = this.#asking;
    this.#asking = undefined;
    if (this.#clear) this.queue.skip(this.queue.length);
    else this.queue.drain();
    asking?.reject(error);
  }
}
