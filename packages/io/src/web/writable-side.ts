import type { UnderlyingSink } from 'node:stream/web';
import type { Socket } from '@sock/core';
import { ClosableStream } from './closable-stream.ts';
import { misuse, toSocketError } from './socket-error.ts';

/** What may be written. */
export type WritableChunk = Uint8Array | ArrayBuffer | ArrayBufferView | string;

/**
 * The writable of a connection that may still be to come: writes wait for it. A write is done when the socket has taken its bytes over.
 */
export class WritableSide {
  readonly stream: ClosableStream<WritableChunk>;
  readonly #connected: Promise<Socket>;
  readonly #end: (socket: Socket) => Promise<void>;
  #socket: Socket | undefined;
  /** Chunks that the program wrote, and those of them that the socket was given. */
  #written = 0;
  #handed = 0;
  #state: 'open' | 'ended' | 'aborted' = 'open';

  /** @param end - ends this side of `socket`, as the stream was closed */
  constructor(connected: Promise<Socket>, end: (socket: Socket) => Promise<void>) {
    this.#connected = connected;
    this.#end = end;
    connected.then((socket) => void (this.#socket = socket), () => {});
    const size = (): number => {
      this.#written += 1;
      return 1;
    };
    const sink: UnderlyingSink<WritableChunk> = {
      write: (chunk) => this.#write(chunk),
      close: () => this.#close(),
      abort: () => {
        this.#state = 'aborted';
      },
    };
    this.stream = new ClosableStream(sink, { highWaterMark: 1, size });
  }

  /** Something was written that the socket never got: what the peer has must not look like the whole. */
  get cutShort(): boolean {
    return this.#state === 'aborted' || (this.#state === 'open' && this.#written > this.#handed);
  }

  /** Aborts the stream, also a locked one. A chunk that the socket has begun to send is still sent. */
  abort(reason: unknown): void {
    this.stream.fail(reason);
  }

  /** Closes the stream behind all that was written; where whoever locked it cannot be asked, it fails with `why`. Never rejects. */
  async finish(why: Error): Promise<void> {
    await this.stream.finish(why);
  }

  async #write(chunk: WritableChunk): Promise<void> {
    const bytes = toBytes(chunk);
    // In the same turn where that can be: a close right behind the write must find it in the socket.
    const socket = this.#socket ?? (await this.#connected);
    const sent = socket.send(bytes);
    this.#handed += 1;
    await sent.catch((cause: unknown) => {
      throw toSocketError(cause);
    });
  }

  async #close(): Promise<void> {
    this.#state = 'ended';
    await this.#end(await this.#connected).catch((cause: unknown) => {
      throw toSocketError(cause);
    });
  }
}

function toBytes(chunk: WritableChunk): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk;
  if (typeof chunk === 'string') return new TextEncoder().encode(chunk);
  if (ArrayBuffer.isView(chunk)) return new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  if (chunk instanceof ArrayBuffer) return new Uint8Array(chunk);
  throw misuse(`a ${typeof chunk} was written: it takes bytes (Uint8Array, ArrayBuffer, a view) or text`, 'send');
}
