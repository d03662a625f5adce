import type { Parts } from './socket-parts.ts';

/** What a socket has done so far: a snapshot. Times are milliseconds since the epoch, 0 = never. */
export interface SocketStats {
  /** Bytes accepted for sending. */
  readonly bytesSent: number;
  /** Bytes that were handed to the operating system. */
  readonly bytesWritten: number;
  /** Bytes taken from the transport for the program. */
  readonly bytesReceived: number;
  /** Calls that accepted at least one byte. */
  readonly sends: number;
  /** Calls that returned at least one byte. */
  readonly receives: number;
  /** Bytes accepted and not yet written. */
  readonly sendQueueBytes: number;
  /** Bytes received and not yet read. */
  readonly receiveQueueBytes: number;
  readonly openedAt: number;
  /** When bytes were accepted last. */
  readonly lastSentAt: number;
  /** When bytes were handed to the operating system last: with a slow peer, long after they were accepted. */
  readonly lastWrittenAt: number;
  /** When the program took bytes last. */
  readonly lastReceivedAt: number;
  /** 0 while it is open. */
  readonly closedAt: number;
}

/** Reads the counters of a socket. */
export function socketStats({ transport, life, out, side }: Parts): SocketStats {
  const { accepted, written } = out;
  return {
    bytesSent: accepted,
    bytesWritten: written,
    bytesReceived: side.bytes,
    sends: out.calls,
    receives: side.calls,
    sendQueueBytes: accepted - written,
    receiveQueueBytes: side.held + (life.state === 'detached' ? 0 : transport.buffered),
    openedAt: life.openedAt,
    lastSentAt: out.lastAt,
    lastWrittenAt: out.lastWrittenAt,
    lastReceivedAt: side.lastAt,
    closedAt: life.closedAt,
  };
}
