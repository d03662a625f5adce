import type { Socket, SocketLimitsInput } from '@sock/core';

/** Two sockets that are connected to each other. */
export interface SocketPair {
  /** The side that dialled, where that makes a difference. */
  readonly a: Socket;
  readonly b: Socket;
  /** Destroys both and releases what lies below them. */
  cleanup(): Promise<void>;
}

/** Makes a fresh pair; both sockets get `limits`. */
export type MakePair = (limits?: SocketLimitsInput) => Promise<SocketPair>;

/** What a medium can do. The rules themselves are not negotiable. */
export interface Capabilities {
  /** The peer of a destroyed socket sees a reset, not an end. Unix sockets cannot tell the two apart. */
  readonly reset: boolean;
  /** The most that the system, or the layers below, may hold beyond the two queues when nobody reads. */
  readonly inFlightBytes: number;
}

/** What the parts of the suite work with. */
export interface Kit {
  readonly capabilities: Capabilities;
  /** A pair that is cleaned up after the test. */
  open(limits?: SocketLimitsInput): Promise<{ readonly a: Socket; readonly b: Socket }>;
  /** Destroys `socket` after the test, before the pairs are cleaned up: for one that took over from a side of a pair. */
  adopt(socket: Socket): Socket;
}
