import type { Endpoint } from './endpoint.ts';
import type { InfoKey } from './info-key.ts';

/**
 * Readiness as a bit mask, see the constants `READABLE WRITABLE ERROR HANGUP ENDED` of `@sock/core`.
 */
export type ReadyMask = number;

/** Something whose readiness can be watched: a socket, a transport, a listener. */
export interface Pollable {
  /** What would not wait right now (level). */
  readonly ready: ReadyMask;
  /**
   * Calls `listener` with the mask after every change that may matter: bytes arrived, room came free, the end, a
   * failure, the close. Bits that merely went away are not told. The listener may run inside a call on this very
   * object and must not throw.
   *
   * @returns a function that stops the calls; calling it twice is harmless
   */
  onReady(listener: (ready: ReadyMask) => void): () => void;
}

/** How a connection ended. The first cause that was seen is the one that counts. */
export interface CloseReason {
  /**
   * - `end`: both sides finished, the peer first
   * - `local`: this side closed or destroyed it, without a fault
   * - `reset`: the peer, or the network, broke it off
   * - `timeout`: a deadline passed
   * - `error`: anything else, see `cause`
   */
  readonly how: 'end' | 'reset' | 'local' | 'timeout' | 'error';
  /** The error behind it; always there for `reset`, `timeout` and `error`. */
  readonly cause?: unknown;
}

/** Typed, optional facts about a connection: what a layer knows and another may ask. */
export interface Facts {
  /**
   * The fact under `key`, or `undefined` when no layer below knows it. A layer that changes the bytes answers for itself, and passes on what
   * {@link InfoKey.passes}: a fact that opens the layer below, such as the stream under it, would be a way round it.
   */
  get<T>(key: InfoKey<T>): T | undefined;
}

/** What a transport's own state machine waits for before it can go on (a handshake, for one). */
export type Want = 'none' | 'read' | 'write';

/** Somebody who may wait for bytes. */
export interface Taker {
  /** Bytes have come: it may pull, and do nothing else before it returns. */
  arrived(): void;
}

/**
 * The narrow waist: what an implementer of a byte stream writes. Nothing in it waits. `Socket` is the only caller and adds
 * everything that waits, counts, times out or copies.
 *
 * Rules, each with a test in the contract suite:
 * - Bytes arrive in order, once. Bytes received before the end or a failure can still be pulled after it.
 * - The receive side is bounded: a transport stops its peer rather than hold more than its limit.
 * - It stays armed for reading while there is room, so that an end or a reset shows up on an idle connection.
 * - Once `HANGUP` is set nothing moves any more, and nothing is held: no handle, no timer, no buffer.
 */
export interface Transport extends Pollable, Facts {
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly want: Want;
  /** Why `ERROR` is set: a `SocketError`. */
  readonly failure: Error | undefined;
  /** Resolves when everything is released; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Received bytes that were not pulled yet. */
  readonly buffered: number;

  /**
   * Optional, with {@link pullInto}: for a transport that reads into memory of its own, where bytes lie only until the next read. `taker` is told of
   * bytes that came while none waited, before readiness tells of them, and takes them or leaves them: those alone need a copy.
   */
  onArrival?(taker: Taker): void;

  /** The next received bytes, not copied and now the caller's; `null` = would block. The end is a state (`ENDED`), not a value. */
  pull(): Uint8Array | null;

  /** Inside {@link Taker.arrived}: copies of the bytes that came into `target`, and answers how many; else 0, and {@link pull} may have some. */
  pullInto?(target: Uint8Array): number;

  /**
   * Takes bytes to send, in order, from the front of `chunks`. The transport may read the accepted bytes until it calls
   * `written`: once per call that accepted anything, in the order of the calls, never inside `push`; no cause (or `null`) = sent.
   *
   * @returns bytes accepted; 0 = would block, `WRITABLE` is told when that changes
   */
  push(chunks: readonly Uint8Array[], written: (cause?: unknown) => void): number;

  /** Optional: `bytes` in memory of which this transport sends small pieces at the least cost. It is read by nobody but {@link push}. */
  copy?(bytes: Uint8Array): Uint8Array;

  /** Runs `flush` at the moment this transport likes to write: once, after the sends of the present turn. */
  defer(flush: () => void): void;

  /** Half close after all that was accepted: FIN, or close_notify and FIN. `done` tells that it left, or why not. */
  shutdown(done: (cause?: unknown) => void): void;

  /**
   * Releases everything now. What was accepted and not sent is dropped; where the medium can tell an abort from an end (TCP's
   * RST), an unfinished stream is aborted. `cause` becomes the close reason.
   */
  destroy(cause?: unknown): void;
}
