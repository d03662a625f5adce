import type { Socket } from '@sock/core';
import { READABLE } from '@sock/core';
import { assertSameBytes, bytes, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Kit } from './socket-pair.ts';
import { ready, thrownCode } from './watch.ts';

type Call = (socket: Socket, options?: { signal?: AbortSignal; timeout?: number }) => Promise<unknown>;

/** The calls that wait for bytes. */
export const RECEIVES: readonly { readonly name: string; readonly call: Call }[] = [
  { name: 'recv', call: async (socket, options) => await socket.recv(options) },
  { name: 'recvInto', call: async (socket, options) => await socket.recvInto(new Uint8Array(100), options) },
  { name: 'recvExactly', call: async (socket, options) => await socket.recvExactly(7, options) },
  { name: 'iteration', call: async (socket) => await socket[Symbol.asyncIterator]().next() },
];

/** What `tryRecv`, `recv`, `recvInto`, `recvExactly` and iteration promise. */
export function receiveRules(kit: Kit): void {
  test('tryRecv answers 0 when it would block, and moves what fits', async () => {
    const { a, b } = await kit.open();
    const target = new Uint8Array(4);
    expect(b.tryRecv(target)).toBe(0);
    await a.send(bytes('abcdef'));
    await ready(b, READABLE);
    expect(b.tryRecv(target)).toBe(4);
    expect(text(target)).toBe('abcd');
    expect(b.tryRecv(target)).toBe(2);
    expect(b.tryRecv(target)).toBe(0);
  });

  test('at a clean end recv and recvInto answer null as often as they are asked, and tryRecv throws ERR_SOCK_CLOSED', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('last'));
    await a.shutdown();
    expect(text(await b.recv())).toBe('last');
    for (let round = 0; round < 3; round += 1) {
      expect(await b.recv()).toBeNull();
      expect(await b.recvInto(new Uint8Array(1))).toBeNull();
      expect(thrownCode(() => b.tryRecv(new Uint8Array(1)))).toBe('ERR_SOCK_CLOSED');
      expect(await b[Symbol.asyncIterator]().next()).toEqual({ done: true, value: undefined });
    }
  });

  test('bytes that came before the end are read before it, whenever that is', async () => {
    const { a, b } = await kit.open();
    await a.sendAll(pattern(30_000));
    await a.shutdown();
    await turns(5);
    assertSameBytes(await b.recvExactly(30_000), pattern(30_000));
    expect(await b.recv()).toBeNull();
  });

  test('recvExactly takes its bytes over any split and leaves the rest', async () => {
    const { a, b } = await kit.open();
    const reading = b.recvExactly(10);
    for (const part of ['abc', 'def', 'ghijKLM']) {
      await a.send(bytes(part));
      await a.flush();
      await turns(2);
    }
    expect(text(await reading)).toBe('abcdefghij');
    expect(text(await b.recvExactly(0))).toBe('');
    expect(text(await b.recvExactly(3))).toBe('KLM');
  });

  test('recvExactly that meets the end early fails typed and gives its bytes back', async () => {
    const { a, b } = await kit.open();
    const failure = rejection(b.recvExactly(10));
    await a.send(bytes('abc'));
    await a.flush();
    await a.send(bytes('def'));
    await a.shutdown();
    expect(await failure).toMatchObject({ code: 'ERR_SOCK_UNEXPECTED_END', phase: 'recv', bytesMoved: 6 });
    expect(text(await b.recvExactly(6))).toBe('abcdef');
    expect(await b.recv()).toBeNull();
  });

  describe.each(RECEIVES)('while $name waits', ({ call, name }) => {
    test('every other receive is refused with ERR_SOCK_BUSY, and the first one still gets the bytes', async () => {
      const { a, b } = await kit.open();
      const first = call(b);
      for (const other of RECEIVES) expect((await rejection(other.call(b))).code).toBe('ERR_SOCK_BUSY');
      expect(thrownCode(() => b.tryRecv(new Uint8Array(1)))).toBe('ERR_SOCK_BUSY');
      await a.send(bytes('1234567'));
      const got: unknown = await first;
      if (name === 'recvInto') expect(got).toBe(7);
      else if (name === 'iteration') expect(text((got as { value: Uint8Array }).value)).toBe('1234567');
      else expect(text(got as Uint8Array)).toBe('1234567');
    });
  });

  test('arguments that make no sense are refused, and cost no byte', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('whole'));
    await ready(b, READABLE);
    expect(thrownCode(() => b.tryRecv(new Uint8Array(0)))).toBe('ERR_SOCK_ARGUMENT');
    for (const call of [b.recvInto(new Uint8Array(0)), b.recvExactly(-1), b.recvExactly(1.5), b.recvExactly(Number.NaN)]) {
      expect(await rejection(call)).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', category: 'usage' });
    }
    for (const call of [b.recvExactly(9, { timeout: -1 }), b.recvExactly(9, { timeout: Number.NaN })]) {
      expect((await rejection(call)).code).toBe('ERR_SOCK_CONFIG');
    }
    expect(text(await b.recvExactly(5))).toBe('whole');
  });

  test('a chunk that was received is the program\'s own: it does not change afterwards', async () => {
    const { a, b } = await kit.open();
    const kept: Uint8Array[] = [];
    for (let round = 0; round < 30; round += 1) {
      await a.send(pattern(900, round));
      kept.push(await b.recvExactly(900));
    }
    kept.forEach((chunk, round) => assertSameBytes(chunk, pattern(900, round)));
    expect(kept).toHaveLength(30);
  });

  test('leaving an iteration keeps the socket open and loses nothing', async () => {
    const { a, b } = await kit.open();
    await a.send(bytes('first'));
    for await (const chunk of b) {
      expect(text(chunk)).toBe('first');
      break;
    }
    await a.send(bytes('second'));
    await a.shutdown();
    const rest: string[] = [];
    for await (const chunk of b) rest.push(text(chunk));
    expect(rest.join('')).toBe('second');
  });
}
