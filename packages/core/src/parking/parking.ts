import type { Endpoint } from '../endpoint.ts';
import { at } from '../endpoint-text.ts';
import type { Phase } from '../errors.ts';
import { SocketError } from '../errors.ts';
import { ENDED, ERROR, HANGUP, READABLE } from '../ready.ts';
import type { Socket } from '../socket.ts';
import { PARTS } from '../socket-parts.ts';

/** What {@link Parking.park} needs of a connection that is put aside: nothing has arrived, ended or failed. */
const ALIVE = READABLE | ENDED | ERROR | HANGUP;

/** The place of one socket where its keeper puts it aside. */
export interface Parking {
  /**
   * Puts it aside: sends, receives, half close and upgrades fail with `ERR_SOCK_PARKED` until {@link leave}. It stays armed for reading, and
   * `onReady` tells what happens to it; `close()` and `destroy()` work. Bytes that were sent go on to leave.
   *
   * @returns why it cannot be, for a message, and then nothing has changed: it has ended or failed, bytes wait that nobody has read, a receive or a
   * send still waits, or was given up in the middle. `undefined` when it was put aside.
   */
  park(): string | undefined;
  /** A receive was given up (a time-out, a signal) after something had been sent, and nothing has come since. */
  readonly unanswered: boolean;
  /** It was handed to an upgrade, or detached: its connection is somebody else's by now. */
  readonly handedOver: boolean;
  /** Lets it be used again. False when it was not put aside, or has ended meanwhile. */
  leave(): boolean;
}

/**
 * Where a keeper of connections, such as a pool, puts this one aside while nobody has it: whoever kept a reference cannot use it.
 *
 * @throws `ERR_SOCK_ARGUMENT` for what is no `Socket` of this copy of the package
 */
export function parking(socket: Socket): Parking {
  const parts = (socket as Partial<Socket> | undefined)?.get?.(PARTS);
  if (parts === undefined) {
    throw new SocketError('ERR_SOCK_ARGUMENT', 'parking() needs a Socket of @sock/core: give one, of the same installed copy', { phase: 'recv', category: 'usage' });
  }
  const { life, side, out, transport } = parts;
  // Not so where nothing was sent since bytes came last: nobody owes an answer to whoever only listened for a while.
  const unanswered = (): boolean => side.givenUp && out.lastAt > 0 && out.lastAt >= side.lastAt;
  return {
    park: () => {
      const { ready } = transport;
      if ((ready & ALIVE) !== 0) return whyNot(ready);
      const unfinished = side.unfinished();
      if (unfinished !== undefined) return unfinished;
      if (out.waiting) return 'a send still waits for room';
      if (out.cut) return 'a send was given up in the middle of its bytes';
      if (unanswered()) return 'a receive was given up, and its answer may still come';
      return life.park(parkedError) ? undefined : `this side has ${life.state === 'detached' ? 'handed it to an upgrade' : 'closed it, or ended its stream'}`;
    },
    get unanswered() {
      return unanswered();
    },
    get handedOver() {
      return life.state === 'detached';
    },
    leave: () => life.park(undefined),
  };
}

function whyNot(ready: number): string {
  if ((ready & ERROR) !== 0) return 'the connection failed';
  if ((ready & HANGUP) !== 0) return 'the connection is closed';
  return (ready & ENDED) !== 0 ? 'the peer has ended the stream' : 'bytes have arrived that nobody has read';
}

/** `ERR_SOCK_PARKED`: a socket was used that its keeper has put aside. */
function parkedError(phase: Phase, endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_PARKED'> {
  return new SocketError(
    'ERR_SOCK_PARKED',
    `${phase}${at(phase === 'recv' ? 'from' : 'to', endpoint)} on a socket that was given back to its keeper, such as a pool: use the one of a lease that you hold`,
    { phase, category: 'usage', endpoint },
  );
}
