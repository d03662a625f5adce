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
  readonly lastSentAt: number;
  readonly lastReceivedAt: number;
  /** 0 while it is open. */
  readonly closedAt: number;
}
