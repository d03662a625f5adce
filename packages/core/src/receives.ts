import { concat } from './concat.ts';
import type { Endpoint } from './endpoint.ts';
import { at } from './endpoint-text.ts';
import { SocketError } from './errors.ts';
import type { Receive, ReceiveSide } from './receive-side.ts';

// What each waiting receive of a socket tries at every arrival.

export function recvNext(side: ReceiveSide): Receive<Uint8Array | null> {
  return {
    what: 'recv',
    attempt: () => {
      const chunk = side.take();
      return chunk !== null || side.atEnd() ? { value: chunk } : undefined;
    },
  };
}

export function recvInto(side: ReceiveSide, target: Uint8Array): Receive<number | null> {
  return {
    what: 'recvInto',
    attempt: () => {
      const count = side.fill(target);
      if (count > 0) return { value: count };
      return side.atEnd() ? { value: null } : undefined;
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
