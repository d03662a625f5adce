import type { Cancel, Socket } from '@sock/core';
import { ERROR, HANGUP, SocketError, wait, WRITABLE } from '@sock/core';
import { fileErrno, fileFault } from './file-fault.ts';
import type { SendfileValues } from './sendfile-options.ts';
import type { SourceFile } from './source-file.ts';

interface Chunk {
  readonly buffer: Uint8Array;
  readonly bytes: Uint8Array;
  /** How many of `bytes` the file had. */
  readonly count: Promise<number>;
}

/**
 * Moves a part of a file to a socket: reads ahead while earlier chunks are written. A buffer is used again only once the socket has given
 * it back, and a chunk goes to the socket only while that has room, so that no more is on its way than fits, and one chunk.
 */
export class FilePump {
  readonly #socket: Socket;
  readonly #source: SourceFile;
  readonly #end: number;
  readonly #chunkSize: number;
  readonly #maxInFlight: number;
  readonly #onSent: (bytes: number) => void;
  /** In the order of the file. */
  readonly #chunks: Chunk[] = [];
  readonly #free: Uint8Array[] = [];
  #buffers = 0;
  /** Chunks that the socket has not given back. */
  #lent = 0;
  #readTo: number;
  #running = true;
  #fail: (error: unknown) => void = nothing;
  #wake: () => void = nothing;
  /** The place in the file behind the last byte that the socket took. */
  offset: number;

  /** @param onSent - called with the size of each chunk that the socket has given back */
  constructor(socket: Socket, source: SourceFile, begin: number, end: number, values: SendfileValues, onSent: (bytes: number) => void) {
    this.#socket = socket;
    this.#source = source;
    this.offset = this.#readTo = begin;
    this.#end = end;
    this.#chunkSize = Math.min(values.chunkSize, end - begin);
    this.#maxInFlight = values.maxInFlight;
    this.#onSent = onSent;
  }

  /** Runs to the end, or to the first thing that stops it; nothing is read or sent after that, and `offset` stays. */
  async run(cancel: Cancel): Promise<void> {
    const unwatch = this.#socket.onReady((ready) => {
      if ((ready & (ERROR | HANGUP)) !== 0) this.#writable();
      this.#wake();
    });
    try {
      await wait<void>(cancel, { phase: 'send', what: 'sendfile', endpoint: this.#socket.remote }, (resolve, reject) => {
        this.#fail = (error) => {
          this.#running = false;
          reject(error);
        };
        this.#move().then(resolve, this.#fail);
        return () => {
          this.#running = false;
        };
      });
    } finally {
      this.#running = false;
      unwatch();
      // Whoever waits there finds that it is over.
      this.#wake();
    }
  }

  async #move(): Promise<void> {
    while (this.#running && this.offset < this.#end) {
      this.#readAhead();
      const chunk = this.#chunks.shift();
      // All buffers are with the socket.
      if (chunk === undefined) {
        await this.#changed();
        continue;
      }
      const count = await chunk.count;
      while (this.#running && !this.#writable()) await this.#changed();
      if (!this.#running) return;
      if (count > 0) this.#lend(chunk, count);
      if (count < chunk.bytes.length) throw this.#truncated();
    }
    if (!this.#running) return;
    const [change] = await Promise.all([this.#source.change().catch((error: unknown) => Promise.reject(fileErrno(error))), this.#drained()]);
    if (change !== undefined) throw fileFault('ERR_SOCK_FILE_CHANGED', `the file changed while it was sent: ${change}. All bytes that were asked for are sent; when the peer must not keep them, tell it so, or destroy the connection`, 'protocol');
  }

  #readAhead(): void {
    while (this.#running && this.#readTo < this.#end && (this.#free.length > 0 || this.#buffers < this.#maxInFlight)) {
      const buffer = this.#free.pop() ?? this.#newBuffer();
      const length = Math.min(buffer.length, this.#end - this.#readTo);
      const bytes = length === buffer.length ? buffer : buffer.subarray(0, length);
      const count = this.#source.fill(bytes, this.#readTo);
      // It may fail while nobody waits for it yet.
      count.catch(nothing);
      this.#chunks.push({ buffer, bytes, count });
      this.#readTo += length;
    }
  }

  #newBuffer(): Uint8Array {
    this.#buffers += 1;
    // Not zeroed: only what was read into it is ever sent. Not of Node's own pool, a part of which would be kept alive by it.
    return Buffer.allocUnsafeSlow(this.#chunkSize);
  }

  /** Whether the socket has room. Stops when it takes nothing any more. */
  #writable(): boolean {
    if ((this.#socket.ready & WRITABLE) !== 0) return true;
    try {
      // Nothing is sent: it throws when, and why, nothing can be.
      this.#socket.trySend(EMPTY);
    } catch (error) {
      this.#fail(error);
    }
    return false;
  }

  #lend({ buffer, bytes }: Chunk, count: number): void {
    this.#lent += 1;
    this.offset += count;
    this.#socket.send(count === bytes.length ? bytes : bytes.subarray(0, count)).then(() => {
      this.#lent -= 1;
      this.#free.push(buffer);
      if (!this.#running) return;
      this.#readAhead();
      this.#sent(count);
      this.#wake();
    }, this.#fail);
  }

  #sent(count: number): void {
    try {
      this.#onSent(count);
    } catch (cause) {
      this.#fail(new SocketError('ERR_SOCK_ABORTED', 'onProgress threw', { phase: 'send', category: 'aborted', endpoint: this.#socket.remote, cause }));
    }
  }

  async #drained(): Promise<void> {
    while (this.#running && this.#lent > 0) await this.#changed();
    // Small chunks were copied, and may wait in the socket still.
    await this.#socket.flush();
  }

  #changed(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  #truncated(): SocketError {
    return fileFault('ERR_SOCK_FILE_TRUNCATED', `the file ends here now, ${this.#end - this.offset} bytes too early: somebody shortened it. When the peer waits for more, destroy the connection`, 'protocol');
  }
}

const EMPTY = /*#__PURE__*/ new Uint8Array(0);

function nothing(): void {}
