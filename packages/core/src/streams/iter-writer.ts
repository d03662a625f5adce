import { checkNames, wrongOption } from '@sock/config';
import { bytesRefusal, listRefusal } from '../bytes-refusal.ts';
import { wait } from '../deadline.ts';
import { isSocketError } from '../errors.ts';
import { ERROR, HANGUP, WRITABLE } from '../ready.ts';
import type { Socket } from '../socket.ts';
import type { Parts } from '../socket-parts.ts';
import { partsOf } from './receiving.ts';

/** Options of {@link iterWriter}. */
export interface IterWriterOptions {
  /** Chunks are given away, see `send`: a write is over when they were accepted. Default: **false** */
  readonly owned?: boolean | undefined;
}

/** Options of one write or of `end`. */
export interface IterWriteOptions {
  /** Ends this call alone; the writer goes on. Rejects with `ERR_SOCK_ABORTED`; `error.bytesMoved` were sent already. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The `Writer` of the WinterTC draft "Iterable Streams API" (WinterTC55/iter-streams, index.bs at 0b57920; `node:stream/iter` of Node 26 and 27,
 * experimental there), over a socket. Text is sent as UTF-8.
 */
export interface IterWriter extends AsyncDisposable, Disposable {
  /** Whether there is room in the socket's queue; `null` when the writer ends, has ended or failed. */
  readonly canWrite: boolean | null;
  /** How many bytes of room. The name that Node 25.9 has in place of {@link canWrite}. */
  readonly desiredSize: number | null;
  /** Resolves as `Socket.send` does: in the order of the calls, and the chunk may be used again. */
  write(chunk: Uint8Array | string, options?: IterWriteOptions): Promise<void>;
  /** {@link write} of several chunks as one: nothing comes between them. */
  writev(chunks: readonly (Uint8Array | string)[], options?: IterWriteOptions): Promise<void>;
  /** Copies all of `chunk`, if there is room for it; `false` = none of it was taken, `write()` will wait. */
  writeSync(chunk: Uint8Array | string): boolean;
  /** {@link writeSync} of several chunks: all of them or none. */
  writevSync(chunks: readonly (Uint8Array | string)[]): boolean;
  /** This side's end (half-close), behind all that was written. Resolves, when it has left, with the number of bytes written. */
  end(options?: IterWriteOptions): Promise<number>;
  /** The number of bytes written after {@link end} has resolved, else -1: an end does not leave without waiting. */
  endSync(): number;
  /** Destroys the connection with `reason`, unless it has ended or failed: the peer sees a reset. */
  fail(reason?: unknown): void;
}

/**
 * An {@link IterWriter} over `socket`: what `pipeTo(source, writer)` of `node:stream/iter` writes to. Unlike with `push()`, writes that were not waited
 * for stand in line up to `maxWaitingSends`, and all errors are typed.
 *
 * @throws `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG` for an option that is wrong. Writes fail as `send` does
 */
export function iterWriter(socket: Socket, options?: IterWriterOptions): IterWriter {
  checkNames('iterWriter', options, ['owned']);
  const owned = options?.owned ?? false;
  if (typeof owned !== 'boolean') throw wrongOption('iterWriter', 'owned', owned, 'true or false');
  return new SocketWriter(socket, partsOf(socket, 'iterWriter'), owned);
}

const DRAINABLE: unique symbol = /*#__PURE__*/ Symbol.for('Stream.drainableProtocol') as never;

type State = 'open' | 'closing' | 'closed' | 'failed';

class SocketWriter implements IterWriter {
  readonly #socket: Socket;
  readonly #parts: Parts;
  readonly #owned: boolean;
  #state: State = 'open';
  #bytes = 0;
  #end: Promise<number> | undefined;

  constructor(socket: Socket, parts: Parts, owned: boolean) {
    this.#socket = socket;
    this.#parts = parts;
    this.#owned = owned;
  }

  get canWrite(): boolean | null {
    const size = this.desiredSize;
    return size === null ? null : size > 0;
  }

  get desiredSize(): number | null {
    return this.#open ? this.#parts.out.room : null;
  }

  async write(chunk: Uint8Array | string, options?: IterWriteOptions): Promise<void> {
    checkNames('write', options, SIGNAL);
    const bytes = this.#bytesOf(chunk);
    await this.#sent(this.#socket.send(bytes, { signal: options?.signal, owned: this.#owned }), bytes.length);
  }

  async writev(chunks: readonly (Uint8Array | string)[], options?: IterWriteOptions): Promise<void> {
    checkNames('writev', options, SIGNAL);
    const list = this.#listOf(chunks);
    await this.#sent(this.#socket.sendv(list, { signal: options?.signal, owned: this.#owned }), lengthOf(list));
  }

  writeSync(chunk: Uint8Array | string): boolean {
    return this.#accept([this.#bytesOf(chunk)]);
  }

  writevSync(chunks: readonly (Uint8Array | string)[]): boolean {
    return this.#accept(this.#listOf(chunks));
  }

  async end(options?: IterWriteOptions): Promise<number> {
    checkNames('end', options, SIGNAL);
    return await wait<number>(options, { phase: 'shutdown', what: 'end', endpoint: this.#socket.remote }, (resolve, reject) => {
      this.#end ??= this.#ending();
      this.#end.then(resolve, reject);
    });
  }

  endSync(): number {
    return this.#state === 'closed' ? this.#bytes : -1;
  }

  fail(reason?: unknown): void {
    if (this.#state === 'closed' || this.#state === 'failed') return;
    this.#state = 'failed';
    this.#socket.destroy(reason);
  }

  /** The protocol by which `ondrain(writer)` of `node:stream/iter` asks for room: `true` when there is, `false` when the writer has ended. */
  [DRAINABLE](): Promise<boolean> | null {
    if (!this.#open) return null;
    if (this.#parts.out.room > 0) return Promise.resolve(true);
    return new Promise((resolve, reject) => {
      const unwatch = this.#socket.onReady((ready) => {
        if (this.#open && (ready & (WRITABLE | ERROR | HANGUP)) === 0) return;
        unwatch();
        const { failure } = this.#parts.transport;
        if (failure === undefined) resolve(this.#open);
        else reject(failure);
      });
    });
  }

  [Symbol.dispose](): void {
    this.fail();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#state === 'closing') await this.#end;
    else this.fail();
  }

  async #ending(): Promise<number> {
    if (this.#state === 'open') this.#state = 'closing';
    try {
      await this.#socket.shutdown();
    } catch (error) {
      this.#state = 'failed';
      throw error;
    }
    this.#state = 'closed';
    return this.#bytes;
  }

  /** Counts what was sent, of a write that was cancelled too. */
  async #sent(sending: Promise<void>, length: number): Promise<void> {
    try {
      await sending;
      this.#bytes += length;
    } catch (error) {
      if (isSocketError(error)) this.#bytes += error.bytesMoved;
      throw error;
    }
  }

  get #open(): boolean {
    return this.#state === 'open' && this.#parts.life.sendRefusal() === undefined;
  }

  #accept(list: readonly Uint8Array[]): boolean {
    const length = lengthOf(list);
    if (!this.#open || length > this.#parts.out.room) return false;
    this.#parts.out.acceptAll(list);
    this.#bytes += length;
    return true;
  }

  /** @throws `ERR_SOCK_ARGUMENT` */
  #bytesOf(chunk: Uint8Array | string): Uint8Array {
    const bytes = encoded(chunk);
    const refusal = bytesRefusal(bytes, this.#socket.remote);
    if (refusal !== undefined) throw refusal;
    return bytes;
  }

  /** @throws `ERR_SOCK_ARGUMENT` before any of it is sent */
  #listOf(chunks: readonly (Uint8Array | string)[]): Uint8Array[] {
    const list: unknown = Array.isArray(chunks) ? chunks.map((chunk: Uint8Array | string) => encoded(chunk)) : chunks;
    const refusal = listRefusal(list, this.#socket.remote);
    if (refusal !== undefined) throw refusal;
    return list as Uint8Array[];
  }
}

const SIGNAL: readonly string[] = ['signal'];

function encoded(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk;
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  let sum = 0;
  for (const { length } of chunks) sum += length;
  return sum;
}
