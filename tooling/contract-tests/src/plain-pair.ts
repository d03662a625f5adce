import type { Endpoint, Socket, SocketLimitsInput } from '@sock/core';
import { connect, listen } from '@sock/io';
import type { SocketPair } from './socket-pair.ts';

/** Two plain sockets, the one that dialled first. */
export type PlainPair = readonly [Socket, Socket];

/** Makes the pair that TLS is put on. */
export type MakePlain = (limits: SocketLimitsInput | undefined) => Promise<PlainPair>;

/** Dials a listener of its own on `target`. */
export async function plainPair(target: Endpoint | string, limits: SocketLimitsInput | undefined): Promise<PlainPair> {
  await using listener = await listen(target, limits);
  return await Promise.all([connect(listener.endpoint, limits), listener.accept()]);
}

/** The pair of a suite: destroyed, and gone, after each test, with the sockets below it. */
export function asPair(a: Socket, b: Socket, below: readonly Socket[] = []): SocketPair {
  return {
    a,
    b,
    cleanup: async () => {
      a.destroy();
      b.destroy();
      await Promise.all([a, b, ...below].map((socket) => socket.closed));
    },
  };
}
