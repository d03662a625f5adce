import type { Socket as ByteSocket, SocketLimitsInput, TcpEndpoint } from '@sock/core';
import { isSocketError } from '@sock/core';
import { bytes, leakGuard, pattern, rejection, text, turns } from '@sock/testkit';
import { afterEach, expect, test } from 'vitest';
import { tcp } from '../connectors.ts';
import { listen } from '../listen.ts';
import { bind } from './bind.ts';
import type { SocketOptions } from './options.ts';
import type { Socket } from './socket.ts';
import { SocketError } from './socket-error.ts';

const open: { socket: Socket; peer: ByteSocket }[] = [];
leakGuard();
afterEach(async () => {
  for (const { socket, peer } of open.splice(0)) {
    peer.destroy();
    await socket.close();
  }
});

async function pair(options?: SocketOptions, limits?: SocketLimitsInput): Promise<{ socket: Socket; peer: ByteSocket }> {
  await using listener = await listen('127.0.0.1:0', limits);
  const socket = bind({ connector: tcp(limits) }).connect(`127.0.0.1:${(listener.endpoint as TcpEndpoint).port}`, options);
  const made = { socket, peer: await listener.accept() };
  await socket.opened;
  open.push(made);
  return made;
}

const SMALL: SocketLimitsInput = { sendQueueBytes: '16KiB', receiveQueueBytes: '16KiB' };

test('bytes may be written as views of every kind, as a buffer, and as text', async () => {
  const { socket, peer } = await pair();
  const writer = socket.writable.getWriter();
  await writer.write(bytes('a'));
  await writer.write(Uint8Array.of(98).buffer);
  await writer.write(new DataView(bytes('xcx').buffer, 1, 1));
  await writer.write(new Uint16Array(bytes('de').buffer));
  await writer.write('f');
  expect(text(await peer.recvExactly(6))).toBe('abcdef');
});

test('nothing is read ahead: a program that does not read stops the peer', async () => {
  const { socket, peer } = await pair({}, SMALL);
  let sent = 0;
  for (let quiet = 0; quiet < 25; quiet += 1) {
    const count = peer.trySend(new Uint8Array(64 * 1024));
    if (count > 0) quiet = 0;
    sent += count;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
    await turns(1);
  }
  expect(peer.trySend(new Uint8Array(1))).toBe(0);
  const reader = socket.readable.getReader();
  await reader.read();
});

test('a peer that does not read stops the writer: ready waits', async () => {
  const { socket } = await pair({}, SMALL);
  const writer = socket.writable.getWriter();
  void rejection(writer.write(new Uint8Array(32 * 1024 * 1024)));
  expect(writer.desiredSize).toBe(0);
  let ready = false;
  writer.ready.then(() => void (ready = true), () => {});
  await turns(20);
  expect(ready).toBe(false);
});

test('a readable that was cancelled does not stop the peer: what comes is dropped', async () => {
  const { socket, peer } = await pair({}, SMALL);
  await socket.readable.cancel();
  await peer.send(pattern(8 * 1024 * 1024));
  await peer.flush();
  await socket.writable.getWriter().write('thanks');
  expect(text(await peer.recvExactly(6))).toBe('thanks');
});

test('a readable that is cancelled while a read waits drops what comes then', async () => {
  const { socket, peer } = await pair({}, SMALL);
  const reader = socket.readable.getReader();
  const reading = reader.read();
  await turns(5);
  await reader.cancel();
  expect((await reading).done).toBe(true);
  await peer.send(pattern(8 * 1024 * 1024));
  await peer.flush();
});

test('close() sends all that the socket had been given, then the end', async () => {
  const { socket, peer } = await pair();
  const writer = socket.writable.getWriter();
  const big = writer.write(new Uint8Array(3_000_000));
  void socket.close();
  let count = 0;
  for await (const chunk of peer) count += chunk.length;
  expect(count).toBe(3_000_000);
  await big;
});

test('close() that drops what was written resets the connection: the peer cannot take the part for the whole', async () => {
  const { socket, peer } = await pair();
  const writer = socket.writable.getWriter();
  const writes = ['first', 'second'].map((word) => writer.write(word));
  const dropped = rejection(writes[1] as Promise<void>);
  await socket.close('enough');
  expect(await dropped).toBe('enough');
  expect((await peer.closed).how).toBe('reset');
});

test('its twin: what was awaited is not dropped, and the peer sees an end', async () => {
  const { socket, peer } = await pair();
  const writer = socket.writable.getWriter();
  await Promise.all(['first', 'second'].map((word) => writer.write(word)));
  void socket.close('enough');
  expect(text(await peer.recvExactly(11))).toBe('firstsecond');
  expect(await peer.recv()).toBeNull();
});

test('an aborted writable sends neither an end nor a reset before close(), which then resets', async () => {
  const { socket, peer } = await pair();
  await socket.writable.abort('stop');
  await peer.send(bytes('answer'));
  const reader = socket.readable.getReader();
  expect(text((await reader.read()).value ?? null)).toBe('answer');
  let seen = false;
  peer.closed.then(() => void (seen = true), () => {});
  await turns(50);
  expect(seen).toBe(false);
  expect(peer.stats.bytesReceived).toBe(0);
  await socket.close();
  expect((await peer.closed).how).toBe('reset');
});

test('a write to a connection that broke fails typed, and what had come before can still be read', async () => {
  const { socket, peer } = await pair();
  await peer.send(bytes('before'));
  await peer.flush();
  await turns(10);
  peer.destroy();
  const writer = socket.writable.getWriter();
  const writing = async (): Promise<void> => {
    for (let tries = 0; tries < 1000; tries += 1) {
      await writer.write('more');
      await turns(1);
    }
  };
  const error = await rejection<SocketError>(writing());
  expect(error).toBeInstanceOf(SocketError);
  expect(isSocketError(error.cause, 'ERR_SOCK_RESET')).toBe(true);
  expect(text((await socket.readable.getReader().read()).value ?? null)).toBe('before');
});

test('a pipe into a connection that the peer ends is told, and the connection is closed', async () => {
  const { socket, peer } = await pair();
  const source = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(bytes('piped')) });
  const piping = rejection(source.pipeTo(socket.writable));
  expect(text(await peer.recvExactly(5))).toBe('piped');
  await peer.shutdown();
  const reader = socket.readable.getReader();
  expect((await reader.read()).done).toBe(true);
  expect(await piping).toBeInstanceOf(SocketError);
  await socket.closed;
});

test('close() while the last bytes of a connection that the peer has ended wait cuts them off', async () => {
  const { socket, peer } = await pair({}, SMALL);
  const writer = socket.writable.getWriter();
  const writes = [writer.write(new Uint8Array(32 * 1024 * 1024)), writer.write('more')].map((write) => rejection(write));
  await peer.shutdown();
  const reader = socket.readable.getReader();
  expect((await reader.read()).done).toBe(true);
  await turns(20);
  const closing = socket.close('enough');
  expect(closing).toBe(socket.closed);
  expect(await writes[1]).toBe('enough');
  await closing;
  await writes[0];
});

test('a writer that let go, and one that came after, are both known when the peer ends', async () => {
  const { socket, peer } = await pair();
  socket.writable.getWriter().releaseLock();
  const writer = socket.writable.getWriter();
  await peer.shutdown();
  await socket.readable.getReader().read();
  await writer.closed;
  expect(await peer.recv()).toBeNull();
});
