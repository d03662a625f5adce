import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';

// The only file that knows how node:net reads into memory that it is given, for which it has an option (`onread`) at sockets that are dialled and
// none at those that are accepted or under TLS.

/** Gets what has come, as a method of the stream; the bytes are lent for the call. Answers whether more may come now. */
export type OnLanded = (this: Duplex, count: number, memory: Uint8Array) => boolean;

/**
 * Lets what `stream` receives land in memory that all connections share, in place of 64 KiB of new memory for each read, which the receiver of a
 * fast stream spends half its time on. To stop it, `onLanded` answers false; `resume()` starts it again.
 *
 * @returns false, with nothing done, where that is impossible: no socket of Node, another runtime, or Windows, which hands a buffer to the system
 * long before it is filled
 */
export function land(stream: Duplex, onLanded: OnLanded): boolean {
  const handle = (stream as Undocumented)._handle;
  const members = stream instanceof Socket && typeof handle?.useUserBuffer === 'function' ? membersOf(stream) : undefined;
  if (members === undefined || process.platform === 'win32') return false;
  const memory = (shared.memory ??= new Uint8Array(READ_BYTES));
  const socket = stream as Duplex & Record<symbol, unknown>;
  socket[members.kBuffer] = memory;
  socket[members.kBufferCb] = onLanded;
  // It was handed on before, and came back.
  if (Object.hasOwn(stream, 'resume')) flowBy(stream, Socket.prototype);
  handle?.useUserBuffer?.(memory);
  return true;
}

/**
 * After {@link land}: what comes from now on is the stream's own again, for somebody who reads the stream. It is paused, as every stream would be: it
 * reads on until its own buffer is full, so that a reset is heard.
 */
export function landInStream(stream: Duplex): void {
  const members = membersOf(stream);
  if (members === undefined) return;
  (stream as Duplex & Record<symbol, unknown>)[members.kBufferCb] = pushCopy;
  // A socket's own, while its reads land, go on at each read() however much lies there already, and stop at once at pause().
  flowBy(stream, Readable.prototype);
  stream.pause();
}

function flowBy(stream: Duplex, { read, pause, resume }: Pick<Readable, 'read' | 'pause' | 'resume'>): void {
  Object.assign(stream, { read, pause, resume });
}

/** After {@link land}, for a stream that is over: nothing of ours hangs on it any more. */
export function leaveLanding(stream: Duplex): void {
  const members = membersOf(stream);
  if (members !== undefined) (stream as Duplex & Record<symbol, unknown>)[members.kBufferCb] = drop;
}

// Outside of any function, so that they hold on to nothing.

function pushCopy(this: Duplex, count: number, memory: Uint8Array): boolean {
  return this.push(ownCopy(memory, 0, count));
}

function drop(): boolean {
  return true;
}

/** The bytes from `start` to `end` in memory of their own. */
export function ownCopy(memory: Uint8Array, start: number, end: number): Uint8Array {
  const own = Buffer.allocUnsafeSlow(end - start);
  own.set(start === 0 && end === memory.length ? memory : memory.subarray(start, end));
  return own;
}

/** As much as the runtime reads at once into memory of its own; more was slower. */
const READ_BYTES = 64 * 1024;

/** What does not change while the process lives, made when it is first needed: scratch memory, in which nothing outlives a read, and names. */
const shared: { memory?: Uint8Array; members?: Members } = {};

/** The keys under which a socket keeps the memory that it reads into, and who is told. */
interface Members {
  readonly kBuffer: symbol;
  readonly kBufferCb: symbol;
}

interface Undocumented extends Duplex {
  readonly _handle?: { useUserBuffer?(memory: Uint8Array): void } | null;
}

/** Every socket has them from its beginning, and all have the same. */
function membersOf(stream: Duplex): Members | undefined {
  if (shared.members !== undefined) return shared.members;
  const named = (name: string): symbol | undefined => Object.getOwnPropertySymbols(stream).find(({ description }) => description === name);
  const [kBuffer, kBufferCb, kBufferGen] = ['kBuffer', 'kBufferCb', 'kBufferGen'].map(named);
  if (kBuffer === undefined || kBufferCb === undefined || kBufferGen === undefined) return undefined;
  return (shared.members = { kBuffer, kBufferCb });
}
