import { argumentError } from '../framing/framing-errors.ts';
import type { ReceiveSide } from '../receive-side.ts';
import type { Socket } from '../socket.ts';
import type { Parts } from '../socket-parts.ts';
import { PARTS } from '../socket-parts.ts';

/** The parts of `socket`, for `what`. @throws `ERR_SOCK_ARGUMENT` for anything that has none */
export function partsOf(socket: Socket, what: string): Parts {
  const parts = (socket as Partial<Socket> | undefined)?.get?.(PARTS);
  if (parts === undefined) throw argumentError('recv', `${what}() needs a Socket of @sock/core: give one, of the same installed copy`);
  return parts;
}

/**
 * The receiving of a socket, taken over until {@link release}: it stands there as a receive that waits, so that every other receive, and an
 * upgrade, is refused with `ERR_SOCK_BUSY`. It takes nothing by itself: the owner does, from {@link side}, as much as it has use for.
 */
export class Receiving {
  readonly side: ReceiveSide;
  readonly #onArrival: () => void;
  /** Nothing is told while it begins: the owner is not put together yet, and asks for itself. */
  #state: 'beginning' | 'held' | 'over' = 'beginning';

  /**
   * @param onArrival - bytes, the end or a failure may have come
   * @param onLost - the socket was closed here: nobody can receive from it any more
   * @throws `ERR_SOCK_BUSY` while another receive waits, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`
   */
  constructor({ life, side }: Parts, what: string, onArrival: () => void, onLost: (error: unknown) => void) {
    const refusal = life.recvRefusal(side, what);
    if (refusal !== undefined) throw refusal;
    this.side = side;
    this.#onArrival = onArrival;
    const lost = (): void => {
      this.#state = 'over';
    };
    side.until<void>({ what, attempt: () => this.#attempt(), undo: lost, unfinished: () => undefined }, undefined).catch(onLost);
    this.#state = 'held';
  }

  /** After `side.take()` gave nothing: whether nothing more will come. Not when it was lost: that is no end, and is told. @throws the failure, when that is why */
  atEnd(): boolean {
    return this.#state !== 'over' && this.side.atEnd();
  }

  /** Gives the receiving back to the socket. Doing it again does nothing. */
  release(): void {
    if (this.#state !== 'held') return;
    this.#state = 'over';
    // Asks the attempt below once more, which now answers.
    this.side.changed(~0);
  }

  #attempt(): { value: void } | undefined {
    if (this.#state === 'held') this.#onArrival();
    return this.#state === 'over' ? { value: undefined } : undefined;
  }
}
