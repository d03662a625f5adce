import type { Socket } from '@sock/core';
import { observe } from '@sock/core/observer';
import { bytes } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';

/** Each receives the ten bytes that come, all or a part of them, and answers how many. */
const RECEIVES: readonly { readonly name: string; readonly gets: number; readonly call: (socket: Socket) => Promise<number> }[] = [
  { name: 'recv', gets: 10, call: async (socket) => (await socket.recv())?.length ?? 0 },
  { name: 'recvv', gets: 10, call: async (socket) => (await socket.recvv())?.[0]?.length ?? 0 },
  { name: 'recvInto', gets: 10, call: async (socket) => (await socket.recvInto(new Uint8Array(16))) ?? 0 },
  { name: 'recvInto of less', gets: 4, call: async (socket) => (await socket.recvInto(new Uint8Array(4))) ?? 0 },
  { name: 'recvvInto', gets: 6, call: async (socket) => (await socket.recvvInto([new Uint8Array(3), new Uint8Array(3)])) ?? 0 },
  { name: 'recvExactly', gets: 7, call: async (socket) => (await socket.recvExactly(7)).length },
];

/** What observers are told of a socket. */
export function observerRules(kit: Kit): void {
  test.each(RECEIVES)('$name: as many bytes as the call got, whether it waited or not', async ({ gets, call }) => {
    const { a, b } = await kit.open();
    const told: number[] = [];
    observe(b, { name: 'notes', recv: { end: ({ bytes: count }) => void told.push(count) } });
    const waiting = call(b);
    await a.send(bytes('0123456789'));
    expect(await waiting).toBe(gets);
    const left = 10 - gets;
    if (left > 0) expect((await b.recvExactly(left)).length).toBe(left);
    await a.send(bytes('0123456789'));
    while (b.stats.receiveQueueBytes < 10) await new Promise(setImmediate);
    expect(await call(b)).toBe(gets);
    expect(told).toEqual([gets, left, gets].filter((count) => count > 0));
  });
}
