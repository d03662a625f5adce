import type { Duplex } from 'node:stream';
import type { CloseReason, Endpoint, InfoKey, LoopRef, ReadyMask, Taker, Transport, Want } from '@sock/core';
import { closedError, closeReason, copyOf, coreSection, detachedError, ENDED, ERROR, HANGUP, LOOP_REF, READABLE, ReadySignal, WRITABLE } from '@sock/core';
import type { DuplexTransportOptions } from './duplex-transport-options.ts';
import { fromErrno } from './errno.ts';
import { land, landInStream, leaveLanding } from './landing.ts';
import { LandingQueue } from './landing-queue.ts';
import type { NodeDuplex } from './node-duplex.ts';
import { NODE_DUPLEX } from './node-duplex.ts';
import { brokenOff, isOfWrite, notBytes } from './stream-fault.ts';

/**
 * Where a stream keeps the transport that stands over it. Listeners are the same functions for all transports and find theirs there: closures for each of
 * them were half a KiB for each connection.
 */
const OVER: unique symbol = /*#__PURE__*/ Symbol('transport');

interface Carrying extends Duplex {
  [OVER]?: DuplexTransport | undefined;
}

/** What a stream tells. */
type StreamEvent = 'data' | 'end' | 'drain' | 'error' | 'close';
const FLOW: readonly StreamEvent[] = ['data', 'end', 'drain'];
const TOLD: readonly StreamEvent[] = ['end', 'drain'];
const LIFE: readonly StreamEvent[] = ['error', 'close'];

/** `open`, then `taken` by a layer above or `released`; `closed` when the stream said so. */
type State = 'open' | 'taken' | 'released' | 'closed';

/** A transport over any Node `Duplex` of bytes. The stream is the transport's own from now on. */
export class DuplexTransport implements Transport {
  readonly local: Endpoint | undefined;
  readonly remote: Endpoint | undefined;
  readonly #stream: Carrying;
  readonly #options: DuplexTransportOptions;
  readonly #sendLimit: number;
  #queue: LandingQueue;
  readonly #signal = new ReadySignal();
  /** Made when somebody asks: most connections are never asked. */
  #closed: Promise<CloseReason> | undefined;
  #resolveClosed: ((reason: CloseReason | Promise<CloseReason>) => void) | undefined;
  #state: State = 'open';
  /** Bytes come where they land, not as `data` of the stream. */
  readonly #lands: boolean;
  #paused = false;
  #finishing = false;
  #ended = false;
  #failure: Error | undefined;
  #reason: CloseReason | undefined;
  /** The layer that took the stream, and how it ended. */
  #above: { readonly closed: Promise<CloseReason> } | undefined;
  /** Stood over the same stream before, and is to hear of its end. */
  readonly #earlier: DuplexTransport | undefined;
  #fallback: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: Duplex, options: DuplexTransportOptions = {}) {
    const limits = options.limits ?? coreSection.defaults;
    this.local = options.local;
    this.remote = options.remote;
    this.#stream = stream;
    this.#options = options;
    this.#sendLimit = limits.sendQueueBytes;
    this.#queue = new LandingQueue(limits.receiveQueueBytes);
    this.#earlier = this.#stream[OVER];
    this.#stream[OVER] = this;
    this.#lands = options.foreign !== true && land(stream, DuplexTransport.#arrived);
    this.#listen('on', this.#lands ? TOLD : FLOW);
    // One that stood here before listens still.
    if (this.#earlier === undefined) this.#listen('on', LIFE);
    // A stream that ended or broke before it came here tells nothing any more.
    if (stream.errored) this.#failed(stream.errored);
    if (stream.readableEnded) this.#ended = true;
    if (stream.closed || stream.destroyed) this.#gone();
    else this.#begin();
  }

  get closed(): Promise<CloseReason> {
    return (this.#closed ??= new Promise((resolve) => {
      if (this.#state === 'closed') resolve(this.#outcome());
      else this.#resolveClosed = resolve;
    }));
  }

  /** Always `none`: a plain stream has no state machine of its own. */
  get want(): Want {
    return 'none';
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get buffered(): number {
    return this.#queue.bytes;
  }

  get ready(): ReadyMask {
    const over = this.#state !== 'open';
    let mask = this.#queue.bytes > 0 || this.#ended || over || this.#failure !== undefined ? READABLE : 0;
    if (this.#ended) mask |= ENDED;
    if (this.#failure !== undefined) mask |= ERROR;
    if (over) mask |= HANGUP;
    else if (!this.#finishing && !this.#full()) mask |= WRITABLE;
    return mask;
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#signal.on(listener);
  }

  get<T>(key: InfoKey<T>): T | undefined {
    const taken = this.#state === 'taken';
    const own = taken && key.passes !== true ? undefined : this.#options.get?.(key);
    // Of the connection itself, whatever stands on it meanwhile.
    if (own === undefined && key.symbol === LOOP_REF.symbol) return loopRef(this.#stream) as T | undefined;
    if (taken || own !== undefined || key.symbol !== NODE_DUPLEX.symbol) return own;
    const fact: NodeDuplex = {
      take: () => this.#take(),
      follow: (above) => {
        this.#above = above;
      },
      abort: this.#options.abort && (() => this.#options.abort?.(this.#stream)),
    };
    return fact as T;
  }

  onArrival(taker: Taker): void {
    // Not once the stream was taken: nothing comes here any more.
    if (this.#queue !== NOTHING) this.#queue.taker = taker;
  }

  pullInto(target: Uint8Array): number {
    return this.#queue.shiftInto(target);
  }

  pull(): Uint8Array | null {
    const chunk = this.#queue.shift();
    if (this.#paused && this.#queue.low) {
      this.#paused = false;
      this.#stream.resume();
    }
    return chunk;
  }

  push(chunks: readonly Uint8Array[], written: (cause?: unknown) => void): number {
    const stream = this.#stream;
    const keeps = this.#options.foreign === true;
    if (this.#state !== 'open' || this.#finishing || this.#full()) return 0;
    const last = chunks.length - 1;
    let count = 0;
    // Corked, so that a batch is one writev, and under TLS one run of full records.
    if (last > 0) stream.cork();
    for (let index = 0; index <= last; index += 1) {
      const given = chunks[index] as Uint8Array;
      // The engine keeps the smallest arrays within its own heap, and would move each out for a write.
      const chunk = keeps ? copyOf(given) : given.length <= ON_HEAP ? Buffer.from(given) : given;
      count += chunk.length;
      if (index === last) stream.write(chunk, written);
      else stream.write(chunk);
    }
    if (last > 0) stream.uncork();
    return count;
  }

  /** From the pool of Node, which none of these bytes leaves but for a write. */
  copy(bytes: Uint8Array): Uint8Array {
    return Buffer.from(bytes);
  }

  /** After the microtasks: a loop of awaited sends that need not wait is one turn, and becomes one write. */
  defer(flush: () => void): void {
    process.nextTick(flush);
  }

  shutdown(done: (cause?: unknown) => void): void {
    if (this.#state !== 'open') {
      const why = this.#failure ?? closedError('shutdown', 'the connection has ended', this.remote);
      return process.nextTick(done, why);
    }
    this.#finishing = true;
    if (!this.#ended) this.#reason ??= { how: 'local' };
    this.#stream.end((error?: Error | null) => {
      if (error === undefined || error === null) return done();
      done(this.#failure ?? closedError('shutdown', 'the connection ended before this side\'s end was sent', this.remote, error));
    });
  }

  destroy(cause?: unknown): void {
    if (this.#state === 'taken') {
      // The stream belongs to the layer above, but a failed upgrade must still end it: after the layer had its turn to do so.
      this.#reason = closeReason(cause);
      setImmediate(() => void this.#stream.destroy());
      return;
    }
    if (this.#state !== 'open') return;
    // An end of the peer counts only when this side had ended as well.
    if (this.#failure === undefined && (cause !== undefined || !this.#finishing)) this.#reason = closeReason(cause);
    this.#state = 'released';
    this.#queue.drain();
    // Not once all is written and the end is under way: the system refuses to mix the two.
    if (this.#options.abort !== undefined && (!this.#finishing || this.#stream.writableLength > 0)) this.#options.abort(this.#stream);
    else this.#destroyStream(cause);
    this.#tell();
  }

  #begin(): void {
    // What the stream has read before bytes landed here. A `data` listener gets it by itself.
    if (this.#lands && this.#stream.readableLength > 0) {
      const rest = this.#takeRead();
      if (rest !== null) return this.#fail(notBytes(rest, this.remote));
    }
    // A `data` listener alone does not start a stream that somebody has paused.
    this.#stream.resume();
  }

  /** @returns null, or what is no bytes */
  #takeRead(): unknown {
    let chunk: unknown;
    while ((chunk = this.#stream.read()) instanceof Uint8Array) this.#queue.push(chunk);
    return chunk;
  }

  #landed(count: number, memory: Uint8Array): boolean {
    if (this.#state !== 'open' || this.#failure !== undefined) return true;
    this.#queue.land(memory, count);
    // Somebody waited for them and has them all: nothing has changed.
    if (this.#queue.bytes === 0) return true;
    // An engine hands out what it has decrypted even when it was stopped: only resume() ends a pause.
    if (this.#queue.full) this.#paused = true;
    this.#tell();
    return !this.#paused;
  }

  #came(chunk: unknown): void {
    if (this.#state !== 'open' || this.#failure !== undefined) return;
    if (!(chunk instanceof Uint8Array)) return this.#fail(notBytes(chunk, this.remote));
    this.#queue.push(chunk);
    if (this.#queue.full && !this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
    this.#tell();
  }

  #failed(error: unknown): void {
    if (this.#state !== 'open' || this.#failure !== undefined) return;
    const phase = this.#finishing && !this.#stream.writableFinished ? 'shutdown' : isOfWrite(error) ? 'send' : 'recv';
    // What the runtime had read before the failure, while the program was slow, is still good.
    this.#takeRead();
    this.#fail(this.#options.mapError?.(error, phase) ?? fromErrno(error, phase, this.remote));
  }

  #gone(): void {
    const wasOpen = this.#state === 'open';
    if (wasOpen && this.#failure === undefined && !(this.#ended && this.#stream.writableFinished)) {
      this.#failure = brokenOff(this.remote);
      this.#reason = closeReason(this.#failure);
    }
    this.#state = 'closed';
    clearTimeout(this.#fallback);
    if (this.#lands) leaveLanding(this.#stream);
    // Node's handle outlives the stream until a great collection of garbage, and would take all of ours along.
    this.#listen('off', FLOW);
    this.#listen('off', LIFE);
    this.#stream.on('error', unheard);
    this.#stream[OVER] = undefined;
    // What it tells is enough: a program may keep this end for long.
    if (this.#above !== undefined) this.#above = { closed: this.#above.closed };
    this.#resolveClosed?.(this.#outcome());
    if (wasOpen) this.#tell();
    if (this.#earlier === undefined) return;
    this.#earlier.#above ??= { closed: this.closed };
    this.#earlier.#gone();
  }

  #listen(how: 'on' | 'off', events: readonly StreamEvent[]): void {
    for (const event of events) this.#stream[how](event, DuplexTransport.#listeners[event]);
  }

  /** Called where bytes land, as {@link #listeners}. */
  static #arrived(this: Carrying, count: number, memory: Uint8Array): boolean {
    const over = this[OVER];
    return over === undefined || over.#landed(count, memory);
  }

  /** What streams call, with themselves as `this`. */
  static readonly #listeners: Readonly<Record<StreamEvent, (this: Carrying, told?: unknown) => void>> = {
    data(chunk: unknown): void {
      const over = this[OVER];
      if (over !== undefined) over.#came(chunk);
    },
    end(): void {
      const over = this[OVER];
      if (over === undefined) return;
      over.#ended = true;
      over.#reason ??= { how: 'end' };
      over.#tell();
    },
    drain(): void {
      const over = this[OVER];
      if (over !== undefined) over.#tell();
    },
    error(error: unknown): void {
      const over = this[OVER];
      if (over !== undefined) over.#failed(error);
    },
    close(): void {
      const over = this[OVER];
      if (over !== undefined) over.#gone();
    },
  };

  #outcome(): CloseReason | Promise<CloseReason> {
    return this.#above?.closed ?? this.#reason ?? { how: 'end' };
  }

  #fail(failure: Error): void {
    this.#failure = failure;
    this.#reason = closeReason(failure);
    // A fatal error may leave the stream open (TLS does): nothing can be trusted to it any more.
    if (this.#options.giveUp === undefined) this.#destroyStream();
    else this.#options.giveUp();
    this.#tell();
  }

  #destroyStream(cause?: unknown): void {
    const foreign = this.#options.foreign === true;
    // Others may hold the other end of a stream that is no socket: they hear why.
    this.#stream.destroy(foreign && cause instanceof Error ? cause : undefined);
    if (foreign && this.#state !== 'closed') this.#fallback = setTimeout(() => this.#gone(), CLOSE_GRACE_MS);
  }

  /** No more is taken; a `drain` is sure to come, which a stream with a high-water mark above our limit gives only past its own. */
  #full(): boolean {
    const { writableLength, writableNeedDrain } = this.#stream;
    return writableLength >= this.#sendLimit && writableNeedDrain;
  }

  #take(): Duplex {
    if (this.#state !== 'open') throw detachedError(this.remote);
    const stream = this.#stream;
    this.#state = 'taken';
    if (this.#lands) {
      // Only what a socket has of its own starts again what a full queue has stopped.
      if (this.#paused) stream.resume();
      landInStream(stream);
    } else stream.pause();
    this.#listen('off', FLOW);
    // `error` stays listened to: the taker's own listener comes beside it, and none may mean a crash.
    for (const chunk of this.#queue.drain().toReversed()) stream.unshift(chunk);
    // Nothing comes here any more, and whoever took bytes would be kept for as long as the connection lives.
    this.#queue = NOTHING;
    return stream;
  }

  #tell(): void {
    this.#signal.emit(this.ready);
  }
}

/** Of all streams that were taken. */
const NOTHING: LandingQueue = /*#__PURE__*/ new LandingQueue(0);

/** Bytes of the largest typed array that V8 keeps within its heap. */
const ON_HEAP = 64;

/** Outside of any function, so that it holds on to nothing. */
function unheard(): void {}

/** Streams that are sockets of Node have both; others do not hold the process. What Node answers, the stream itself, is kept back. */
function loopRef(stream: Duplex & Partial<LoopRef>): LoopRef | undefined {
  const { ref, unref } = stream;
  const quietly = (act: () => void) => (): void => {
    act.call(stream);
  };
  return ref === undefined || unref === undefined ? undefined : { ref: quietly(ref), unref: quietly(unref) };
}

/** How long a destroyed stream that is no socket may take to say that it is closed. */
const CLOSE_GRACE_MS = 1000;
