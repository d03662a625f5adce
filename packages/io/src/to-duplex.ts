import { Duplex } from 'node:stream';
import type { Socket } from '@sock/core';
import { isSocketError, SocketError } from '@sock/core';

/**
 * A Node `Duplex` over any `Socket`, for code that wants a stream. The socket is the stream's own from now on: ending the stream
 * half-closes it, destroying the stream before its end destroys it. A socket that is closed by another hand destroys the stream.
 *
 * @throws `ERR_SOCK_BUSY` while a receive waits or another reader is at work: the stream would take a part of its bytes; `ERR_SOCK_ARGUMENT` for what is no socket
 */
export function toDuplex(socket: Socket): Duplex {
  if (typeof (socket as Partial<Socket> | null | undefined)?.unread !== 'function') {
    throw new SocketError('ERR_SOCK_ARGUMENT', 'toDuplex() needs a Socket of @sock/core', { phase: 'config', category: 'usage' });
  }
  const refusal = refusalOf(socket);
  if (isSocketError(refusal, 'ERR_SOCK_BUSY')) throw refusal;
  return new SocketDuplex(socket);
}

class SocketDuplex extends Duplex {
  readonly #socket: Socket;
  #reading = false;

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    void socket.closed.then(({ cause }) => this.#broken(cause));
  }

  override _read(): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#socket.recv().then(
      (chunk) => {
        this.#reading = false;
        this.push(chunk);
      },
      (error: Error) => this.destroy(error),
    );
  }

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.#socket.send(chunk).then(() => done(), done);
  }

  override _writev(chunks: { chunk: Uint8Array }[], done: (error?: Error | null) => void): void {
    this.#socket.sendv(chunks.map(({ chunk }) => chunk)).then(() => done(), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket.shutdown().then(() => done(), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const finished = this.writableFinished;
    if (error !== null || finished) {
      if (error === null) void this.#socket.close();
      else this.#socket.destroy(error);
      return done(error);
    }
    // What was written before may be the last word of a layer above, such as the alert of a TLS engine.
    void this.#socket
      .flush({ timeout: LAST_WORD_MS })
      .catch(() => {})
      .finally(() => {
        this.#socket.destroy();
        done(null);
      });
  }

  /** A connection that is over while nobody reads is told at once; bytes that wait, and a clean end, are read first, and then it is told. */
  #broken(cause: unknown): void {
    if (this.#reading) return;
    if (!(cause instanceof Error)) {
      // Closed here, by another hand: nothing can be read any more.
      if (refusalOf(this.#socket) !== undefined) this.destroy();
    } else if (this.#socket.stats.receiveQueueBytes === 0) {
      this.destroy(cause);
    }
  }
}

/** Why nothing can be received from `socket` now, if so. */
function refusalOf(socket: Socket): unknown {
  try {
    socket.unread(NOTHING);
    return undefined;
  } catch (error) {
    return error;
  }
}

const NOTHING: Uint8Array = /*#__PURE__*/ new Uint8Array(0);
/** How long a destroyed stream's last bytes may take to leave. */
const LAST_WORD_MS = 100;
