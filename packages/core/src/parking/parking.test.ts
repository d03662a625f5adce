import { bytes, leakGuard, rejection, text, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import { reader } from '../framing.ts';
import { memoryPair } from '../memory.ts';
import { HANGUP, READABLE, WRITABLE } from '../ready.ts';
import type { Socket } from '../socket.ts';
import { parking } from './parking.ts';

leakGuard();

const parked = { code: 'ERR_SOCK_PARKED', category: 'usage', message: expect.stringContaining('use the one of a lease that you hold') };

test('nobody can use a socket that is put aside, and everybody can when it is back', async () => {
  const [kept, peer] = memoryPair();
  const place = parking(kept);
  expect(place.park()).toBeUndefined();
  expect(() => kept.trySend(bytes('x'))).toThrow(expect.objectContaining(parked));
  expect(() => kept.tryRecv(new Uint8Array(1))).toThrow(expect.objectContaining(parked));
  expect(() => kept.unread(bytes('x'))).toThrow(expect.objectContaining(parked));
  for (const call of [kept.send(bytes('x')), kept.sendv([bytes('x')]), kept.recv(), kept.recvExactly(1), kept.shutdown(), kept.detach(), kept[Symbol.asyncIterator]().next()]) {
    expect(await rejection(call)).toMatchObject(parked);
  }
  expect(() => reader(kept)).toThrow(expect.objectContaining(parked));
  expect(kept.ready & WRITABLE).toBe(0);
  expect(place.leave()).toBe(true);
  await kept.send(bytes('back'));
  expect(text(await peer.recvExactly(4))).toBe('back');
  expect(peer.stats.bytesReceived).toBe(4);
  kept.destroy();
});

test.each<[string, string, (kept: Socket, peer: Socket) => unknown]>([
  ['bytes that nobody has read', 'bytes have arrived that nobody has read', (_, peer) => peer.send(bytes('late'))],
  ['bytes that were put back', 'bytes were put back and not read', (kept) => kept.unread(bytes('x'))],
  ['a receive that waits', 'recv() still waits for bytes', (kept) => void kept.recv().catch(() => {})],
  ['a receive of a certain length', 'recvExactly() still waits for bytes', (kept) => void kept.recvExactly(5).catch(() => {})],
  ['a reader that is asked', 'exactly() still waits for bytes', (kept) => void reader(kept).exactly(5).catch(() => {})],
  ['a send that waits', 'a send still waits for room', (kept) => void kept.send(new Uint8Array(1_000_000)).catch(() => {})],
  ['a receive that was given up unanswered', 'a receive was given up, and its answer may still come', async (kept) => {
    await kept.send(bytes('question'));
    await rejection(kept.recv({ timeout: 1 }));
  }],
  ['a call of a reader that was given up unanswered', 'a receive was given up, and its answer may still come', async (kept) => {
    await kept.send(bytes('question'));
    await rejection(reader(kept).exactly(3, { timeout: 1 }));
  }],
  ['a send that was given up in the middle', 'a send was given up in the middle of its bytes', (kept) => rejection(kept.send(new Uint8Array(1_000_000), { timeout: 1 }))],
  ['the end of the peer', 'the peer has ended the stream', (_, peer) => peer.shutdown()],
  ['a reset', 'the connection failed', (_, peer) => peer.destroy()],
  ['its own end', 'this side has closed it, or ended its stream', (kept) => kept.shutdown()],
  ['its own close', 'the connection is closed', (kept) => kept.destroy()],
  ['an upgrade', 'this side has handed it to an upgrade', (kept) => kept.detach().then(({ transport }) => transport)],
])('it cannot be put aside after %s', async (_, why, prepare) => {
  const [kept, peer] = memoryPair();
  const place = parking(kept);
  await prepare(kept, peer);
  await turns(1);
  expect(place.park()).toBe(why);
  expect(place.leave()).toBe(false);
  peer.destroy();
  kept.destroy();
});

test('a reader may stand there, with nothing left in it, and is refused while it is put aside', async () => {
  const [kept, peer] = memoryPair();
  const place = parking(kept);
  const reading = reader(kept);
  await peer.send(bytes('onetwo'));
  expect(text(await reading.exactly(3))).toBe('one');
  expect(place.park()).toBe('the reader holds bytes that nobody has read');
  expect(text(await reading.exactly(3))).toBe('two');
  expect(place.park()).toBeUndefined();
  expect(await rejection(reading.exactly(1))).toMatchObject(parked);
  place.leave();
  await peer.send(bytes('three'));
  expect(text(await reading.exactly(5))).toBe('three');
  kept.destroy();
});

test('a receive that was given up is no reason when nothing had been asked, or when the answer has come', async () => {
  const [kept, peer] = memoryPair();
  const place = parking(kept);
  await rejection(kept.recv({ timeout: 1 }));
  expect(place.park()).toBeUndefined();
  place.leave();
  await kept.send(bytes('question'));
  await rejection(kept.recv({ timeout: 1 }));
  expect(place.unanswered).toBe(true);
  await peer.send(bytes('answer'));
  await kept.recvExactly(6);
  expect([place.unanswered, place.park()]).toEqual([false, undefined]);
  kept.destroy();
});

test('what happens to it meanwhile is told, and an end of it stays the end', async () => {
  const [kept, peer] = memoryPair();
  const place = parking(kept);
  place.park();
  const told: number[] = [];
  kept.onReady((ready) => void told.push(ready));
  await peer.send(bytes('unasked'));
  await turns(1);
  expect((told.at(-1) ?? 0) & READABLE).toBe(READABLE);
  peer.destroy();
  await kept.closed;
  expect((told.at(-1) ?? 0) & HANGUP).toBe(HANGUP);
  expect(place.leave()).toBe(false);
});

test('it closes gracefully while it is put aside: what was sent before arrives, then the end', async () => {
  const [kept, peer] = memoryPair();
  void kept.send(bytes('bye'));
  parking(kept).park();
  const closing = kept.close();
  expect(text(await peer.recvExactly(3))).toBe('bye');
  expect(await peer.recv()).toBeNull();
  await peer.close();
  await closing;
  expect(await kept.closed).toEqual({ how: 'local' });
});

test('only a Socket of this copy has a place', () => {
  expect(() => parking({} as Socket)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('parking() needs a Socket') }));
});
