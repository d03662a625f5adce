import { noBytes } from './bytes-refusal.ts';
import type { Cancel } from './connector.ts';
import { wait } from './deadline.ts';
import { at } from './endpoint-text.ts';
import { SocketError } from './errors.ts';
import { ENDED, ERROR, HANGUP, READABLE } from './ready.ts';
import type { Taker, Transport } from './transport.ts';

/** One receive: what it tries at each arrival. */
export interface Receive<T> {
  readonly what: string;
  /** The answer, or `undefined` to wait on; throws what ends the receive. */
  attempt(): { value: T } | undefined;
  /** Gives back the bytes that earlier attempts took. */
  readonly undo?: (() => void) | undefined;
  /** Of one that stands there for an owner, who asks for bytes from time to time: why it may not be left alone now, if so. */
  readonly unfinished?: (() => string | undefined) | undefined;
}

/** A receive that waits. */
interface Pending<T> {
  readonly receive: Receive<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
  trying: boolean;
}

/**
 * The receiving half of a `Socket`: takes chunks from the transport and keeps what a caller gave back. One receive may wait at
 * a time, because two that share a stream would each get a part of the other's bytes.
 */
export class ReceiveSide implements Taker {
  readonly #transport: Transport;
  readonly #onGivenBack: () => void;
  /** Chunks that come before the transport's own, the next one last. */
  readonly #held: Uint8Array[] = [];
  #heldBytes = 0;
  #pending: Pending<unknown> | undefined;
  #givenUp = false;
  /** Inside {@link arrived}: nobody else may be called now. */
  #arriving = false;
  bytes = 0;
  calls = 0;
  lastAt = 0;

  /** @param onGivenBack - called when a receive that failed made bytes readable again: no arrival tells of them */
  constructor(transport: Transport, onGivenBack: () => void) {
    this.#transport = transport;
    this.#onGivenBack = onGivenBack;
    transport.onArrival?.(this);
  }

  get held(): number {
    return this.#heldBytes;
  }

  /** No bytes wait. */
  get empty(): boolean {
    return this.#heldBytes === 0 && this.#transport.buffered === 0;
  }

  /** The next bytes, or `null` when none wait. */
  take(): Uint8Array | null {
    const held = this.#held.pop();
    if (held !== undefined) {
      this.#heldBytes -= held.length;
      return held;
    }
    const chunk = this.#transport.pull();
    if (chunk !== null) this.#came(chunk.length);
    return chunk;
  }

  #came(count: number): void {
    this.#givenUp = false;
    this.bytes += count;
    this.lastAt = Date.now();
  }

  /** Puts bytes back in front of all others. */
  giveBack(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
  }

  /** {@link giveBack}, by the program: readiness tells of it. */
  unread(chunk: Uint8Array): void {
    this.giveBack(chunk);
    this.#onGivenBack();
  }

  /** All chunks that wait, as they came; empty when there are none. */
  takeAll(): Uint8Array[] {
    const chunks: Uint8Array[] = [];
    for (let chunk = this.take(); chunk !== null; chunk = this.take()) chunks.push(chunk);
    return chunks;
  }

  /** {@link fill} over several buffers, one after the other. */
  fillAll(targets: readonly Uint8Array[]): number {
    let sum = 0;
    for (const target of targets) {
      const count = this.fill(target);
      sum += count;
      if (count < target.length) break;
    }
    return sum;
  }

  /** Copies into `target` what waits, as much as fits. */
  fill(target: Uint8Array): number {
    // Straight from where they landed, when they come first.
    let count = this.#arriving && this.#held.length === 0 ? (this.#transport.pullInto?.(target) ?? 0) : 0;
    if (count > 0) this.#came(count);
    while (count < target.length) {
      const chunk = this.take();
      if (chunk === null) break;
      const room = target.length - count;
      target.set(chunk.length <= room ? chunk : chunk.subarray(0, room), count);
      if (chunk.length > room) this.giveBack(chunk.subarray(room));
      count += Math.min(chunk.length, room);
    }
    return count;
  }

  /**
   * After {@link take} gave nothing: whether nothing more will come, because the peer ended.
   *
   * @throws the failure, when that is why
   */
  atEnd(): boolean {
    if (this.#transport.failure !== undefined) throw this.#transport.failure;
    return (this.#transport.ready & (ENDED | HANGUP)) !== 0;
  }

  /** A receive ended before bytes came: what it waited for may still come. */
  gaveUp(): void {
    this.#givenUp = true;
  }

  /** Whether a receive was given up, and nothing has come since. */
  get givenUp(): boolean {
    return this.#givenUp;
  }

  /** Why nobody should be kept from receiving now, if so: a call that waits, or bytes that nobody has read. */
  unfinished(): string | undefined {
    if (this.#heldBytes > 0) return 'bytes were put back and not read';
    const receive = this.#pending?.receive;
    if (receive === undefined) return undefined;
    return receive.unfinished === undefined ? `${receive.what}() still waits for bytes` : receive.unfinished();
  }

  /** @throws `ERR_SOCK_BUSY` while a receive waits */
  assertFree(what: string): void {
    const refusal = this.refusal(what);
    if (refusal !== undefined) throw refusal;
  }

  /** Why `what` cannot be done now: another receive waits (`ERR_SOCK_BUSY`), or its argument makes no sense (`ERR_SOCK_ARGUMENT`). */
  refusal(what: string, argument?: unknown): SocketError | undefined {
    if (this.#pending !== undefined) {
      const why = `${this.#pending.receive.what}() still waits for bytes: one receive at a time, or each gets a part`;
      return this.#usage('ERR_SOCK_BUSY', `${what}${at('from', this.#transport.remote)} while ${why}`);
    }
    const fault = argumentFault(what, argument);
    return fault === undefined ? undefined : this.#usage('ERR_SOCK_ARGUMENT', `${what} got ${fault}`);
  }

  #usage(code: 'ERR_SOCK_ARGUMENT' | 'ERR_SOCK_BUSY', message: string): SocketError {
    return new SocketError(code, message, { phase: 'recv', category: 'usage', endpoint: this.#transport.remote });
  }

  /**
   * Asks `attempt` now and after each arrival until it has an answer. When the wait ends early, `undo` gives back what
   * `attempt` holds: a time-out or a signal loses no byte.
   */
  until<T>(receive: Receive<T>, cancel: Cancel | undefined): Promise<T> {
    // Most receives are like that, and every chunk passes here: nothing is made that cannot be used.
    if (cancel === undefined) return new Promise<T>((resolve, reject) => void this.#begin(receive, resolve, reject));
    // Inside the wait: a signal that has fired, or a time-out that makes no sense, must be seen before any byte is taken.
    return wait<T>(cancel, { phase: 'recv', what: receive.what, endpoint: this.#transport.remote }, (resolve, reject) => {
      const pending = this.#begin(receive, resolve, reject);
      return () => {
        this.gaveUp();
        this.#end(pending);
      };
    });
  }

  arrived(): void {
    if (this.#pending === undefined) return;
    this.#arriving = true;
    this.#try(this.#pending);
    this.#arriving = false;
    // Readiness tells of what is left below, and of this with it.
    if (this.#held.length > 0 && this.#transport.buffered === 0) this.#onGivenBack();
  }

  /** The transport's readiness changed. */
  changed(ready: number): void {
    if (this.#pending !== undefined && (ready & (READABLE | ENDED | ERROR | HANGUP)) !== 0) this.#try(this.#pending);
  }

  /** Ends a waiting receive. An error costs a walk over the stack: none is made for nobody. */
  fail(why: () => Error): void {
    if (this.#pending !== undefined) this.#fail(this.#pending, why());
  }

  #begin<T>(receive: Receive<T>, resolve: (value: T) => void, reject: (error: unknown) => void): Pending<T> {
    const pending: Pending<T> = { receive, resolve, reject, trying: false };
    this.#pending = pending as Pending<unknown>;
    this.#try(pending);
    return pending;
  }

  #try<T>(pending: Pending<T>): void {
    // A pull may free room and so bring the next bytes before it returns; the attempt under way takes them in its turn.
    if (pending.trying) return;
    pending.trying = true;
    try {
      const answer = pending.receive.attempt();
      if (answer === undefined) return;
      this.#pending = undefined;
      pending.resolve(answer.value);
    } catch (error) {
      this.#fail(pending, error);
    } finally {
      pending.trying = false;
    }
  }

  #fail<T>(pending: Pending<T>, error: unknown): void {
    this.#end(pending);
    pending.reject(error);
  }

  #end<T>({ receive }: Pending<T>): void {
    this.#pending = undefined;
    if (receive.undo === undefined) return;
    receive.undo();
    if (this.#held.length > 0 && !this.#arriving) this.#onGivenBack();
  }
}

/** What is wrong with the argument of a receive. All of it is seen before a byte is taken, which would be lost. */
function argumentFault(what: string, argument: unknown): string | undefined {
  switch (what) {
    case 'tryRecv': case 'recvInto': return targetFault(argument) ?? ((argument as Uint8Array).length > 0 ? undefined : EMPTY_BUFFER);
    case 'tryRecvv': case 'recvvInto': return Array.isArray(argument) ? listFault(argument) : 'no list of Uint8Array';
    case 'unread': return targetFault(argument);
    case 'recvExactly': return Number.isSafeInteger(argument) && (argument as number) >= 0 ? undefined : `a length of ${String(argument)}: it takes a whole number of bytes, 0 or more`;
    default: return undefined;
  }
}

function listFault(targets: readonly Uint8Array[]): string | undefined {
  for (const target of targets) {
    const fault = targetFault(target);
    if (fault !== undefined) return fault;
  }
  return targets.some(({ length }) => length > 0) ? undefined : EMPTY_BUFFER;
}

function targetFault(bytes: unknown): string | undefined {
  const found = noBytes(bytes);
  return found === undefined ? undefined : `${found}, no Uint8Array`;
}

const EMPTY_BUFFER = 'an empty buffer: 0 would mean "would block"';
