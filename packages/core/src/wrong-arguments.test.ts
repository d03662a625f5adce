import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { admit } from './admission.ts';
import type { Listener } from './connector.ts';
import { delimited, lengthPrefixed, lineDecoder, lines, lineWriter, reader } from './framing.ts';
import { memoryPair } from './memory.ts';
import { observe, observed } from './observer.ts';
import { reconnecting, retry, retryConnector } from './retry.ts';
import type { Socket } from './socket.ts';
import { iterWriter, pipe, readable, relay, writable } from './streams.ts';

leakGuard();

const codec = lengthPrefixed({ lengthBytes: 1 });
const first = async (iterable: AsyncIterable<unknown>): Promise<unknown> => await iterable[Symbol.asyncIterator]().next();
const listener = { accept: () => {} } as unknown as Listener;

/** What a program without types may give where something else belongs: the call, by its name. */
const CALLS: Readonly<Record<string, (wrong: never, socket: Socket) => unknown>> = {
  'lines of': async (wrong) => await first(lines(wrong)),
  'frames of': async (wrong) => await first(codec.frames(wrong)),
  'a line writer over': (wrong) => lineWriter(wrong),
  'a frame writer over': (wrong) => codec.writer(wrong),
  'a delimited writer over': (wrong) => delimited({ delimiter: ';' }).writer(wrong),
  'a reader over': (wrong) => reader(wrong),
  'a stream over': (wrong) => readable(wrong),
  'a pipe to': async (wrong, socket) => await pipe(socket, wrong),
  'a pipe from': async (wrong, socket) => await pipe(wrong, socket),
  'a relay to': async (wrong, socket) => await relay(socket, wrong),
  'a relay from': async (wrong, socket) => await relay(wrong, socket),
  'a retry of': async (wrong) => await retry(wrong),
  'a connector that retries': (wrong) => retryConnector(wrong),
  'a connection that comes back by': (wrong) => reconnecting(wrong, 'a:1'),
  'admission before': (wrong) => admit(wrong, {}),
  'an observed': (wrong) => observed(wrong, { name: 'log' }),
  'an observer that is': (wrong, socket) => observe(socket, wrong),
  'bytes to decode that are': (wrong) => lineDecoder().push(wrong),
  'bytes to put back that are': (wrong, socket) => reader(socket).unread(wrong),
  'no options but': (wrong, socket) => lines(socket, wrong ?? null as never),
};

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  test.each([['undefined', undefined], ['null', null], ['a number', 5], ['text', 'abc'], ['true', true], ['a symbol', Symbol('x')]])('%s is a typed error', async (__, wrong) => {
    const [socket, peer] = memoryPair();
    const error = await rejection((async () => await call(wrong as never, socket))());
    expect(error.code).toMatch(/^ERR_SOCK_(?:ARGUMENT|CONFIG)$/);
    peer.destroy();
    socket.destroy();
  });
});

test.each<[string, (socket: Socket) => unknown]>([
  ['reader', (socket) => reader(socket).line(null as never)],
  ['writable', (socket) => writable(socket, null as never)],
  ['iterWriter', (socket) => iterWriter(socket, null as never)],
  ['iterWriter.end', (socket) => iterWriter(socket).end(null as never)],
  ['pipe', (socket) => pipe(socket, socket, null as never)],
  ['relay', (socket) => relay(socket, socket, null as never)],
  ['lengthPrefixed', () => lengthPrefixed(null as never)],
  ['delimited', () => delimited(null as never)],
  ['retry', () => retry(() => 1, null as never)],
  ['retry, as its clock', () => retry(() => 1, { clock: {} as never })],
  ['retry, as its signal', () => retry(() => 1, { signal: {} as never })],
  ['admit', () => admit(listener, null as never)],
  ['admit, as its clock', () => admit(listener, { now: 5 as never })],
  ['admit, as who hears of refusals', () => admit(listener, { onRefused: 'log' as never })],
  ['admit, as a limit', () => admit(listener, { maxConnections: Symbol('x') as never })],
])('%s takes no null, and no object without what it needs, for its options', async (_, call) => {
  const [socket, peer] = memoryPair();
  expect((await rejection((async () => await call(socket))())).code).toMatch(/^ERR_SOCK_(?:ARGUMENT|CONFIG)$/);
  peer.destroy();
});

test('a listener of states that is none is refused, and the connection goes on', async () => {
  const [socket, peer] = memoryPair();
  const connection = reconnecting({ key: () => '', connect: async () => await Promise.resolve(socket) }, 'a:1');
  expect(() => connection.onState('log' as never)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_CONFIG' }));
  await peer.send(bytes('here'));
  expect(text(await (await connection.socket()).recv() as Uint8Array)).toBe('here');
  connection.destroy();
});
