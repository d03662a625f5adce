// Support of the tests: not compiled into dist, and not published.
import type { CloseReason, Endpoint, Listener, Socket } from '@sock/core';
import { AcceptQueue } from '@sock/core';
import { pairFrom } from './peer.test-d.ts';

/** A listener whose peers the test makes, and whose accepts can fail. */
export class Listening implements Listener {
  readonly endpoint: Endpoint = { memory: 'listener' };
  readonly closed: Promise<CloseReason>;
  readonly faults: unknown[] = [];
  accepts = 0;
  readonly #queue = new AcceptQueue<Socket>(1000, () => this.endpoint);
  #tellClosed!: (reason: CloseReason) => void;

  constructor() {
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
  }

  dial(host?: string): Socket {
    const [accepted, peer] = pairFrom(host);
    if (!this.#queue.offer(accepted)) throw new Error('nobody listens');
    return peer;
  }

  async accept(): Promise<Socket> {
    this.accepts += 1;
    if (this.faults.length > 0) throw this.faults.shift();
    return await this.#queue.accept();
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    return this.#queue[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    this.destroy();
  }

  destroy(cause?: unknown): void {
    for (const socket of this.#queue.close()) socket.destroy();
    this.#tellClosed(cause === undefined ? { how: 'local' } : { how: 'error', cause });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
