import { PassThrough, Readable, Transform, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { readable } from '@sock/core/streams';
import { assertSameBytes, bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { toDuplex } from './to-duplex.ts';

leakGuard();

test('pipeline carries everything, both ways, and ends cleanly', async () => {
  const [left, right] = memoryPair({ receiveQueueBytes: '8KiB', sendQueueBytes: '8KiB' });
  const upper = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk.map((byte) => byte ^ 0xff)),
  });
  const echo = toDuplex(right);
  const echoing = pipeline(echo, upper, echo);
  const got: Buffer[] = [];
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      got.push(chunk);
      done();
    },
  });
  await pipeline(Readable.from([pattern(100_000), pattern(50, 1)].map((part) => Buffer.from(part))), toDuplex(left), sink);
  await echoing;
  assertSameBytes(Buffer.concat(got).map((byte) => byte ^ 0xff), Buffer.concat([pattern(100_000), pattern(50, 1)]));
  expect(['end', 'local']).toContain((await left.closed).how);
  expect(['end', 'local']).toContain((await right.closed).how);
});

test('back-pressure reaches the writer: a peer that does not read stops it', async () => {
  const [left, right] = memoryPair({ receiveQueueBytes: '8KiB', sendQueueBytes: '8KiB' });
  const stream = toDuplex(left);
  let count = 0;
  while (stream.write(pattern(4096, count)) && count < 1000) {
    count += 1;
    await turns(2);
  }
  expect(count).toBeLessThan(100);
  await turns(10);
  expect(left.stats.bytesSent).toBeLessThanOrEqual(16 * 1024);
  const drained = new Promise((resolve) => stream.once('drain', resolve));
  const reading = (async () => {
    for await (const _ of right);
  })();
  await drained;
  stream.destroy();
  await left.closed;
  expect((await rejection(reading)).code).toBe('ERR_SOCK_RESET');
});

test('a reader that does not read stops the peer', async () => {
  const [left, right] = memoryPair({ receiveQueueBytes: '8KiB', sendQueueBytes: '8KiB' });
  const stream = toDuplex(left);
  stream.read(0);
  const chunk = new Uint8Array(4096);
  let sent = 0;
  for (let quiet = 0; quiet < 20; ) {
    const count = right.trySend(chunk);
    sent += count;
    quiet = count > 0 ? 0 : quiet + 1;
    await turns(1);
  }
  expect(sent).toBeLessThan(128 * 1024);
  stream.destroy();
  right.destroy();
  await left.closed;
});

test('writes of one turn leave as one write, and their buffers are free when it says so', async () => {
  const [left, right] = memoryPair();
  const stream = toDuplex(left);
  stream.cork();
  const buffer = Buffer.from('one,');
  const written = new Promise<void>((resolve) => stream.write(buffer, () => resolve()));
  stream.write('two,');
  stream.write('three');
  stream.uncork();
  await written;
  buffer.fill(0xee);
  expect(text(await right.recv())).toBe('one,two,three');
  stream.destroy();
  right.destroy();
  await left.closed;
});

test('a socket that is being read is refused with ERR_SOCK_BUSY, and its reader is unharmed', async () => {
  const [left, right] = memoryPair();
  const waiting = left.recv();
  expect(() => toDuplex(left)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY' }));
  await right.send(bytes('mine'));
  expect(text(await waiting)).toBe('mine');
  const stream = readable(left);
  expect(() => toDuplex(left)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_BUSY' }));
  await stream.cancel();
  toDuplex(left).on('error', () => {}).resume();
  await turns(1);
  expect((await rejection(left.recv())).code).toBe('ERR_SOCK_BUSY');
  right.destroy();
  left.destroy();
});

describe('ends', () => {
  test('ending the stream half-closes the socket; reading goes on', async () => {
    const [left, right] = memoryPair();
    const stream = toDuplex(left);
    stream.end('last');
    expect(text(await right.recv())).toBe('last');
    expect(await right.recv()).toBeNull();
    await right.send(bytes('answer'));
    await right.shutdown();
    const got: Buffer[] = [];
    for await (const chunk of stream) got.push(chunk as Buffer);
    expect(Buffer.concat(got).toString()).toBe('answer');
    expect((await left.closed).how).toBe('local');
  });

  test('destroying the stream before its end breaks the connection off', async () => {
    const [left, right] = memoryPair();
    const waiting = rejection(right.recv());
    toDuplex(left).destroy();
    expect((await waiting).code).toBe('ERR_SOCK_RESET');
    expect((await left.closed).how).toBe('local');
  });

  test('an error given to destroy is the reason', async () => {
    const [left, right] = memoryPair();
    const stream = toDuplex(left);
    const failure = new Error('bad input');
    const told = new Promise((resolve) => stream.once('error', resolve));
    stream.destroy(failure);
    expect(await told).toBe(failure);
    expect(await left.closed).toMatchObject({ how: 'error', cause: failure });
    right.destroy();
  });

  test('a connection that breaks destroys the stream with the typed error', async () => {
    const [left, right] = memoryPair();
    const stream = toDuplex(left);
    const told = new Promise((resolve) => stream.once('error', resolve));
    stream.resume();
    right.destroy();
    expect(await told).toMatchObject({ code: 'ERR_SOCK_RESET' });
    expect(stream.destroyed).toBe(true);
  });

  test.each([['destroyed', (socket: Socket) => socket.destroy()], ['closed', (socket: Socket) => socket.close({ timeout: 5 })]] as const)(
    'a socket that is %s by another hand closes the stream, also while nobody reads',
    async (_how, end) => {
      const [left, right] = memoryPair();
      const stream = toDuplex(left);
      const closed = new Promise((resolve) => stream.once('close', resolve));
      await end(left);
      await closed;
      expect(stream.errored).toBeNull();
      right.destroy();
    },
  );

  test('a clean end that nobody has read yet can be read after the connection is over', async () => {
    const [left, right] = memoryPair();
    const stream = toDuplex(left);
    stream.end();
    await right.send(bytes('unread'));
    await right.shutdown();
    await left.closed;
    await turns(3);
    const got: Buffer[] = [];
    for await (const chunk of stream) got.push(chunk as Buffer);
    expect(Buffer.concat(got).toString()).toBe('unread');
  });

  test('a pipeline through a broken connection rejects with the typed error', async () => {
    const [left, right] = memoryPair({ sendQueueBytes: '4KiB', receiveQueueBytes: '4KiB' });
    const piping = rejection(pipeline(Readable.from([pattern(1_000_000)]), toDuplex(left), new PassThrough().resume()));
    await turns(3);
    right.destroy();
    expect((await piping).code).toBe('ERR_SOCK_RESET');
  });
});
