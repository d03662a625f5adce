import { concat } from './concat.ts';
import type { Endpoint } from './endpoint.ts';
import { at } from './endpoint-text.ts';
import { SocketError } from './errors.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Receive, ReceiveSide } from './receive-side.ts';

// What each waiting receive of a socket tries at every arrival.

export function recvNext(side: ReceiveSide): Receive<Uint8Array | null> {
  return taking(side, 'recv', () => side.take());
}

/**
 * {@link recvNext} after {@link recvNext}, each a promise and no more: a loop over a fast stream spends its time here. Both the iterator and the
 * receive that it waits with, as every connection that is served by a loop holds one.
 */
export class ChunkIterator implements AsyncIterator<Uint8Array, undefined>, Receive<IteratorResult<Uint8Array, undefined>> {
  readonly what: string = 'recv';
  readonly #life: Lifecycle;
  readonly #side: ReceiveSide;

  constructor(life: Lifecycle, side: ReceiveSide) {
    this.#life = life;
    this.#side = side;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    const why = this.#life.recvRefusal(this.#side, 'recv');
    return why === undefined ? this.#side.until(this, undefined) : Promise.reject(why);
  }

  attempt(): { value: IteratorResult<Uint8Array, undefined> } | undefined {
    const side = this.#side;
    const chunk = side.take();
    if (chunk === null) return side.atEnd() ? { value: { done: true, value: undefined } } : undefined;
    side.calls += 1;
    return { value: { done: false, value: chunk } };
  }
}

/** One object for each call and no closures: a loop that receives into one buffer is the fastest way to take a stream. */
export class ReceiveInto implements Receive<number | null> {
  readonly what: string = 'recvInto';
  readonly #side: ReceiveSide;
  readonly #target: Uint8Array;

  constructor(side: ReceiveSide, target: Uint8Array) {
    this.#side = side;
    this.#target = target;
  }

  attempt(): { value: number | null } | undefined {
    const side = this.#side;
    const count = side.fill(this.#target);
    if (count === 0) return side.atEnd() ? { value: null } : undefined;
    side.calls += 1;
    return { value: count };
  }
}

export function recvvInto(side: ReceiveSide, targets: readonly Uint8Array[]): Receive<number | null> {
  return taking(side, 'recvvInto', () => side.fillAll(targets) || null);
}

/** Every chunk that waits, at least one. */
export function recvAllWaiting(side: ReceiveSide): Receive<Uint8Array[] | null> {
  return taking(side, 'recvv', () => {
    const chunks = side.takeAll();
    return chunks.length === 0 ? null : chunks;
  });
}

/** A receive that has its answer as soon as there is anything, or at the end (`null`). */
function taking<T>(side: ReceiveSide, what: string, take: () => T | null): Receive<T | null> {
  return {
    what,
    attempt: () => {
      const value = take();
      if (value === null) return side.atEnd() ? { value } : undefined;
      side.calls += 1;
      return { value };
    },
  };
}

export function recvExactly(side: ReceiveSide, length: number, endpoint: Endpoint | undefined): Receive<Uint8Array> {
  let taken: Uint8Array[] = [];
  let count = 0;
  return {
    what: 'recvExactly',
    attempt: () => {
      while (count < length) {
        const chunk = side.take();
        if (chunk === null) {
          if (!side.atEnd()) return undefined;
          throw endedEarly(count, length, endpoint);
        }
        taken.push(chunk);
        count += chunk.length;
      }
      const surplus = count - length;
      const last = taken[taken.length - 1];
      if (surplus > 0 && last !== undefined) {
        side.giveBack(last.subarray(last.length - surplus));
        taken[taken.length - 1] = last.subarray(0, last.length - surplus);
      }
      side.calls += 1;
      return { value: concat(taken) };
    },
    undo: () => {
      for (const chunk of taken.toReversed()) side.giveBack(chunk);
      taken = [];
      count = 0;
    },
  };
}

function endedEarly(count: number, length: number, endpoint: Endpoint | undefined): SocketError<'ERR_SOCK_UNEXPECTED_END'> {
  return new SocketError(
    'ERR_SOCK_UNEXPECTED_END',
    `the peer${at('at', endpoint)} ended the stream after ${count} of ${length} bytes`,
    { phase: 'recv', category: 'protocol', endpoint, bytesMoved: count },
  );
}
