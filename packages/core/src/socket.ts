import { bytesRefusal } from './bytes-refusal.ts';
import { closedError, closeGracefully, detachedError, writeEnd } from './close.ts';
import type { Cancel, Closable, Upgrade } from './connector.ts';
import { unhurried, wait } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import type { Parts } from './handover.ts';
import { cutShort, detachSocket, upgradeSocket } from './handover.ts';
import type { InfoKey } from './info-key.ts';
import { Lifecycle } from './lifecycle.ts';
import type { SocketLimits, SocketLimitsInput } from './limits.ts';
import { coreSection } from './limits.ts';
import { ERROR, HANGUP, ReadySignal, WRITABLE } from './ready.ts';
import { ReceiveSide } from './receive-side.ts';
import { iterate, recvExactly, recvInto, recvNext } from './receives.ts';
import { sendAll } from './send-all.ts';
import { SendQueue } from './send-queue.ts';
import type { Detached, SendOptions } from './socket-options.ts';
import type { SocketStats } from './socket-stats.ts';
import { socketStats } from './socket-stats.ts';
import type { CloseReason, Facts, Pollable, ReadyMask, Transport, Want } from './transport.ts';

/**
 * A byte stream to a peer: one class over any {@link Transport}. Waiting calls take `{ signal, timeout }` and reject with a
 * {@link SocketError}; the `try…` calls never wait and answer 0 when they would have to.
 *
 * @example
 * for await (const chunk of socket) await socket.send(chunk);
 */
export class Socket implements Pollable, Closable, Facts, AsyncIterable<Uint8Array> {
  readonly #transport: Transport;
  readonly #limits: SocketLimits;
  readonly #out: SendQueue;
  readonly #in: ReceiveSide;
  readonly #signal = new ReadySignal();
  readonly #done: Promise<void> = Promise.resolve();
  readonly #life: Lifecycle;
  #unwatch: () => void;
  /** This side's end on its way: begun once, not cancelled with the call that asked for it. */
  #end: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /**
   * @param transport - becomes this socket's own
   * @param options - limits, see `coreSection`; `unread` are bytes that come before the transport's
   */
  constructor(transport: Transport, options?: SocketLimitsInput & { readonly unread?: readonly Uint8Array[] | undefined }) {
    this.#transport = transport;
    this.#limits = options === undefined ? coreSection.defaults : coreSection.pick(options);
    this.#life = new Lifecycle(transport);
    this.#in = new ReceiveSide(transport, this.#tell);
    if (options?.unread !== undefined) for (const chunk of options.unread.toReversed()) this.#in.giveBack(chunk);
    this.#out = new SendQueue(transport, this.#limits, this.#tell);
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
    return this.#life.want;
  }

  get closed(): Promise<CloseReason> {
    return this.#transport.closed;
  }

  get<T>(key: InfoKey<T>): T | undefined {
    return this.#life.state === 'detached' ? undefined : this.#transport.get(key);
  }

  get ready(): ReadyMask {
    return this.#life.ready(this.#in.held > 0, this.#out.room > 0);
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  /** A snapshot of what was done so far. */
  get stats(): SocketStats {
    return socketStats(this.#parts());
  }

  /**
   * Copies as much of `bytes` as there is room for and returns how much; 0 = would block.
   *
   * @throws `ERR_SOCK_CLOSED` after this side ended or closed; `ERR_SOCK_RESET` and others when the connection failed;
   * `ERR_SOCK_ARGUMENT` for anything but bytes
   */
  trySend(bytes: Uint8Array): number {
    const refusal = this.#life.sendRefusal() ?? bytesRefusal(bytes, this.remote);
    if (refusal !== undefined) throw refusal;
    return this.#out.accept(bytes);
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
    const refusal = this.#life.sendRefusal() ?? bytesRefusal(bytes, this.remote);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { length } = bytes;
    if (length <= this.#limits.copyBelowBytes && length <= this.#out.room && unhurried(options)) {
      this.#out.accept(bytes);
      return this.#done;
    }
    const cancellable = options?.signal !== undefined || options?.timeout !== undefined;
    const mode = options?.owned === true ? 'own' : cancellable || length <= this.#limits.copyBelowBytes ? 'copy' : 'lend';
    return this.#out.send(bytes, mode, options);
  }

  /**
   * Sends everything from `source` with back-pressure and resolves, with the number of bytes, when all of it was written to the
   * operating system. Chunks of an iterable are given away (see {@link SendOptions.owned}).
   *
   * @throws what {@link send} throws, and what `source` throws
   */
  sendAll(source: Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>, options?: Cancel): Promise<number> {
    return sendAll(this, source, options);
  }

  /** Resolves when everything sent so far was written to the operating system. */
  flush(options?: Cancel): Promise<void> {
    if (this.#life.state === 'detached') return Promise.reject(detachedError(this.remote));
    return this.#out.flushed(options, { phase: 'send', what: 'flush', endpoint: this.remote });
  }

  /**
   * Copies received bytes into `target` and returns how many; 0 = would block.
   *
   * @throws `ERR_SOCK_CLOSED` at the end of the stream, `ERR_SOCK_BUSY` while another receive waits, and the failure if there is one
   */
  tryRecv(target: Uint8Array): number {
    const refusal = this.#life.recvRefusal(this.#in, 'tryRecv', target);
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
    const refusal = this.#life.recvRefusal(this.#in, 'recv');
    if (refusal !== undefined) return Promise.reject(refusal);
    const chunk = unhurried(options) ? this.#in.take() : null;
    if (chunk === null) return this.#in.until(recvNext(this.#in), options);
    this.#in.calls += 1;
    return Promise.resolve(chunk);
  }

  /** Copies the next received bytes into `target` and returns how many, at least one; `null` at a clean end. Throws as {@link recv}. */
  recvInto(target: Uint8Array, options?: Cancel): Promise<number | null> {
    const refusal = this.#life.recvRefusal(this.#in, 'recvInto', target);
    if (refusal !== undefined) return Promise.reject(refusal);
    const count = unhurried(options) ? this.#in.fill(target) : 0;
    if (count === 0) return this.#in.until(recvInto(this.#in, target), options);
    this.#in.calls += 1;
    return Promise.resolve(count);
  }

  /**
   * Exactly `length` bytes. When it fails, early or late, all bytes that came stay readable.
   *
   * @throws `ERR_SOCK_UNEXPECTED_END` when the peer ends before; else as {@link recv}
   */
  recvExactly(length: number, options?: Cancel): Promise<Uint8Array> {
    const refusal = this.#life.recvRefusal(this.#in, 'recvExactly', length);
    return refusal === undefined ? this.#in.until(recvExactly(this.#in, length, this.remote), options) : Promise.reject(refusal);
  }

  /**
   * Puts bytes back: the next receive has them first. For a protocol that has read further than its own part, before an upgrade.
   *
   * @throws as {@link tryRecv}
   */
  unread(bytes: Uint8Array): void {
    const refusal = this.#life.recvRefusal(this.#in, 'unread');
    if (refusal !== undefined) throw refusal;
    this.#in.giveBack(bytes);
    this.#tell();
  }

  /** The received chunks until a clean end. Leaving the loop early leaves the socket open and loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    return iterate(this.#in, () => this.#life.recvRefusal(this.#in, 'recv'));
  }

  /**
   * Half close: everything sent is written, then this side's end (FIN; close_notify and FIN under TLS). Receiving goes on.
   * Resolves when the end has left. A cancel ends the waiting alone: the end is on its way, and another call waits for it again.
   */
  shutdown(options?: Cancel): Promise<void> {
    const refusal = this.#life.sendRefusal();
    if (refusal !== undefined && this.#life.state !== 'finished') return Promise.reject(refusal);
    return wait<void>(options, { phase: 'shutdown', endpoint: this.remote }, (resolve, reject) => {
      this.#life.move('finished');
      this.#end ??= writeEnd(this.#transport, this.#out);
      this.#end.then(resolve, reject);
    });
  }

  /**
   * Graceful close: writes what was sent, sends the end, waits for the peer's (see `closeTimeout`, `lingerTimeout`; a `timeout`
   * given here replaces both), then releases everything. What arrives meanwhile is dropped, a waiting receive fails with
   * `ERR_SOCK_CLOSED`. It does not reject: {@link closed} tells how it went.
   */
  close(options?: Cancel): Promise<void> {
    const { state } = this.#life;
    if (state === 'detached') return cutShort(this.#parts());
    if (this.#closing === undefined) {
      this.#release('this socket was closed');
      if (state === 'open' || state === 'finished') this.#end ??= writeEnd(this.#transport, this.#out);
      this.#closing = closeGracefully(this.#transport, state === 'gone' ? undefined : this.#end, this.#limits, options);
    }
    return this.#closing;
  }

  /** Drops what was not written and releases everything now; the peer sees an abort where the medium has one. */
  destroy(cause?: unknown): void {
    // A second call still matters: it cuts a graceful close short.
    if (this.#life.state === 'detached') return void cutShort(this.#parts(), cause);
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
   * @param target - for the layer: a server name, an address. Default: **the endpoint that was dialled, else the peer's address**
   * @throws what the layer throws. `ERR_SOCK_BUSY`, `ERR_SOCK_DETACHED` and `ERR_SOCK_CLOSED` leave the connection as it was.
   */
  upgrade<T>(upgrade: Upgrade<T>, target: T, options?: Cancel): Promise<Socket>;
  upgrade(upgrade: Upgrade<Endpoint | undefined>, target?: undefined, options?: Cancel): Promise<Socket>;
  upgrade<T>(upgrade: Upgrade<T>, target?: T, options?: Cancel): Promise<Socket> {
    return upgradeSocket(this, this.#parts(), upgrade, target, options);
  }

  /**
   * Hands the transport to a new owner, for those who write an {@link Upgrade}: what was sent is written first, and this socket
   * refuses use. `closed` still tells when the connection ends. When it fails, the connection is destroyed.
   *
   * @throws `ERR_SOCK_BUSY` while a receive waits, `ERR_SOCK_CLOSED` after this side ended
   */
  async detach(options?: Cancel): Promise<Detached> {
    const detached = await detachSocket(this.#parts(), options, () => this.#signal.emit(HANGUP));
    this.#unwatch();
    return detached;
  }

  #parts(): Parts {
    return { transport: this.#transport, life: this.#life, out: this.#out, side: this.#in, limits: this.#limits };
  }

  readonly #tell = (): void => {
    if (this.#signal.heard) this.#signal.emit(this.ready);
  };

  #release(why: string, cause?: unknown): void {
    if (this.#life.move('released')) this.#in.fail(closedError('recv', why, this.remote, cause));
  }

  #changed(ready: ReadyMask): void {
    if ((ready & (ERROR | HANGUP)) !== 0) {
      this.#life.move('gone');
      if (this.#life.closedAt === 0) this.#life.closedAt = Date.now();
      this.#out.fail(this.#transport.failure ?? closedError('send', 'the connection has ended', this.remote));
    }
    this.#in.changed(ready);
    if ((ready & WRITABLE) !== 0) this.#out.resume();
    this.#tell();
  }
}
