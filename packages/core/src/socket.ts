import { bytesRefusal, listRefusal } from './bytes-refusal.ts';
import { closedError } from './close.ts';
import type { Cancel, Upgrade } from './connector.ts';
import { Budget, unhurried } from './deadline.ts';
import type { Endpoint } from './endpoint.ts';
import { upgradeSocket } from './handover.ts';
import type { SocketLimits } from './limits.ts';
import { ChunkIterator, ReceiveInto, recvAllWaiting, recvExactly, recvNext, recvvInto } from './receives.ts';
import { sendAll } from './send-all.ts';
import type { SendMode } from './send-queue.ts';
import { SocketBase } from './socket-base.ts';
import type { SendOptions, SocketOptions } from './socket-options.ts';
import type { Parts } from './socket-parts.ts';
import { socketParts } from './socket-parts.ts';
import type { Transport } from './transport.ts';

/**
 * A byte stream to a peer: one class over any {@link Transport}. Waiting calls take `{ signal, timeout }` and reject with a
 * {@link SocketError}; the `try…` calls never wait and answer 0 when they would have to.
 *
 * @example
 * for await (const chunk of socket) await socket.send(chunk);
 */
export class Socket extends SocketBase implements AsyncIterable<Uint8Array> {
  readonly #parts: Parts;

  /** @param transport - becomes this socket's own */
  constructor(transport: Transport, options?: SocketOptions) {
    const parts = socketParts(transport, options);
    super(parts);
    this.#parts = parts;
  }

  /**
   * Copies as much of `bytes` as there is room for and returns how much; 0 = would block.
   *
   * @throws `ERR_SOCK_CLOSED` after this side ended or closed; `ERR_SOCK_RESET` and others when the connection failed;
   * `ERR_SOCK_ARGUMENT` for anything but bytes
   */
  trySend(bytes: Uint8Array): number {
    const { life, out } = this.#parts;
    const refusal = life.sendRefusal() ?? bytesRefusal(bytes, this.remote);
    if (refusal !== undefined) throw refusal;
    return out.accept(bytes);
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
    const { life, out, limits } = this.#parts;
    const refusal = life.sendRefusal() ?? bytesRefusal(bytes, this.remote);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { length } = bytes;
    if (length <= limits.copyBelowBytes && length <= out.room && unhurried(options)) {
      out.accept(bytes, options?.owned);
      return DONE;
    }
    return out.send([bytes], modeOf(length, limits, options), options);
  }

  /**
   * {@link trySend} over several buffers, one after the other, as one write. The answer may end in the middle of one of them.
   *
   * @throws as {@link trySend}, before anything is sent
   */
  trySendv(chunks: readonly Uint8Array[]): number {
    const { life, out } = this.#parts;
    const refusal = life.sendRefusal() ?? listRefusal(chunks, this.remote);
    if (refusal !== undefined) throw refusal;
    return out.acceptAll(chunks);
  }

  /**
   * {@link send} over several buffers: they leave in order as one write (a `writev`; under TLS one run of full records), and no other
   * send comes between them. Buffers are the caller's again when it resolves; `error.bytesMoved` counts over all of them.
   *
   * @throws as {@link send}
   */
  sendv(chunks: readonly Uint8Array[], options?: SendOptions): Promise<void> {
    const { life, out, limits } = this.#parts;
    const refusal = life.sendRefusal() ?? listRefusal(chunks, this.remote);
    if (refusal !== undefined) return Promise.reject(refusal);
    const length = lengthOf(chunks);
    if (length <= limits.copyBelowBytes && length <= out.room && unhurried(options)) {
      out.acceptAll(chunks);
      return DONE;
    }
    // The caller's own list may change before its turn comes.
    return out.send([...chunks], modeOf(length, limits, options), options);
  }

  /** {@link sendv}, which resolves with the number of bytes when all of it was written to the operating system. */
  async sendvAll(chunks: readonly Uint8Array[], options?: SendOptions): Promise<number> {
    const budget = new Budget(options);
    // The list may change meanwhile; of what is none, sendv tells.
    const length = listRefusal(chunks, this.remote) === undefined ? lengthOf(chunks) : 0;
    await this.sendv(chunks, options === undefined ? undefined : { ...budget.rest(), owned: options.owned });
    await this.flush(budget.rest());
    return length;
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

  /**
   * Copies received bytes into `target` and returns how many; 0 = would block.
   *
   * @throws `ERR_SOCK_CLOSED` at the end of the stream, `ERR_SOCK_BUSY` while another receive waits, and the failure if there is one
   */
  tryRecv(target: Uint8Array): number {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'tryRecv', target);
    if (refusal !== undefined) throw refusal;
    const count = side.fill(target);
    if (count > 0) side.calls += 1;
    else if (side.atEnd()) throw closedError('recv', 'the peer has ended the stream', this.remote);
    return count;
  }

  /**
   * The next received bytes, as they came, not copied; `null` at a clean end.
   *
   * @throws `ERR_SOCK_RESET`, `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`, `ERR_SOCK_BUSY`, `ERR_SOCK_CLOSED` after a local close
   */
  recv(options?: Cancel): Promise<Uint8Array | null> {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'recv');
    if (refusal !== undefined) return Promise.reject(refusal);
    const chunk = side.empty || !unhurried(options) ? null : side.take();
    if (chunk === null) return side.until(recvNext(side), options);
    side.calls += 1;
    return Promise.resolve(chunk);
  }

  /** Copies the next received bytes into `target` and returns how many, at least one; `null` at a clean end. Throws as {@link recv}. */
  recvInto(target: Uint8Array, options?: Cancel): Promise<number | null> {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'recvInto', target);
    if (refusal !== undefined) return Promise.reject(refusal);
    const count = side.empty || !unhurried(options) ? 0 : side.fill(target);
    if (count === 0) return side.until(new ReceiveInto(side, target), options);
    side.calls += 1;
    return Promise.resolve(count);
  }

  /** {@link tryRecv} into several buffers, one after the other: a header and a body, say. */
  tryRecvv(targets: readonly Uint8Array[]): number {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'tryRecvv', targets);
    if (refusal !== undefined) throw refusal;
    const count = side.fillAll(targets);
    if (count > 0) side.calls += 1;
    else if (side.atEnd()) throw closedError('recv', 'the peer has ended the stream', this.remote);
    return count;
  }

  /**
   * All chunks that have come, at least one, as they came, not copied; `null` at a clean end. Never more than the receive queue holds.
   *
   * @throws as {@link recv}
   */
  recvv(options?: Cancel): Promise<Uint8Array[] | null> {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'recvv');
    if (refusal !== undefined) return Promise.reject(refusal);
    return side.until(recvAllWaiting(side), options);
  }

  /** {@link recvInto} with several buffers, one after the other; resolves with the bytes that they got together, at least one. */
  recvvInto(targets: readonly Uint8Array[], options?: Cancel): Promise<number | null> {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'recvvInto', targets);
    if (refusal !== undefined) return Promise.reject(refusal);
    return side.until(recvvInto(side, [...targets]), options);
  }

  /**
   * Exactly `length` bytes. When it fails, early or late, all bytes that came stay readable.
   *
   * @throws `ERR_SOCK_UNEXPECTED_END` when the peer ends before; else as {@link recv}
   */
  recvExactly(length: number, options?: Cancel): Promise<Uint8Array> {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'recvExactly', length);
    return refusal === undefined ? side.until(recvExactly(side, length, this.remote), options) : Promise.reject(refusal);
  }

  /**
   * Puts bytes back: the next receive has them first. For a protocol that has read further than its own part, before an upgrade.
   *
   * @throws as {@link tryRecv}
   */
  unread(bytes: Uint8Array): void {
    const { life, side } = this.#parts;
    const refusal = life.recvRefusal(side, 'unread', bytes);
    if (refusal !== undefined) throw refusal;
    side.unread(bytes);
  }

  /** The received chunks until a clean end. Leaving the loop early leaves the socket open and loses nothing. */
  [Symbol.asyncIterator](): AsyncIterator<Uint8Array, undefined> {
    const { life, side } = this.#parts;
    return new ChunkIterator(life, side);
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
    return upgradeSocket(this, this.#parts, upgrade, target, options);
  }
}

/** One for all sends that need not wait. */
const DONE: Promise<void> = /*#__PURE__*/ Promise.resolve();

/** What can be taken back must be copied; what is given away, or waited for until it is written, need not be. */
function modeOf(length: number, { copyBelowBytes }: SocketLimits, options: SendOptions | undefined): SendMode {
  if (options?.owned === true) return 'own';
  return options?.signal !== undefined || options?.timeout !== undefined || length <= copyBelowBytes ? 'copy' : 'lend';
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  let sum = 0;
  for (const { length } of chunks) sum += length;
  return sum;
}
