import { once } from 'node:events';
import type { Socket as NodeSocket } from 'node:net';
import { connect as dial, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { coreSection, Socket } from '@sock/core';
import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from './connect.ts';
import { fromDuplex } from './duplex-socket.ts';
import { DuplexTransport } from './duplex-transport.ts';
import { land, landInStream } from './landing.ts';
import { listen } from './listen.ts';
import { NODE_DUPLEX } from './node-duplex.ts';

leakGuard();

interface NodePair extends AsyncDisposable {
  readonly accepted: NodeSocket;
  readonly dialled: NodeSocket;
}

async function nodePair(): Promise<NodePair> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const dialled = dial(server.address() as { port: number });
  const [[accepted]] = (await Promise.all([once(server, 'connection'), once(dialled, 'connect')])) as [[NodeSocket], unknown];
  const closed = [accepted, dialled, server].map((each) => once(each, 'close'));
  return {
    accepted,
    dialled,
    async [Symbol.asyncDispose]() {
      accepted.destroy();
      dialled.destroy();
      server.close();
      await Promise.all(closed);
    },
  };
}

test('what accepted and dialled sockets read lands in one and the same memory on this runtime', async () => {
  await using pair = await nodePair();
  const { accepted, dialled } = pair;
  const memories: Uint8Array[] = [];
  const arrivals = [accepted, dialled].map(
    (socket) =>
      new Promise<string>((resolve) => {
        const lands = land(socket, (count, memory) => {
          memories.push(memory);
          resolve(text(memory.slice(0, count)));
          return true;
        });
        expect(lands, 'without it every read costs new memory').toBe(true);
        socket.resume();
      }),
  );
  accepted.write('to the client');
  dialled.write('to the server');
  expect(await Promise.all(arrivals)).toEqual(['to the server', 'to the client']);
  expect(memories).toHaveLength(2);
  expect(memories[0]).toBe(memories[1]);
});

test('a stream that is no socket, and a socket that is closed, are left as they were', async () => {
  expect(land(new PassThrough(), () => true)).toBe(false);
  await using pair = await nodePair();
  const { accepted } = pair;
  accepted.destroy();
  await once(accepted, 'close');
  expect(land(accepted, () => true)).toBe(false);
});

test('false stops what comes, and resume() starts it again', async () => {
  await using pair = await nodePair();
  const { accepted, dialled } = pair;
  const seen = { bytes: 0, more: false };
  expect(land(accepted, (count) => ((seen.bytes += count), seen.more))).toBe(true);
  accepted.resume();
  dialled.write(new Uint8Array(300_000));
  while (seen.bytes === 0) await turns(1);
  await turns(20);
  expect(seen.bytes).toBeLessThanOrEqual(64 * 1024);
  seen.more = true;
  accepted.resume();
  while (seen.bytes < 300_000) await turns(1);
});

test('a stream that is handed on is a stream again, with back-pressure', async () => {
  await using pair = await nodePair();
  const { accepted, dialled } = pair;
  expect(land(accepted, () => expect.unreachable('handed on before anything came'))).toBe(true);
  landInStream(accepted);
  const sent = pattern(1_000_000);
  dialled.end(sent);
  while (accepted.readableLength === 0) await turns(1);
  await turns(20);
  expect(accepted.readableLength).toBeLessThan(200_000);
  assertSameBytes(Buffer.concat(await accepted.toArray()), sent);
});

test('a chunk is the receiver\'s to keep: what comes later, here or elsewhere, changes nothing in it', async () => {
  await using listener = await listen('127.0.0.1:0');
  const kept: Uint8Array[] = [];
  const pairs = await Promise.all([1, 2, 3].map(async () => [await connect(listener.endpoint), await listener.accept()] as const));
  for (let round = 0; round < 20; round += 1) {
    for (const [index, [from, to]] of pairs.entries()) {
      // A receive that waits, and one that comes after the bytes.
      const waiting = round % 2 === 0 ? to.recv() : undefined;
      await from.send(pattern(1000, 100 * index + round));
      if (waiting === undefined) while (to.stats.receiveQueueBytes === 0) await turns(1);
      kept.push((await (waiting ?? to.recv())) as Uint8Array);
    }
  }
  for (const [order, chunk] of kept.entries()) assertSameBytes(chunk, pattern(1000, 100 * (order % 3) + Math.floor(order / 3)));
  expect(new Set(kept.map(({ buffer }) => buffer)).size, 'each has memory of its own').toBe(kept.length);
  for (const pair of pairs) for (const socket of pair) socket.destroy();
});

test('recvInto that waits takes what fits, and the rest stays for the next receive', async () => {
  await using listener = await listen('127.0.0.1:0');
  const from = await connect(listener.endpoint);
  const to = await listener.accept();
  const target = new Uint8Array(10);
  const waiting = to.recvInto(target);
  await from.send(bytes('0123456789abcdefghij'));
  expect(await waiting).toBe(10);
  expect(text(target)).toBe('0123456789');
  expect(to.stats).toMatchObject({ bytesReceived: 10, receiveQueueBytes: 10 });
  expect(text(await to.recvExactly(4))).toBe('abcd');
  expect(text(await to.recv())).toBe('efghij');
  await Promise.all([from.close(), to.close()]);
});

test('readiness tells of the surplus of a receive that waited', async () => {
  await using listener = await listen('127.0.0.1:0');
  const from = await connect(listener.endpoint);
  const to = await listener.accept();
  const waiting = to.recvExactly(3);
  const told: number[] = [];
  to.onReady((ready) => void told.push(ready & 1));
  await from.send(bytes('abcdef'));
  expect(text(await waiting)).toBe('abc');
  expect(told).toContain(1);
  expect(text(await to.recv())).toBe('def');
  await Promise.all([from.close(), to.close()]);
});

test('whoever takes the stream out gets what comes from then on as a stream', async () => {
  await using listener = await listen('127.0.0.1:0');
  const from = await connect(listener.endpoint);
  const to = await listener.accept();
  await from.send(bytes('before,'));
  while (to.stats.receiveQueueBytes === 0) await turns(1);
  const { transport, unread } = await to.detach();
  expect(text(Buffer.concat(unread))).toBe('before,');
  const stream = transport.get(NODE_DUPLEX)?.take();
  await from.send(bytes('after'));
  const closing = from.close();
  expect(Buffer.concat((await stream?.toArray()) as Buffer[]).toString()).toBe('after');
  stream?.destroy();
  await closing;
});

test('a socket that has text waiting, and not bytes, is refused as one that gives text later', async () => {
  await using pair = await nodePair();
  const { accepted, dialled } = pair;
  dialled.setEncoding('utf8');
  accepted.write('hello');
  await once(dialled, 'readable');
  const socket = fromDuplex(dialled);
  expect(await rejection(socket.recv())).toMatchObject({ code: 'ERR_SOCK_STREAM', category: 'usage' });
  expect(await socket.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_STREAM' } });
});

test('a stream that was taken out reads no further ahead than any other, and hears of a reset while it is paused', async () => {
  await using listener = await listen('127.0.0.1:0');
  const from = await connect(listener.endpoint);
  const to = await listener.accept();
  const stream = (await to.detach()).transport.get(NODE_DUPLEX)?.take() ?? expect.unreachable('it is a socket of Node');
  const sending = from.send(new Uint8Array(4_000_000)).catch(() => {});
  let most = 0;
  for (let read = 0; read < 300; read += 1) {
    stream.read(4);
    await turns(1);
    most = Math.max(most, stream.readableLength);
  }
  expect(most).toBeGreaterThan(0);
  expect(most).toBeLessThan(256 * 1024);
  stream.resume();
  while (stream.readableLength > 0) await turns(1);
  stream.pause();
  const broken = once(stream, 'error');
  from.destroy(new Error('broken off'));
  await sending;
  while (stream.readableLength > 0 || !stream.destroyed) {
    stream.read();
    await turns(1);
  }
  expect(await broken).toMatchObject([{ code: 'ECONNRESET' }]);
});

test('a stream that was taken out and came back stops where it is told to, and goes on', async () => {
  await using listener = await listen('127.0.0.1:0');
  const from = await connect(listener.endpoint);
  const to = await listener.accept();
  const { transport, limits } = await to.detach();
  const stream = transport.get(NODE_DUPLEX)?.take() ?? expect.unreachable('it is a socket of Node');
  const again = new Socket(new DuplexTransport(stream, { limits: coreSection.resolve({ receiveQueueBytes: '32KiB' }) }), limits);
  const sent = pattern(2_000_000);
  const sending = from.send(sent).then(() => from.shutdown());
  await turns(200);
  expect(again.stats.receiveQueueBytes).toBeLessThan(256 * 1024);
  assertSameBytes(await again.recvExactly(sent.length), sent);
  await sending;
  await Promise.all([from.close(), again.close()]);
});

test('where nothing can land, as on Windows, sockets read as ever', async () => {
  const { platform } = process;
  Object.defineProperty(process, 'platform', { value: 'win32' });
  onTestFinished(() => void Object.defineProperty(process, 'platform', { value: platform }));
  await using listener = await listen('127.0.0.1:0');
  const from = await connect(listener.endpoint, { receiveQueueBytes: '16KiB' });
  const to = await listener.accept();
  const sent = pattern(1_000_000);
  const sending = from.send(sent).then(() => from.shutdown());
  const got = new Uint8Array(sent.length);
  let count = 0;
  while (count < sent.length) count += (await to.recvInto(got.subarray(count, count + 10_000))) ?? expect.unreachable('it ended early');
  assertSameBytes(got, sent);
  expect(await to.recv()).toBeNull();
  await sending;
  await Promise.all([from.close(), to.close()]);
});
