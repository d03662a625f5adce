import { closedError, closeGracefully, detachedError, writeEnd } from './close.ts';
import type { Cancel, Closable } from './connector.ts';
import { wait } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import { cutShort, detachSocket } from './handover.ts';
import type { InfoKey } from './info-key.ts';
import { ERROR, HANGUP, WRITABLE } from './ready.ts';
import type { Detached } from './socket-options.ts';
import type { Parts } from './socket-parts.ts';
import { PARTS, readyOf } from './socket-parts.ts';
import type { SocketStats } from './socket-stats.ts';
import { socketStats } from './socket-stats.ts';
import type { CloseReason, Facts, Pollable, ReadyMask, Want } from './transport.ts';

/** A socket's readiness, facts and end; `Socket` adds what moves bytes. */
export class SocketBase implements Pollable, Closable, Facts {
  readonly #parts: Parts;
  readonly #unwatch: () => void;
  /** This side's end on its way: begun once, not cancelled with the call that asked for it. */
  #end: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const { transport } = parts;
    this.#unwatch = transport.onReady((ready) => this.#changed(ready));
    // A transport that failed or closed before it came here has no event left to tell.
    if ((transport.ready & (ERROR | HANGUP)) !== 0) this.#changed(transport.ready);
  }

  /** This side's address, as far as the transport knows it. */
  get local(): Endpoint | undefined {
    return this.#parts.transport.local;
  }

  /** The peer's address, as far as the transport knows it. */
  get remote(): Endpoint | undefined {
    return this.#parts.transport.remote;
  }

  /** What a layer below waits for, for its own sake (a handshake). */
  get want(): Want {
    return this.#parts.life.want;
  }

  get closed(): Promise<CloseReason> {
    return this.#parts.transport.closed;
  }

  get<T>(key: InfoKey<T>): T | undefined {
    if (key.symbol === PARTS.symbol) return this.#parts as T;
    const { life, transport } = this.#parts;
    return life.state === 'detached' ? undefined : transport.get(key);
  }

  get ready(): ReadyMask {
    return readyOf(this.#parts);
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#parts.signal.on(listener);
  }

  /** A snapshot of what was done so far. */
  get stats(): SocketStats {
    return socketStats(this.#parts);
  }

  /** Resolves when everything sent so far was written to the operating system. */
  flush(options?: Cancel): Promise<void> {
    const { life, out } = this.#parts;
    if (life.state === 'detached') return Promise.reject(detachedError(this.remote));
    return out.flushed(options, { phase: 'send', what: 'flush', endpoint: this.remote });
  }

  /**
   * Half close: everything sent is written, then this side's end (FIN; close_notify and FIN under TLS). Receiving goes on.
   * Resolves when the end has left. A cancel ends the waiting alone: the end is on its way, and another call waits for it again.
   */
  shutdown(options?: Cancel): Promise<void> {
    const { life, transport, out } = this.#parts;
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
    const { life: { state }, transport, out, limits } = this.#parts;
    if (state === 'detached') return cutShort(this.#parts);
    if (this.#closing === undefined) {
      this.#release('this socket was closed');
      if (state === 'open' || state === 'parked' || state === 'finished') this.#end ??= writeEnd(transport, out);
      this.#closing = closeGracefully(transport, state === 'gone' ? undefined : this.#end, limits, options);
    }
    return this.#closing;
  }

  /** Drops what was not written and releases everything now; the peer sees an abort where the medium has one. */
  destroy(cause?: unknown): void {
    // A second call still matters: it cuts a graceful close short.
    const { life, out, transport } = this.#parts;
    if (life.state === 'detached') return void cutShort(this.#parts, cause);
    this.#release('this socket was destroyed', cause);
    out.fail(() => closedError('send', 'this socket was destroyed', this.remote, cause));
    transport.destroy(cause);
  }

  /** As `close()`, for `await using`. */
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
    const detached = await detachSocket(this.#parts, options, () => this.#parts.signal.emit(HANGUP));
    this.#unwatch();
    return detached;
  }

  #release(why: string, cause?: unknown): void {
    const { life, side } = this.#parts;
    if (life.move('released')) side.fail(() => closedError('recv', why, this.remote, cause));
  }

  #changed(ready: ReadyMask): void {
    const { life, transport, out, side, tell } = this.#parts;
    if ((ready & (ERROR | HANGUP)) !== 0) {
      life.move('gone');
      if (life.closedAt === 0) life.closedAt = Date.now();
      const { failure } = transport;
      out.fail(() => failure ?? closedError('send', 'the connection has ended', this.remote));
    }
    side.changed(ready);
    if ((ready & WRITABLE) !== 0) out.resume();
    tell();
  }
}
