import type { Socket, SocketStats } from '@sock/core';

/**
 * When a connection was active last, read from its socket's own counters when somebody asks: nothing is done per chunk.
 *
 * The socket notes times by the wall clock, which may be set; idle times are measured by one that never goes back. Only what moved since the last look is
 * put from one to the other, by the difference between the two as it is and as it was; of two answers the later counts, so that setting the clock
 * never makes a connection look idle.
 */
export class Activity {
  #at = 0;
  #moved = 0;
  /** Wall clock minus the other, at the last look. */
  #offset = 0;

  constructor(socket: Socket, now: number) {
    this.follow(socket, now);
  }

  /** It is active now, and what `socket` moves from now on counts. */
  follow(socket: Socket, now: number): void {
    this.#at = now;
    this.#moved = movedBy(socket.stats);
    this.#offset = Date.now() - now;
  }

  /** Counts as activity. */
  touch(now: number): void {
    this.#at = now;
  }

  /** The time of the last activity, by the clock that `now` is of. */
  last(socket: Socket, now: number): number {
    const { stats } = socket;
    const moved = movedBy(stats);
    const offset = Date.now() - now;
    if (moved !== this.#moved) {
      const at = Math.max(stats.lastSentAt, stats.lastReceivedAt, stats.lastWrittenAt);
      this.#at = Math.max(this.#at, Math.min(now, Math.max(at - offset, at - this.#offset)));
    }
    this.#moved = moved;
    this.#offset = offset;
    return this.#at;
  }
}

/** Goes up with whatever moves: a slow peer takes bytes long after they were sent. */
function movedBy({ bytesSent, bytesReceived, bytesWritten }: SocketStats): number {
  return bytesSent + bytesReceived + bytesWritten;
}
