import { closedError, closeGracefully, detachedError, finish } from './close.ts';
import type { Cancel, Closable, Upgrade } from './connector.ts';
import { Budget } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import type { InfoKey } from './info-key.ts';
import type { SocketLimits, SocketLimitsInput } from './limits.ts';
import { coreSection } from './limits.ts';
import { ENDED, ERROR, HANGUP, READABLE, ReadySignal, WRITABLE } from './ready.ts';
import { ReceiveSide } from './receive-side.ts';
import { recvExactly, recvInto, recvNext } from './receives.ts';
import { SendQueue } from './send-queue.ts';
import type { SocketStats } from './socket-stats.ts';
import type { CloseReason, Facts, Pollable, ReadyMask, Transport, Want } from './transport.ts';

/** How a send treats its buffer. */
export interface SendOptions extends Cancel {
  /**
   * The buffer is given away: the caller never touches it again, and the call resolves as soon as there is room. The fastest
   * way for large buffers. Default: **false**.
   */
  readonly owned?: boolean | undefined;
}

/** What {@link Socket.detach} hands to the new owner. */
export interface Detached {
  readonly transport: Transport;
  /** Bytes that were received and not read, in order. */
  readonly unread: readonly Uint8Array[];
  /** The limits of the old socket, for the new one. */
  readonly limits: SocketLimits;
}

/**
 * `open → finished` when this side's end was sent; from both to `released` (closed or destroyed here), `gone` (failed, or ended
 * by both sides) or `detached` (taken over by an upgrade), which are final.
 */
type State = 'open' | 'finished' | 'released' | 'gone' | 'detached';

/**
 * A byte stream to a peer: one class over any {@link Transport}. Waiting calls take `{ signal, timeout }` and reject with a
 * {@link SocketError}; the `try…` calls never wait and answer 0 when they would have to.
 *
 * @example
 * ```ts
 * await socket.send(new TextEncoder().encode('PING\r\n'), { timeout: '1s' });
 * for await (const chunk of socket) console.log(chunk.length);
 * await socket.close();
 * ```
 */
export class Socket implements Pollable, Closable, Facts, AsyncIterable<Uint8Array> {
  readonly #transport: Transport;
  readonly #limits: SocketLimits;
  readonly #out: SendQueue;
  readonly #in: ReceiveSide;
  readonly #signal = new ReadySignal();
  readonly #done: Promise<void> = Promise.resolve();
  readonly #openedAt = Date.now();
  #state: State = 'open';
  #unwatch: () => void;
  #closing: Promise<void> | undefined;
  #sends = 0;
  #lastSentAt = 0;
  #closedAt = 0;

  /**
   * @param transport - becomes this socket's own
   * @param options - limits, see `coreSection`; `unread` are bytes that come before the transport's
   */
  constructor(transport: Transport, options?: SocketLimitsInput & { readonly unread?: readonly Uint8Array[] | undefined }) {
    this.#transport = transport;
    this.#limits = options === undefined ? coreSection.defaults : coreSection.pick(options);
    this.#in = new ReceiveSide(transport);
    if (options?.unread !== undefined) for (const chunk of options.unread.toReversed()) this.#in.giveBack(chunk);
    this.#out = new SendQueue(transport, this.#limits, () => this.#signal.emit(this.ready));
    this.#unwatch = transport.onReady((ready) => this.#changed(ready));
    // A transport that failed or closed before it came here has no event left to tell.
    if ((transport.ready & (ERROR | HANGUP)) !== 0) this.#changed(transport.ready);
  }

  /** This side's address, as far as the transport knows it. */
  get local(): Endpoint | undefined {
    return this.#transport.local;
  }

  /** The peer's address, as far as the transport knows it. */
  get remote(): Endpoint | undefined {
    return this.#transport.remote;
  }

  /** What a layer below waits for, for its own sake (a handshake). */
  get want(): Want {
    return this.#state === 'detached' ? 'none' : this.#transport.want;
  }

  get closed(): Promise<CloseReason> {
    return this.#transport.closed;
  }

  get<T>(key: InfoKey<T>): T | undefined {
    return this.#state === 'detached' ? undefined : this.#transport.get(key);
  }

  get ready(): ReadyMask {
    if (this.#state === 'detached') return HANGUP;
    const below = this.#transport.ready;
    const readable = (below & READABLE) !== 0 || this.#in.held > 0 ? READABLE : 0;
    const writable = this.#state === 'open' && this.#out.room > 0 && (below & HANGUP) === 0 ? WRITABLE : 0;
    return readable | writable | (below & (ERROR | HANGUP | ENDED));
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  /** A snapshot of what was done so far. */
  get stats(): SocketStats {
    const { accepted, written } = this.#out;
    return {
      bytesSent: accepted,
      bytesWritten: written,
      bytesReceived: this.#in.bytes,
      sends: this.#sends,
      receives: this.#in.calls,
      sendQueueBytes: accepted - written,
      receiveQueueBytes: this.#in.held + (this.#state === 'detached' ? 0 : this.#transport.buffered),
      openedAt: this.#openedAt,
      lastSentAt: this.#lastSentAt,
      lastReceivedAt: this.#in.lastAt,
      closedAt: this.#closedAt,
    };
  }

  /**
   * Copies as much of `bytes` as there is room for and returns how much; 0 = would block.
   *
   * @throws `ERR_SOCK_CLOSED` after this side ended or closed; `ERR_SOCK_RESET` and others when the connection failed
   */
  trySend(bytes: Uint8Array): number {
    const refusal = this.#sendRefusal();
    if (refusal !== undefined) throw refusal;
    const count = this.#out.accept(bytes);
    if (count > 0) this.#sent();
    return count;
  }

  /**
   * Sends all of `bytes`, behind earlier sends. Resolves when the caller may reuse the buffer: small ones are copied and resolve
   * at once while there is room; large ones are sent without a copy and resolve when written; with a `signal` or a `timeout`
   * they are copied as room comes free, so that after a cancel nothing reads the buffer any more.
   *
   * A cancelled send may have sent a part: `error.bytesMoved` tells how much, and the stream stands in the middle of it.
   *
   * @throws `ERR_SOCK_CLOSED`, `ERR_SOCK_RESET`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`
   */
  send(bytes: Uint8Array, options?: SendOptions): Promise<void> {
    const refusal = this.#sendRefusal();
    if (refusal !== undefined) return Promise.reject(refusal);
    const { length } = bytes;
    if (length <= this.#limits.copyBelowBytes && length <= this.#out.room && options?.signal?.aborted !== true) {
      this.#out.accept(bytes);
      this.#sent();
      return this.#done;
    }
    const cancellable = options?.signal !== undefined || options?.timeout !== undefined;
    const mode = options?.owned === true ? 'own' : cancellable || length <= this.#limits.copyBelowBytes ? 'copy' : 'lend';
    this.#sent();
    return this.#out.send(bytes, mode, options);
  }

  /**
   * Sends everything from `source` with back-pressure and resolves, with the number of bytes, when all of it was written to the
   * operating system. Chunks of an iterable are given away (see {@link SendOptions.owned}).
   *
   * @throws what {@link send} throws, and what `source` throws
   */
  async sendAll(source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>, options?: Cancel): Promise<number> {
    const budget = new Budget(options);
    if (source instanceof Uint8Array) {
      await this.send(source, budget.rest());
      await this.flush(budget.rest());
      return source.length;
    }
    let sum = 0;
    for await (const chunk of source) {
      await this.send(chunk, { ...budget.rest(), owned: true });
      sum += chunk.length;
    }
    await this.flush(budget.rest());
    return sum;
  }

  /** Resolves when everything sent so far was written to the operating system. */
  flush(options?: Cancel): Promise<void> {
    return this.#out.flushed(options, { phase: 'send', what: 'flush', endpoint: this.remote });
  }

  /**
   * Copies received bytes into `target` and returns how many; 0 = would block.
   *
   * @throws `ERR_SOCK_CLOSED` at the end of the stream, `ERR_SOCK_BUSY` while another receive waits, and the failure if there is one
   */
  tryRecv(target: Uint8Array): number {
    const refusal = this.#recvRefusal('tryRecv', target);
    if (refusal !== undefined) throw refusal;
    const count = this.#in.fill(target);
    if (count > 0) this.#in.calls += 1;
    else if (this.#in.atEnd()) throw closedError('recv', 'the peer has ended the stream', this.remote);
    return count;
  }

  /**
   * The next received bytes, as they came, not copied; `null` at a clean end.
   *
   * @throws `ERR_SOCK_RESET`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`, `ERR_SOCK_BUSY`, `ERR_SOCK_CLOSED` after a local close
   */
  recv(options?: Cancel): Promise<Uint8Array | null> {
    const refusal = this.#recvRefusal('recv');
    if (refusal !== undefined) return Promise.reject(refusal);
    const chunk = this.#in.take();
    if (chunk === null) return this.#in.until(recvNext(this.#in), options);
    this.#in.calls += 1;
    return Promise.resolve(chunk);
  }

  /** Copies the next received bytes into `target` and returns how many, at least one; `null` at a clean end. Throws as {@link recv}. */
  recvInto(target: Uint8Array, options?: Cancel): Promise<number | null> {
    const refusal = this.#recvRefusal('recvInto', target);
    return refusal === undefined ? this.#in.until(recvInto(this.#in, target), options) : Promise.reject(refusal);
  }

  /**
   * Exactly `length` bytes. When it fails, early or late, all bytes that came stay readable.
   *
   * @throws `ERR_SOCK_UNEXPECTED_END` when the peer ends before; else as {@link recv}
   */
  recvExactly(length: number, options?: Cancel): Promise<Uint8Array> {
    const refusal = this.#recvRefusal('recvExactly', length);
    return refusal === undefined ? this.#in.until(recvExactly(this.#in, length, this.remote), options) : Promise.reject(refusal);
  }

  /** The received chunks until a clean end. Leaving the loop early leaves the socket open and loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return {
      next: () => this.recv().then((value) => (value === null ? { done: true, value: undefined } : { done: false, value })),
    };
  }

  /**
   * Half close: everything sent is written, then this side's end (FIN; close_notify and FIN under TLS). Receiving goes on.
   * Resolves when the end has left.
   */
  async shutdown(options?: Cancel): Promise<void> {
    const refusal = this.#sendRefusal();
    if (refusal !== undefined) throw refusal;
    this.#state = 'finished';
    await finish(this.#transport, this.#out, 'shutdown', options);
  }

  /**
   * Graceful close: writes what was sent, sends the end, waits for the peer's (see `closeTimeout`, `lingerTimeout`; a `timeout`
   * given here replaces both), then releases everything. What arrives meanwhile is dropped, a waiting receive fails with
   * `ERR_SOCK_CLOSED`. It does not reject: {@link closed} tells how it went.
   */
  close(options?: Cancel): Promise<void> {
    if (this.#closing === undefined) {
      const wasOpen = this.#state === 'open';
      if (!this.#release('this socket was closed')) return Promise.resolve();
      this.#closing = closeGracefully(this.#transport, wasOpen ? this.#out : undefined, this.#limits, options);
    }
    return this.#closing;
  }

  /** Drops what was not written and releases everything now; the peer sees an abort where the medium has one. */
  destroy(cause?: unknown): void {
    // A second call still matters: it cuts a graceful close short.
    if (this.#state === 'detached') return;
    this.#release('this socket was destroyed', cause);
    this.#out.fail(closedError('send', 'this socket was destroyed', this.remote, cause));
    this.#transport.destroy(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Puts a layer on this connection and answers with the socket above it. This socket refuses use from now on. When it fails,
   * the connection is destroyed: nothing that was meant for the layer can leave without it.
   *
   * @param target - for the layer: a server name, an address. Default: **the peer's address**
   * @throws what the layer throws; `ERR_SOCK_BUSY` while a receive waits
   */
  upgrade<T>(upgrade: Upgrade<T>, target: T, options?: Cancel): Promise<Socket>;
  upgrade(upgrade: Upgrade<Endpoint | undefined>, target?: undefined, options?: Cancel): Promise<Socket>;
  async upgrade<T>(upgrade: Upgrade<T>, target?: T, options?: Cancel): Promise<Socket> {
    const transport = this.#transport;
    try {
      return await upgrade.upgrade(this, target ?? (this.remote as T), options);
    } catch (error) {
      if (this.#state !== 'released') transport.destroy(error);
      throw error;
    }
  }

  /**
   * Hands the transport to a new owner, for those who write an {@link Upgrade}: what was sent is written first, and this socket
   * refuses use. `closed` still tells when the connection ends. When it fails, the connection is destroyed.
   *
   * @throws `ERR_SOCK_BUSY` while a receive waits, `ERR_SOCK_CLOSED` after this side ended
   */
  async detach(options?: Cancel): Promise<Detached> {
    const refusal = this.#sendRefusal();
    if (refusal !== undefined) throw refusal;
    this.#in.assertFree('detach');
    this.#state = 'detached';
    try {
      await this.#out.flushed(options, { phase: 'upgrade', what: 'flush before an upgrade', endpoint: this.remote });
    } catch (error) {
      this.#transport.destroy(error);
      throw error;
    }
    this.#unwatch();
    return { transport: this.#transport, unread: this.#in.drain(), limits: this.#limits };
  }

  #sent(): void {
    this.#sends += 1;
    this.#lastSentAt = Date.now();
  }

  /** Moves to `released`; false when there is nothing left to release. */
  #release(why: string, cause?: unknown): boolean {
    if (this.#state === 'detached' || this.#state === 'released') return false;
    this.#state = 'released';
    this.#in.fail(closedError('recv', why, this.remote, cause));
    return true;
  }

  #changed(ready: ReadyMask): void {
    if ((ready & (ERROR | HANGUP)) !== 0) {
      if (this.#state === 'open' || this.#state === 'finished') this.#state = 'gone';
      if (this.#closedAt === 0) this.#closedAt = Date.now();
      this.#out.fail(this.#transport.failure ?? closedError('send', 'the connection has ended', this.remote));
    }
    this.#in.changed(ready);
    if ((ready & WRITABLE) !== 0) this.#out.resume();
    this.#signal.emit(this.ready);
  }

  #sendRefusal(): Error | undefined {
    if (this.#state === 'open') return undefined;
    if (this.#state === 'detached') return detachedError(this.remote);
    if (this.#state === 'finished') return closedError('send', 'this side has already ended the stream', this.remote);
    if (this.#state === 'released') return closedError('send', 'this socket was closed', this.remote);
    return this.#transport.failure ?? closedError('send', 'the connection has ended', this.remote);
  }

  #recvRefusal(what: string, argument?: Uint8Array | number): Error | undefined {
    if (this.#state === 'detached') return detachedError(this.remote);
    if (this.#state === 'released') return closedError('recv', 'this socket was closed', this.remote);
    return this.#in.refusal(what, argument);
  }
}
