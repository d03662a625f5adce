import type { Socket } from '@sock/core';
import { ENDED, ERROR, HANGUP, READABLE } from '@sock/core';
import type { Connection } from './connection.ts';
import type { EvictReason } from './pool-observer.ts';

/** What tells that an idle connection is none any more. */
export const NEWS: number = READABLE | ENDED | ERROR | HANGUP;

/** Puts it aside; or why that cannot be done. */
export function unclean<T, D>({ place, socket }: Connection<T, D>): EvictReason | undefined {
  if (place.park() === undefined) return undefined;
  return (socket.ready & ERROR) !== 0 ? 'reset' : (socket.ready & (ENDED | HANGUP)) !== 0 ? 'ended' : 'dirty';
}

/** What happened to an idle one. */
export function newsOf(ready: number): EvictReason {
  if ((ready & ERROR) !== 0) return 'reset';
  return (ready & (ENDED | HANGUP)) !== 0 ? 'ended' : 'unexpected';
}

/** Why it failed, if it has; nobody wants its bytes any more. */
export function failureOf<T, D>({ socket, place }: Connection<T, D>): unknown {
  if ((socket.ready & ERROR) === 0) return undefined;
  place.leave();
  return endOf(socket);
}

/** What the next receive says of a socket that is over, behind all that had arrived. */
export function endOf(socket: Socket): unknown {
  try {
    for (const buffer = new Uint8Array(4096); socket.tryRecv(buffer) > 0; );
    return undefined;
  } catch (error) {
    return error;
  }
}
