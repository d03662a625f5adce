import { closedError, closeGracefully, detachedError, writeEnd } from './close.ts';
import type { Cancel, Closable } from './connector.ts';
import { wait } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import type { Parts } from './handover.ts';
import { cutShort, detachSocket } from './handover.ts';
import type { InfoKey } from './info-key.ts';
import { Lifecycle } from './lifecycle.ts';
import { coreSection } from './limits.ts';
import { ERROR, HANGUP, ReadySignal, WRITABLE } from './ready.ts';
import { ReceiveSide } from './receive-side.ts';
import { SendQueue } from './send-queue.ts';
import type { Detached, SocketOptions } from './socket-options.ts';
import type { SocketStats } from './socket-stats.ts';
import { socketStats } from './socket-stats.ts';
import type { CloseReason, Facts, Pollable, ReadyMask, Transport, Want } from './transport.ts';

/** What a socket is made of, for its own class alone: whoever has it could send past a layer. */
export const PARTS: unique symbol = /*#__PURE__*/ Symbol('parts');

/** A socket's readiness, facts and end; `Socket` adds what moves bytes. */
export class SocketBase implements Pollable, Closable, Facts {
  readonly [PARTS]: Parts;
  readonly #signal = new ReadySignal();
  readonly #unwatch: () => void;
  /** This side's end on its way: begun once, not cancelled with the call that asked for it. */
  #end: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  /** @param transport - becomes this socket's own */
  constructor(transport: Transport, options?: SocketOptions) {
    const limits = options === undefined ? coreSection.defaults : coreSection.pick(options);
    const side = new ReceiveSide(transport, this.#tell);
    if (options?.unread !== undefined) for (const chunk of options.unread.toReversed()) side.giveBack(chunk);
    this[PARTS] = { transport, limits, side, life: new Lifecycle(transport), out: new SendQueue(transport, limits, this.#tell) };
    this.#unwatch = transport.onReady((ready) => this.#changed(ready));
    // A transport that failed or closed before it came here has no event left to tell.
    if ((transport.ready & (ERROR | HANGUP)) !== 0) this.#changed(transport.ready);
  }

  /** This side's address, as far as the transport knows it. */
  get local(): Endpoint | undefined {
    return this[PARTS].transport.local;
  }

  /** The peer's address, as far as the transport knows it. */
  get remote(): Endpoint | undefined {
    return this[PARTS].transport.remote;
  }

  /** What a layer below waits for, for its own sake (a handshake). */
  get want(): Want {
    return this[PARTS].life.want;
  }

  get closed(): Promise<CloseReason> {
    return this[PARTS].transport.closed;
  }

  get<T>(key: InfoKey<T>): T | undefined {
    const { life, transport } = this[PARTS];
    return life.state === 'detached' ? undefined : transport.get(key);
  }

  get ready(): ReadyMask {
    const { life, side, out } = this[PARTS];
    return life.ready(side.held > 0, out.room > 0);
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  /** A snapshot of what was done so far. */
  get stats(): SocketStats {
    return socketStats(this[PARTS]);
  }

  /** Resolves when everything sent so far was written to the operating system. */
  flush(options?: Cancel): Promise<void> {
    const { life, out } = this[PARTS];
    if (life.state === 'detached') return Promise.reject(detachedError(this.remote));
    return out.flushed(options, { phase: 'send', what: 'flush', endpoint: this.remote });
  }

  /**
   * Half close: everything sent is written, then this side's end (FIN; close_notify and FIN under TLS). Receiving goes on.
   * Resolves when the end has left. A cancel ends the waiting alone: the end is on its way, and another call waits for it again.
   */
  shutdown(options?: Cancel): Promise<void> {
    const { life, transport, out } = this[PARTS];
    const refusal = life.sendRefusal();
    if (refusal !== undefined && life.state !== 'finished') return Promise.reject(refusal);
    return wait<void>(options, { phase: 'shutdown', endpoint: this.remote }, (resolve, reject) => {
      life.move('finished');
      this.#end ??= writeEnd(transport, out);
      this.#end.then(resolve, reject);
    });
  }

  /**
   * Graceful close: writes what was sent, sends the end, waits for the peer's (see `closeTimeout`, `lingerTimeout`; a `timeout`
   * given here replaces both), then releases everything. What arrives meanwhile is dropped, a waiting receive fails with
   * `ERR_SOCK_CLOSED`. It does not reject: {@link closed} tells how it went.
   */
  close(options?: Cancel): Promise<void> {
    const { life: { state }, transport, out, limits } = this[PARTS];
    if (state === 'detached') return cutShort(this[PARTS]);
    if (this.#closing === undefined) {
      this.#release('this socket was closed');
      if (state === 'open' || state === 'finished') this.#end ??= writeEnd(transport, out);
      this.#closing = closeGracefully(transport, state === 'gone' ? undefined : this.#end, limits, options);
    }
    return this.#closing;
  }

  /** Drops what was not written and releases everything now; the peer sees an abort where the medium has one. */
  destroy(cause?: unknown): void {
    // A second call still matters: it cuts a graceful close short.
    const { life, out, transport } = this[PARTS];
    if (life.state === 'detached') return void cutShort(this[PARTS], cause);
    this.#release('this socket was destroyed', cause);
    out.fail(closedError('send', 'this socket was destroyed', this.remote, cause));
    transport.destroy(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /**
   * Hands the transport to a new owner, for those who write an {@link Upgrade}: what was sent is written first, and this socket
   * refuses use. `closed` still tells when the connection ends. When it fails, the connection is destroyed.
   *
   * @throws `ERR_SOCK_BUSY` while a receive waits, `ERR_SOCK_CLOSED` after this side ended
   */
  async detach(options?: Cancel): Promise<Detached> {
    const detached = await detachSocket(this[PARTS], options, () => this.#signal.emit(HANGUP));
    this.#unwatch();
    return detached;
  }

  readonly #tell = (): void => {
    if (this.#signal.heard) this.#signal.emit(this.ready);
  };

  #release(why: string, cause?: unknown): void {
    const { life, side } = this[PARTS];
    if (life.move('released')) side.fail(closedError('recv', why, this.remote, cause));
  }

  #changed(ready: ReadyMask): void {
    const { life, transport, out, side } = this[PARTS];
    if ((ready & (ERROR | HANGUP)) !== 0) {
      life.move('gone');
      if (life.closedAt === 0) life.closedAt = Date.now();
      out.fail(transport.failure ?? closedError('send', 'the connection has ended', this.remote));
    }
    side.changed(ready);
    if ((ready & WRITABLE) !== 0) out.resume();
    this.#tell();
  }
}
