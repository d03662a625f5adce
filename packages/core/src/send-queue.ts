import { copyOf } from './concat.ts';
import type { Cancel } from './connector.ts';
import type { WaitContext } from './deadline.ts';
import { wait } from './deadline.ts';
import { at } from './endpoint-text.ts';
import { SocketError } from './errors.ts';
import { Fifo } from './fifo.ts';
import type { SocketLimits } from './limits.ts';
import { Slab } from './slab.ts';
import type { Transport } from './transport.ts';

/** Bytes at which a turn's sends leave without waiting for its end. */
const BATCH = 64 * 1024;
/** The largest write: the system takes more at once, and a second one fits into the default queue meanwhile. Half of it cost a fifth more, twice as much gained nothing. */
const PIECE = 128 * 1024;
/** What is given away and at least so long is not copied: a copy costs less than a buffer more in a write below that. */
const KEEP_FROM = 4 * 1024;

/**
 * How the bytes of one send are treated:
 * - `copy`: copied as room comes free, so that it can be taken back at any time
 * - `lend`: sent from the caller's buffer, done when written
 * - `own`: the buffer was given away, done when all of it was accepted
 */
export type SendMode = 'copy' | 'lend' | 'own';

interface Waiting {
  readonly chunks: readonly Uint8Array[];
  readonly mode: SendMode;
  /** The chunk that is next, and where in it. */
  index: number;
  offset: number;
  /** Bytes accepted of all chunks. */
  moved: number;
  resolve(): void;
  reject(error: unknown): void;
}

interface Mark {
  readonly at: number;
  resolve(): void;
  reject(error: unknown): void;
}

/**
 * The sending half of a `Socket`: a queue with a limit in bytes. What one turn accepts goes to the transport as one batch, at
 * the moment the transport chooses.
 */
export class SendQueue {
  readonly #transport: Transport;
  readonly #received: { readonly bytes: number };
  readonly #onRoom: () => void;
  readonly #limit: number;
  readonly #piece: number;
  readonly #maxWaiting: number;
  readonly #slab = new Slab();
  readonly #waiting = new Fifo<Waiting>();
  /** Those who wait until a certain byte was written, in the order of that byte. */
  readonly #marks = new Fifo<Mark>();
  /** Sizes of the pushes that the transport has not reported yet. */
  readonly #pushes = new Fifo<number>();
  #batch: Uint8Array[] = [];
  #unpushed = 0;
  #deferred = false;
  #pushing = false;
  /** What had been received when something was sent last. */
  #answered = 0;
  /** What came last was answered by one send alone. */
  #lone = false;
  /** The transport took less than it was offered, and will tell when that changes. */
  #blocked = false;
  #accepted = 0;
  #written = 0;
  /** Why it takes nothing any more; the error is made when somebody gets it. */
  #failure: (() => Error) | undefined;
  /** A send was given up in the middle of its bytes: the peer cannot know where the next one begins. */
  cut = false;
  /** Sends that accepted at least one byte. */
  calls = 0;
  lastAt = 0;
  lastWrittenAt = 0;

  /**
   * @param onRoom - called after each write, when there may be room again
   * @param received - how much was received so far: a send may be the answer to it
   */
  constructor(transport: Transport, limits: SocketLimits, onRoom: () => void, received: { readonly bytes: number }) {
    this.#transport = transport;
    this.#received = received;
    this.#onRoom = onRoom;
    this.#limit = limits.sendQueueBytes;
    this.#piece = Math.min(PIECE, limits.sendQueueBytes);
    this.#maxWaiting = limits.maxWaitingSends;
  }

  /** Bytes accepted since the beginning. */
  get accepted(): number {
    return this.#accepted;
  }

  /** Bytes that the transport has written. */
  get written(): number {
    return this.#written;
  }

  /** Bytes that may be accepted now; 0 while an earlier send waits, for the order. */
  get room(): number {
    return this.#waiting.length === 0 && this.#failure === undefined ? this.#limit - (this.#accepted - this.#written) : 0;
  }

  /** A send or a flush waits. */
  get waiting(): boolean {
    return this.#waiting.length > 0;
  }

  /** Copies what there is room for; what was given away (`owned`) and is long, or leaves at once, is not copied. */
  accept(bytes: Uint8Array, owned: boolean = false): number {
    const count = Math.min(bytes.length, this.room);
    if (count === 0) return 0;
    this.#begun();
    const now = this.#isAnswer();
    // A slab for it alone would be memory that nobody uses.
    if (owned && (now || count >= KEEP_FROM)) this.#append(bytes.subarray(0, count));
    else if (now) this.#append(this.#copyOf(count === bytes.length ? bytes : bytes.subarray(0, count)));
    else this.#copy(bytes, 0, count);
    this.#leave(now);
    return count;
  }

  /** Copies what there is room for, as one call. */
  acceptAll(chunks: readonly Uint8Array[]): number {
    let sum = 0;
    const now = this.#isAnswer();
    for (const bytes of chunks) {
      const count = Math.min(bytes.length, this.room);
      if (count > 0) {
        if (sum === 0) this.#begun();
        this.#copy(bytes, 0, count);
        sum += count;
      }
      if (count < bytes.length) break;
    }
    this.#leave(now);
    return sum;
  }

  /**
   * Accepts all of `chunks`, in order behind earlier sends, and nothing between them. A cancel takes back what was not accepted yet; the
   * error tells how much was.
   */
  send(chunks: readonly Uint8Array[], mode: SendMode, cancel: Cancel | undefined): Promise<void> {
    let moved = (): number => 0;
    const context = { phase: 'send', endpoint: this.#transport.remote, moved: () => moved() } as const;
    return wait<void>(cancel, context, (resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure());
      if (this.#waiting.length >= this.#maxWaiting) return reject(this.#tooMany());
      const entry: Waiting = { chunks, mode, index: 0, offset: 0, moved: 0, resolve, reject };
      moved = () => entry.moved;
      this.#waiting.push(entry);
      this.#admit();
      return () => {
        // The room that it waited for may be enough for the one behind it, or for the next to come.
        if (!this.#waiting.remove(entry)) return;
        if (entry.moved > 0) this.cut = true;
        this.#admit();
        this.#onRoom();
      };
    });
  }

  /** Resolves when everything accepted or waiting now was written. */
  flushed(cancel: Cancel | undefined, context: WaitContext): Promise<void> {
    return wait<void>(cancel, context, (resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure());
      if (this.#waiting.length === 0) return this.#mark(resolve, reject);
      // Stands in line behind the sends that wait, and becomes a mark once they were accepted.
      const entry: Waiting = { chunks: NONE, mode: 'lend', index: 0, offset: 0, moved: 0, resolve, reject };
      this.#waiting.push(entry);
      return () => void this.#waiting.remove(entry);
    });
  }

  /** Sends wait no more: each one fails with that error. It is made when one does: most connections end with none, and an error costs a walk over the stack. */
  fail(why: () => Error): void {
    if (this.#failure !== undefined) return;
    let error: Error | undefined;
    const failure = (): Error => (error ??= why());
    this.#failure = failure;
    this.#batch = [];
    for (const { reject } of [...this.#waiting.drain(), ...this.#marks.drain()]) reject(failure());
  }

  /** The transport may have room again. */
  resume(): void {
    if (!this.#blocked) return;
    this.#blocked = false;
    this.#flush();
  }

  #mark(resolve: () => void, reject: (error: unknown) => void): (() => void) | void {
    if (this.#written === this.#accepted) return resolve();
    const mark: Mark = { at: this.#accepted, resolve, reject };
    this.#marks.push(mark);
    return () => void this.#marks.remove(mark);
  }

  /** Accepts from the waiting sends, while there is room. */
  #admit(): void {
    for (let entry = this.#waiting.peek(); entry !== undefined; entry = this.#waiting.peek()) {
      const now = this.#isAnswer();
      const whole = this.#admitChunks(entry);
      this.#leave(now);
      if (!whole) return;
      this.#waiting.shift();
      if (entry.mode === 'lend') this.#mark(entry.resolve, entry.reject);
      else entry.resolve();
    }
  }

  /** Accepts piece by piece, while there is room for a whole piece: crumbs would cost a write each. Whether all of it was. */
  #admitChunks(entry: Waiting): boolean {
    const { chunks, mode } = entry;
    while (entry.index < chunks.length) {
      const bytes = chunks[entry.index] as Uint8Array;
      const count = Math.min(bytes.length - entry.offset, this.#piece);
      if (count > this.#limit - (this.#accepted - this.#written)) return false;
      if (entry.moved === 0 && count > 0) this.#begun();
      if (mode === 'copy') this.#copy(bytes, entry.offset, count);
      else if (count > 0) this.#append(bytes.subarray(entry.offset, entry.offset + count));
      entry.offset += count;
      entry.moved += count;
      if (entry.offset < bytes.length) continue;
      entry.index += 1;
      entry.offset = 0;
    }
    return true;
  }

  #tooMany(): SocketError<'ERR_SOCK_LIMIT'> {
    const endpoint = this.#transport.remote;
    const message = `${this.#maxWaiting} sends${at('to', endpoint)} wait for room already (maxWaitingSends): await each send, or look at trySend()`;
    return new SocketError('ERR_SOCK_LIMIT', message, { phase: 'send', category: 'limit', endpoint });
  }

  #begun(): void {
    this.calls += 1;
    this.lastAt = Date.now();
  }

  #copyOf(bytes: Uint8Array): Uint8Array {
    return this.#transport.copy?.(bytes) ?? copyOf(bytes);
  }

  #copy(bytes: Uint8Array, offset: number, count: number): void {
    this.#slab.copy(bytes, offset, count, this.#batch);
    this.#count(count);
  }

  #append(piece: Uint8Array): void {
    this.#slab.seal(this.#batch);
    this.#batch.push(piece);
    this.#count(piece.length);
  }

  #count(bytes: number): void {
    this.#accepted += bytes;
    this.#unpushed += bytes;
    if (this.#unpushed >= BATCH) this.#flush();
  }

  /**
   * Whether the send that begins is an answer that leaves at once, for its peer waits: nothing else is under way, nothing more has come that wants
   * an answer, and the one before it stayed alone, so that most likely this is the only send of its turn, too.
   */
  #isAnswer(): boolean {
    const { bytes } = this.#received;
    const answers = bytes !== this.#answered;
    const alone = this.#lone;
    this.#answered = bytes;
    this.#lone = answers;
    return answers && alone && this.#unpushed === 0 && this.#transport.buffered === 0;
  }

  /** What a send has accepted leaves `now`, or with the others of its turn. */
  #leave(now: boolean): void {
    if (this.#unpushed === 0 || this.#deferred) return;
    if (now) return this.#flush();
    this.#deferred = true;
    this.#transport.defer(this.#flushDeferred);
  }

  readonly #flushDeferred = (): void => {
    this.#deferred = false;
    this.#flush();
  };

  #flush(): void {
    // The transport may report readiness from inside a push, and so come back here: later bytes must not overtake the rest.
    if (this.#pushing) return;
    for (let taken = 1; taken > 0; ) {
      this.#slab.seal(this.#batch);
      if (this.#batch.length === 0 || this.#failure !== undefined) return;
      const batch = this.#batch;
      const offered = this.#unpushed;
      this.#batch = [];
      this.#unpushed = 0;
      this.#pushing = true;
      taken = this.#transport.push(batch, this.#onWritten);
      this.#pushing = false;
      if (taken > 0) this.#pushes.push(taken);
      if (taken === offered) continue;
      this.#batch = [...restOf(batch, taken), ...this.#batch];
      this.#unpushed += offered - taken;
      this.#blocked = taken === 0;
    }
  }

  readonly #onWritten = (cause?: unknown): void => {
    const size = this.#pushes.shift();
    // A failed write is told by the transport's failure, once and typed; the bytes never count as written.
    if (size === undefined || (cause ?? undefined) !== undefined) return;
    this.#written += size;
    this.lastWrittenAt = Date.now();
    if (this.#written === this.#accepted) this.#slab.rewind();
    for (let mark = this.#marks.peek(); mark !== undefined && mark.at <= this.#written; mark = this.#marks.peek()) {
      this.#marks.shift();
      mark.resolve();
    }
    this.#admit();
    this.#onRoom();
  };
}

const NONE: readonly Uint8Array[] = [];

function restOf(chunks: readonly Uint8Array[], taken: number): Uint8Array[] {
  let index = 0;
  while (index < chunks.length && taken >= (chunks[index] as Uint8Array).length) {
    taken -= (chunks[index] as Uint8Array).length;
    index += 1;
  }
  const rest = chunks.slice(index);
  if (taken > 0) rest[0] = (rest[0] as Uint8Array).subarray(taken);
  return rest;
}
