import { closedError, closeReason } from './close.ts';
import { concat, copyOf } from './concat.ts';
import type { MemoryEndpoint } from './endpoint.ts';
import { at } from './endpoint-text.ts';
import { SocketError } from './errors.ts';
import { ENDED, ERROR, HANGUP, READABLE, ReadySignal, WRITABLE } from './ready.ts';
import { ReceiveQueue } from './receive-queue.ts';
import type { CloseReason, ReadyMask, Transport, Want } from './transport.ts';

/** One end of a pair. A destroyed end that had not finished resets the other, as TCP does. */
export class MemoryTransport implements Transport {
  readonly local: MemoryEndpoint;
  readonly remote: MemoryEndpoint;
  readonly want: Want = 'none';
  readonly closed: Promise<CloseReason>;
  readonly #limit: number;
  readonly #queue: ReceiveQueue;
  readonly #signal = new ReadySignal();
  #peer: MemoryTransport = this;
  #resolveClosed: (reason: CloseReason) => void = () => {};
  #finished = false;
  /** Who ended first. */
  #first: 'end' | 'local' = 'end';
  #ended = false;
  #gone = false;
  #failure: SocketError | undefined;

  static pair(a: MemoryEndpoint, b: MemoryEndpoint, limit: number): [MemoryTransport, MemoryTransport] {
    const left = new MemoryTransport(a, b, limit);
    const right = new MemoryTransport(b, a, limit);
    left.#peer = right;
    right.#peer = left;
    return [left, right];
  }

  private constructor(local: MemoryEndpoint, remote: MemoryEndpoint, limit: number) {
    this.local = local;
    this.remote = remote;
    this.#limit = limit;
    this.#queue = new ReceiveQueue(limit);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get buffered(): number {
    return this.#queue.bytes;
  }

  get ready(): ReadyMask {
    let mask = this.#queue.bytes > 0 || this.#ended || this.#gone ? READABLE : 0;
    if (this.#ended) mask |= ENDED;
    if (this.#failure !== undefined) mask |= ERROR;
    if (this.#gone) mask |= HANGUP;
    else if (!this.#finished && this.#room() > 0) mask |= WRITABLE;
    return mask;
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  get(): undefined {
    return undefined;
  }

  pull(): Uint8Array | null {
    const wasFull = this.#queue.full;
    const chunk = this.#queue.shift();
    // Not inside the pull, where no network answers either: what the peer sends now must not overtake the chunk in hand.
    if (wasFull && !this.#queue.full) queueMicrotask(() => this.#peer.#tell());
    return chunk;
  }

  push(chunks: readonly Uint8Array[], written: (cause?: unknown) => void): number {
    if (this.#gone || this.#finished) return 0;
    let count = 0;
    const parts: Uint8Array[] = [];
    for (let room = this.#room(); room > 0 && parts.length < chunks.length; ) {
      const chunk = chunks[parts.length] as Uint8Array;
      // A copy, as a network makes one: the sender's buffer is its own again.
      const part = copyOf(chunk.length <= room ? chunk : chunk.subarray(0, room));
      parts.push(part);
      count += part.length;
      room -= part.length;
      if (part.length < chunk.length) break;
    }
    if (count === 0) return 0;
    if (this.#peer.#gone) {
      // As a network answers what nobody takes any more: with a reset, a moment later.
      queueMicrotask(() => {
        if (!this.#gone) this.#reset();
        written(this.#failure);
      });
      return count;
    }
    this.#peer.#queue.push(concat(parts));
    queueMicrotask(() => written(this.#failure));
    this.#peer.#tell();
    return count;
  }

  defer(flush: () => void): void {
    queueMicrotask(flush);
  }

  shutdown(done: (cause?: unknown) => void): void {
    if (this.#gone) {
      const why = this.#failure ?? closedError('shutdown', 'the connection has ended', this.remote);
      return queueMicrotask(() => done(why));
    }
    this.#finished = true;
    if (!this.#ended) this.#first = 'local';
    this.#peer.#ended = true;
    this.#peer.#tell();
    this.#peer.#settle();
    this.#settle();
    queueMicrotask(() => done());
  }

  destroy(cause?: unknown): void {
    if (this.#gone) return;
    const peer = this.#peer;
    const aborts = !this.#finished;
    this.#queue.drain();
    this.#leave(closeReason(cause));
    if (peer.#gone) return;
    if (aborts) peer.#reset();
    // The other end may go on reading what it has; what it sends is answered with a reset.
    else if (peer.#finished) peer.#settle();
  }

  /** Both sides have finished and all was read: nothing is left to do. */
  #settle(): void {
    if (this.#finished && this.#ended && !this.#gone) this.#leave({ how: this.#first });
  }

  #reset(): void {
    this.#failure = new SocketError('ERR_SOCK_RESET', `the connection${at('to', this.remote)} was reset by the peer`, {
      phase: 'recv', category: 'reset', retryable: true, endpoint: this.remote,
    });
    this.#leave({ how: 'reset', cause: this.#failure });
  }

  #leave(reason: CloseReason): void {
    this.#gone = true;
    this.#resolveClosed(reason);
    this.#tell();
  }

  #room(): number {
    return this.#peer.#gone ? this.#limit : Math.max(0, this.#limit - this.#peer.#queue.bytes);
  }

  #tell(): void {
    this.#signal.emit(this.ready);
  }
}
