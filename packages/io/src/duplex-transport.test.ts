import { Duplex, finished, PassThrough } from 'node:stream';
import { connect as nodeConnect } from 'node:net';
import { READABLE } from '@sock/core';
import { assertSameBytes, bytes, leakGuard, pattern, rawServer, rejection, text, turns, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { fromDuplex } from './duplex-socket.ts';
import { NODE_DUPLEX } from './node-duplex.ts';

leakGuard();

/** A stream whose two halves are in the test's hands. */
class Hands extends Duplex {
  readonly written: Uint8Array[] = [];
  /** Called to let a write finish. */
  readonly pending: ((error?: Error) => void)[] = [];

  override _read(): void {}

  override _write(chunk: Uint8Array, _encoding: string, done: (error?: Error | null) => void): void {
    this.written.push(chunk);
    this.pending.push(done);
  }
}

test('a stream that hands on the very chunks that it got is given copies: no later send shows through', async () => {
  const socket = fromDuplex(new PassThrough());
  const expected: Uint8Array[] = [];
  for (let round = 0; round < 50; round += 1) {
    await socket.send(pattern(600, round));
    await socket.flush();
    expected.push(pattern(600, round));
  }
  const large = pattern(100_000, 99);
  await socket.send(large);
  // Not received yet: it lies in the queue as the stream handed it on.
  large.fill(0xee);
  assertSameBytes(await socket.recvExactly(50 * 600 + 100_000), Buffer.concat([...expected, pattern(100_000, 99)]));
  await socket.close();
});

test('a stream that is closed is let go: it holds nothing of the connection, and an error that it tells later ends nothing', async () => {
  const stream = new Hands();
  const socket = fromDuplex(stream);
  expect(stream.listenerCount('data')).toBe(1);
  socket.destroy();
  await socket.closed;
  expect(['data', 'end', 'drain', 'close'].map((event) => stream.listenerCount(event))).toEqual([0, 0, 0, 0]);
  expect(() => stream.emit('error', new Error('late'))).not.toThrow();
  expect(await socket.closed).toEqual({ how: 'local' });
});

describe('a stream that gives no bytes', () => {
  test('in object mode fails the receive with ERR_SOCK_STREAM, and the connection', async () => {
    const stream = new PassThrough({ objectMode: true });
    const socket = fromDuplex(stream);
    const waiting = rejection(socket.recv());
    stream.write({ some: 'object' });
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_STREAM', category: 'usage', phase: 'recv' });
    expect(await socket.closed).toMatchObject({ how: 'error', cause: { code: 'ERR_SOCK_STREAM' } });
    expect(stream.destroyed).toBe(true);
  });

  test('with an encoding set fails as well, after the bytes before it', async () => {
    const stream = new Hands();
    const socket = fromDuplex(stream);
    stream.push(bytes('fine'));
    await until(() => socket.stats.receiveQueueBytes === 4, 'the first bytes came');
    stream.setEncoding('utf8');
    stream.push(bytes('text'));
    await socket.closed;
    expect(text(await socket.recv())).toBe('fine');
    expect((await rejection(socket.recv())).message).toMatch(/gave a string instead of bytes/);
  });
});

test('a write is over when the stream says so; until then the send queue holds it', async () => {
  const stream = new Hands();
  const socket = fromDuplex(stream, { sendQueueBytes: '4KiB' });
  expect(socket.trySend(pattern(5000))).toBe(4096);
  await turns(1);
  expect(socket.stats).toMatchObject({ sendQueueBytes: 4096, bytesWritten: 0 });
  expect(socket.trySend(bytes('x'))).toBe(0);
  while (stream.pending.length > 0) {
    expect(socket.stats.bytesWritten).toBe(0);
    stream.pending.shift()?.();
    await turns(1);
  }
  expect(socket.stats).toMatchObject({ sendQueueBytes: 0, bytesWritten: 4096 });
  socket.destroy();
  await socket.closed;
});

test('a batch is corked: it reaches the stream as one writev', async () => {
  const batches: number[] = [];
  const stream = new Duplex({
    read() {},
    writev: (chunks, done) => {
      batches.push(chunks.length);
      done();
    },
  });
  const socket = fromDuplex(stream);
  socket.trySend(bytes('small'));
  void socket.send(pattern(20_000), { owned: true });
  socket.trySend(bytes('small'));
  await socket.flush();
  expect(batches).toEqual([3]);
  socket.destroy();
  await socket.closed;
});

test.each([
  ['an errno', Object.assign(new Error('x'), { code: 'EPIPE' }), 'ERR_SOCK_RESET', 'reset'],
  ['anything else', new Error('the tape tore'), 'ERR_SOCK_SYSTEM', 'error'],
])('a stream that breaks with %s is told typed, to sends and receives', async (_, failure, code, how) => {
  const stream = new Hands();
  const socket = fromDuplex(stream);
  const waiting = [rejection(socket.recv()), rejection(socket.send(pattern(100_000))), rejection(socket.flush())];
  stream.destroy(failure);
  for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code, cause: failure });
  expect((await socket.closed).how).toBe(how);
});

test('a write that fails never counts as written', async () => {
  const stream = new Hands();
  const socket = fromDuplex(stream);
  const flushing = rejection(socket.send(pattern(10)).then(async () => await socket.flush()));
  await turns(1);
  stream.pending.shift()?.(new Error('disk full'));
  expect((await flushing).code).toBe('ERR_SOCK_SYSTEM');
  expect(socket.stats).toMatchObject({ bytesSent: 10, bytesWritten: 0 });
  await socket.closed;
});

test('a stream that is destroyed before its end is broken off, not ended', async () => {
  const stream = new Hands();
  const socket = fromDuplex(stream);
  stream.destroy();
  expect(await rejection(socket.recv())).toMatchObject({ code: 'ERR_SOCK_RESET' });
  expect((await socket.closed).how).toBe('reset');
});

test('destroying the socket with a reason tells it to whoever else holds the stream', async () => {
  const stream = new PassThrough();
  const told = new Promise((resolve) => finished(stream, resolve));
  const reason = new Error('no longer wanted');
  const socket = fromDuplex(stream);
  socket.destroy(reason);
  expect(await told).toBe(reason);
  expect(await socket.closed).toMatchObject({ how: 'error', cause: reason });
});

describe('a stream that has a past', () => {
  test('that was paused flows', async () => {
    const stream = new PassThrough();
    stream.pause();
    stream.write('waiting');
    const socket = fromDuplex(stream);
    expect(text(await socket.recv())).toBe('waiting');
    await socket.close();
  });

  test('that has ended is at its end', async () => {
    const stream = new Hands();
    stream.push(null);
    stream.resume();
    await new Promise((resolve) => stream.once('end', resolve));
    const socket = fromDuplex(stream);
    expect(await socket.recv()).toBeNull();
    socket.destroy();
    await socket.closed;
  });

  test('that is destroyed, or broke, is closed', async () => {
    const stream = new Hands();
    stream.on('error', () => {});
    stream.destroy(new Error('long ago'));
    await turns(1);
    const socket = fromDuplex(stream);
    expect((await rejection(socket.recv())).code).toBe('ERR_SOCK_SYSTEM');
    expect((await socket.closed).how).toBe('error');
  });
});

test('a program that does not read stops the stream, and bytes that the runtime holds survive a break', async () => {
  const stream = new Hands({ highWaterMark: 16 });
  const socket = fromDuplex(stream, { receiveQueueBytes: '4KiB' });
  let pushed = 0;
  const parts: Uint8Array[] = [];
  for (let more = true; more; pushed += 1) {
    parts.push(pattern(1000, pushed));
    more = stream.push(pattern(1000, pushed)) || pushed < 8;
    await turns(1);
  }
  expect(socket.stats.receiveQueueBytes).toBeLessThan(6000);
  expect(pushed * 1000).toBeGreaterThan(socket.stats.receiveQueueBytes);
  stream.destroy(new Error('torn'));
  await socket.closed;
  assertSameBytes(await socket.recvExactly(pushed * 1000), Buffer.concat(parts));
  expect((await rejection(socket.recv())).code).toBe('ERR_SOCK_SYSTEM');
});

test('the addresses are those that were given', () => {
  const local = { host: 'here', port: 1 };
  const remote = { path: '/there' };
  const socket = fromDuplex(new PassThrough(), { local, remote });
  expect([socket.local, socket.remote]).toEqual([local, remote]);
  socket.destroy();
});

test('the stream can be taken out by a layer, with what was read put back; the old transport is out of it', async () => {
  const server = await rawServer();
  const stream = nodeConnect(server.port, server.host);
  const socket = fromDuplex(stream);
  const peer = await server.accept();
  peer.socket.write('before');
  await until(() => (socket.ready & READABLE) !== 0, 'it arrived');
  const { transport, unread } = await socket.detach();
  const lower = transport.get(NODE_DUPLEX);
  expect(Buffer.concat(unread).toString()).toBe('before');
  const taken = lower?.take();
  expect(taken).toBe(stream);
  expect(transport.get(NODE_DUPLEX)).toBeUndefined();
  // A key that claims to be harmless does not make it so.
  expect(transport.get({ ...NODE_DUPLEX, passes: true })).toBeUndefined();
  expect(() => lower?.take()).toThrow(expect.objectContaining({ code: 'ERR_SOCK_DETACHED' }));
  peer.socket.write('after');
  const next = await new Promise((resolve) => stream.once('data', resolve).resume());
  expect(String(next)).toBe('after');
  stream.destroy();
  await socket.closed;
  await server.close();
});
