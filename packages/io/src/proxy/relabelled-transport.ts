import type { CloseReason, Detached, Endpoint, InfoKey, ReadyMask, Taker, Transport, Want } from '@sock/core';
import { Socket } from '@sock/core';

/** What {@link relabelled} changes about a connection. */
export interface Labels {
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  /** Facts that come before those of the transport below, by the symbol of their key. */
  readonly facts: ReadonlyMap<symbol, unknown>;
}

/**
 * A socket over the connection that was detached, with other addresses and more facts. The bytes are the same, so whatever a layer above asks
 * the transport below for (the stream under it) is answered as before.
 */
export function relabelled({ transport, unread, limits }: Detached, labels: Labels): Socket {
  return new Socket(new RelabelledTransport(transport, labels), { ...limits, unread });
}

class RelabelledTransport implements Transport {
  readonly #below: Transport;
  readonly #labels: Labels;

  constructor(below: Transport, labels: Labels) {
    this.#below = below;
    this.#labels = labels;
  }

  get local(): Endpoint | undefined {
    return this.#labels.local;
  }

  get remote(): Endpoint | undefined {
    return this.#labels.remote;
  }

  get want(): Want {
    return this.#below.want;
  }

  get failure(): Error | undefined {
    return this.#below.failure;
  }

  get closed(): Promise<CloseReason> {
    return this.#below.closed;
  }

  get buffered(): number {
    return this.#below.buffered;
  }

  get ready(): ReadyMask {
    return this.#below.ready;
  }

  get<T>(key: InfoKey<T>): T | undefined {
    const { facts } = this.#labels;
    return facts.has(key.symbol) ? (facts.get(key.symbol) as T) : this.#below.get(key);
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#below.onReady(listener);
  }

  onArrival(taker: Taker): void {
    this.#below.onArrival?.(taker);
  }

  pullInto(target: Uint8Array): number {
    return this.#below.pullInto?.(target) ?? 0;
  }

  pull(): Uint8Array | null {
    return this.#below.pull();
  }

  push(chunks: readonly Uint8Array[], written: (cause?: unknown) => void): number {
    return this.#below.push(chunks, written);
  }

  copy(bytes: Uint8Array): Uint8Array {
    return this.#below.copy?.(bytes) ?? Uint8Array.from(bytes);
  }

  defer(flush: () => void): void {
    this.#below.defer(flush);
  }

  shutdown(done: (cause?: unknown) => void): void {
    this.#below.shutdown(done);
  }

  destroy(cause?: unknown): void {
    this.#below.destroy(cause);
  }
}
