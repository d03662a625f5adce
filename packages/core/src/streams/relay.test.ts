import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { memoryPair } from '../memory.ts';
import type { Socket } from '../socket.ts';
import { PARTS } from '../socket-parts.ts';
import type { RelayError, RelayStats } from '../streams.ts';
import { relay } from '../streams.ts';

leakGuard();

const SMALL = { sendQueueBytes: '8KiB', receiveQueueBytes: '8KiB' } as const;

/** A client, the two sockets of the proxy, and a server. */
function proxied(limits = {}): { client: Socket; a: Socket; b: Socket; server: Socket } {
  const [client, a] = memoryPair({ ...limits, name: 'client' });
  const [b, server] = memoryPair({ ...limits, name: 'server' });
  return { client, a, b, server };
}

function untouched(...sockets: Socket[]): boolean {
  return sockets.every((socket) => socket.get(PARTS)?.signal.heard === false && socket.get(PARTS)?.side.refusal('test') === undefined);
}

test('both directions at once, each with its own end, and the counts of both', async () => {
  const { client, a, b, server } = proxied(SMALL);
  const seen: RelayStats[] = [];
  const relaying = relay(a, b, { idleTimeout: '1m', onProgress: (stats) => seen.push(stats) });
  const up = pattern(120_000, 1);
  const down = pattern(90_000, 2);
  void client.send(up).then(() => client.shutdown());
  const sending = server.send(down);
  assertSameBytes(await client.recvExactly(down.length), down);
  assertSameBytes(await server.recvExactly(up.length), up);
  expect(await server.recv()).toBeNull();
  await sending;
  // The client has ended; the server goes on.
  await server.send(bytes('and one more'));
  expect(text(await client.recv())).toBe('and one more');
  await server.shutdown();
  expect(await client.recv()).toBeNull();
  const stats = await relaying;
  expect(stats).toMatchObject({ aToB: 120_000, bToA: 90_012 });
  expect(stats.milliseconds).toBeGreaterThan(0);
  expect(seen.at(-1)).toMatchObject({ aToB: 120_000, bToA: 90_012 });
  for (const socket of [client, a, b, server]) expect(['end', 'local']).toContain((await socket.closed).how);
  expect(untouched(a, b)).toBe(true);
});

test.each([['client', 'a', 'server'], ['server', 'b', 'client']] as const)('a reset of the %s is a failure of side %s, and resets the %s', async (who, side, other) => {
  const ends = proxied();
  const relaying = rejection<RelayError>(relay(ends.a, ends.b, { idleTimeout: 1000 }));
  await ends.client.send(bytes('hello'));
  expect(text(await ends.server.recv())).toBe('hello');
  ends[who].destroy();
  const error = await relaying;
  expect(error).toMatchObject({ name: 'RelayError', code: 'ERR_SOCK_RESET', side, bytesMoved: 5, stats: { aToB: 5, bToA: 0 }, cause: { code: 'ERR_SOCK_RESET' } });
  expect(error.message).toMatch(new RegExp(`^relay failed on side ${side} \\(memory:${who}-[ab]\\) after 5 bytes from a to b and 0 from b to a`));
  expect((await ends[other].closed).how).toBe('reset');
  expect(await rejection(ends[other].recv())).toMatchObject({ code: 'ERR_SOCK_RESET' });
});

describe('idleTimeout', () => {
  test('destroys both when nothing moves, half-open too', async () => {
    const { client, a, b, server } = proxied();
    const relaying = rejection<RelayError>(relay(a, b, { idleTimeout: 30 }));
    await client.send(bytes('x'));
    await client.shutdown();
    const error = await relaying;
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', side: undefined, stats: { aToB: 1, bToA: 0 } });
    expect(error.message).toContain('moved nothing for 30 ms (idleTimeout)');
    expect(await b.closed).toMatchObject({ how: 'timeout', cause: error });
    expect((await client.closed).how).toBe('reset');
    // The one to which the end was passed on has seen that, and no more.
    expect([text(await server.recv()), await server.recv()]).toEqual(['x', null]);
    server.destroy();
  });

  test('does not end what moves', async () => {
    const { client, a, b, server } = proxied();
    const relaying = relay(a, b, { idleTimeout: 60 });
    // Three times as long as the time-out, with something in each third of it.
    for (const endsAt = performance.now() + 180; performance.now() < endsAt; ) {
      await client.send(bytes('.'));
      await server.recv();
      await turns(1);
    }
    await client.shutdown();
    await server.shutdown();
    expect((await relaying).aToB).toBeGreaterThan(1);
  });
});

test('a signal or a time-out stops it and leaves both sockets as they are', async () => {
  const { client, a, b, server } = proxied();
  const stop = new AbortController();
  const relaying = rejection(relay(a, b, { signal: stop.signal, idleTimeout: '1m' }));
  await client.send(bytes('one'));
  expect(text(await server.recv())).toBe('one');
  stop.abort();
  expect(await relaying).toMatchObject({ code: 'ERR_SOCK_ABORTED', bytesMoved: 3 });
  expect(untouched(a, b)).toBe(true);
  await client.send(bytes('two'));
  expect(text(await a.recv())).toBe('two');
  expect(await rejection(relay(a, b, { timeout: 10 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
  expect(await rejection(relay(a, b, { onProgress: () => { throw new Error('mine'); }, timeout: 5000, ...void client.send(bytes('x')) as object | undefined }))).toMatchObject({ message: 'mine' });
  expect(untouched(a, b)).toBe(true);
  client.destroy();
  server.destroy();
});

test('wrong options and busy sockets are refused before anything is touched', async () => {
  const { client, a, b, server } = proxied();
  for (const [options, message] of [[{ idle: 5 }, /idle: found/], [{ idleTimeout: 0 }, /1 ms to 24 days/], [{ idleTimeout: '30d' }, /1 ms to 24 days/], [{ idleTimeout: 'x' }, /x/], [{ onProgress: 1 }, /onProgress/]] as const) {
    const error = await rejection(relay(a, b, options as never));
    expect(error.code).toBe('ERR_SOCK_CONFIG');
    expect(error.message).toMatch(message);
  }
  const waiting = b.recv();
  expect(await rejection(relay(a, b))).toMatchObject({ code: 'ERR_SOCK_BUSY' });
  expect(untouched(a)).toBe(true);
  await server.send(bytes('x'));
  await waiting;
  client.destroy();
  server.destroy();
});
