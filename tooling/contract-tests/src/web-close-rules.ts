import { bytes, rawServer, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { WebKit } from './web-kit.ts';
import { receive, receiveAll, stateOf } from './web-kit.ts';

/** Section "close(reason)". */
export function closeRules(kit: WebKit): void {
  const testTls = kit.secureTransport === 'off' ? undefined : test;

  test('close: answers with the very promise closed, each time', async () => {
    const { socket } = await kit.open();
    expect(socket.close()).toBe(socket.closed);
    expect(socket.close('again')).toBe(socket.closed);
  });

  test('closed: resolves with undefined when close() is called', async () => {
    const { socket, peer } = await kit.open();
    const closing = socket.close('whatever');
    expect(await peer.recv()).toBeNull();
    await peer.shutdown();
    expect(await closing).toBeUndefined();
  });

  test('close: closes the connection below', async () => {
    const { socket, peer } = await kit.open();
    const writer = socket.writable.getWriter();
    await writer.write(bytes('before'));
    void socket.close();
    expect(await receiveAll(peer)).toBe('before');
  });

  test('close: readable is cancelled; a read that waits is done', async () => {
    const { socket } = await kit.open();
    const reader = socket.readable.getReader();
    const reading = reader.read();
    void socket.close(new Error('enough'));
    expect(await reading).toEqual({ value: undefined, done: true });
    await reader.closed;
  });

  test('close: readable is cancelled when nobody holds it, too', async () => {
    const { socket, peer } = await kit.open();
    await peer.send(bytes('unread'));
    void socket.close();
    expect(await socket.readable.getReader().read()).toEqual({ value: undefined, done: true });
  });

  test('close: writable is aborted with the reason', async () => {
    const { socket } = await kit.open();
    const reason = new Error('enough');
    const writer = socket.writable.getWriter();
    void socket.close(reason);
    expect(await rejection(writer.closed)).toBe(reason);
    expect(await rejection(writer.write(bytes('late')))).toBe(reason);
  });

  test('close: writable is aborted when nobody holds it, too', async () => {
    const { socket } = await kit.open();
    void socket.close('enough');
    expect(await rejection(socket.writable.getWriter().closed)).toBe('enough');
  });

  test('close: writes that wait reject with the reason, and are not sent', async () => {
    const { socket, peer } = await kit.open();
    const reason = new Error('enough');
    const writer = socket.writable.getWriter();
    const first = writer.write(bytes('handed on'));
    const second = rejection(writer.write(bytes('DROPPED')));
    void socket.close(reason);
    await first;
    expect(await second).toBe(reason);
    expect(await receiveAll(peer).catch(() => 'reset')).not.toContain('DROPPED');
  });

  test('close: opened that has resolved stays so', async () => {
    const { socket } = await kit.open();
    void socket.close(new Error('late'));
    expect((await socket.opened).remoteAddress).not.toBe('');
  });

  test.each([{ reason: new Error('changed my mind') }, { reason: 'a text' }, { reason: undefined }])('close: a pending opened rejects with the reason, $reason', async ({ reason }) => {
    const server = await rawServer();
    try {
      const socket = kit.dial(`localhost:${server.port}`);
      const opened = rejection(socket.opened);
      expect(socket.close(reason)).toBe(socket.closed);
      expect(await opened).toBe(reason);
      expect(await socket.closed).toBeUndefined();
      expect((await socket.readable.getReader().read()).done).toBe(true);
      expect(await rejection(socket.writable.getWriter().closed)).toBe(reason);
    } finally {
      await server.close();
    }
  });

  testTls?.('close: a handshake under way is broken off, and opened rejects with the reason', async () => {
    const server = await rawServer();
    try {
      const socket = kit.dial(`localhost:${server.port}`);
      const peer = await server.accept();
      expect(await stateOf(socket.opened)).toBe('pending');
      const opened = rejection(socket.opened);
      await socket.close('changed my mind');
      expect(await opened).toBe('changed my mind');
      // Also below: the server is not left with a connection of nobody's.
      peer.socket.resume();
      await Promise.race([peer.ended.catch(() => {}), peer.closed]);
      expect(peer.received.length === 0 || peer.received[0] === HANDSHAKE).toBe(true);
    } finally {
      await server.close();
    }
  });

  test('close: what is read from the peer afterwards is nothing', async () => {
    const { socket, peer } = await kit.open();
    void socket.close();
    expect(await receive(peer)).toBe('<end>');
  });
}

/** The first byte of a record with a ClientHello. */
const HANDSHAKE = 22;
