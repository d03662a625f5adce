import { pattern, rejection, text, bytes } from '@sock/testkit';
import { expect, test } from 'vitest';
import { READABLE } from './ready.ts';
import { ReceiveSide } from './receive-side.ts';
import { recvExactly, recvNext } from './receives.ts';
import type { Transport } from './transport.ts';

/** A transport that brings the next chunk from inside a pull, as one that frees room for its peer may. */
function eager(chunks: Uint8Array[], arrived: () => void): Transport {
  const queue: Uint8Array[] = [];
  const wire = {
    ready: READABLE,
    failure: undefined,
    remote: undefined,
    pull: () => {
      const chunk = queue.shift() ?? null;
      const next = chunks.shift();
      if (next !== undefined) {
        queue.push(next);
        if (chunk !== null) arrived();
      }
      return chunk;
    },
  };
  return wire as unknown as Transport;
}

test('an arrival inside a pull loses nothing and changes no order', async () => {
  const chunks = Array.from({ length: 20 }, (_, index) => pattern(10, index));
  const side: ReceiveSide = new ReceiveSide(eager(chunks, () => side.changed(READABLE)), () => {});
  const got: Uint8Array[] = [];
  for (let count = 0; count < 20; count += 1) {
    const receiving = side.until(recvNext(side), undefined);
    side.changed(READABLE);
    got.push((await receiving) as Uint8Array);
  }
  expect(Buffer.compare(Buffer.concat(got), Buffer.concat(Array.from({ length: 20 }, (_, index) => pattern(10, index))))).toBe(0);
});

test('bytes that a failed receive gives back are told of once, and only when there are any', async () => {
  let told = 0;
  const wire = { ready: 0, failure: undefined, remote: undefined, pull: () => null } as unknown as Transport;
  const side = new ReceiveSide(wire, () => (told += 1));
  await rejection(side.until(recvExactly(side, 5, undefined), { timeout: 1 }));
  expect(told).toBe(0);
  side.giveBack(bytes('abc'));
  await rejection(side.until(recvExactly(side, 5, undefined), { timeout: 1 }));
  expect(told).toBe(1);
  expect(side.held).toBe(3);
  expect(text(side.take())).toBe('abc');
});

test('bytes are given back in front, in order, and counted once', () => {
  const side = new ReceiveSide(eager([bytes('xyz')], () => {}), () => {});
  expect(side.take()).toBeNull();
  expect(text(side.take())).toBe('xyz');
  side.giveBack(bytes('xyz'));
  side.giveBack(bytes('abc'));
  const target = new Uint8Array(4);
  // oxlint-disable-next-line no-array-fill-with-reference-type -- no array: a receive side fills the buffer that it is given
  expect(side.fill(target)).toBe(4);
  expect(text(target)).toBe('abcx');
  expect(side.held).toBe(2);
  expect(side.bytes).toBe(3);
  expect(side.takeAll().map((chunk) => text(chunk))).toEqual(['yz']);
});
