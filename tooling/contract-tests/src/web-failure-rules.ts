import { rawServer, rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { ApiSocket, WebKit } from './web-kit.ts';
import { expectSocketError } from './web-socket-error.ts';

/** Section "connect", step 7: a connection that never comes about. */
export function failureRules(kit: WebKit): void {
  const testTls = kit.secureTransport === 'off' ? undefined : test;

  const refused = async (): Promise<string> => {
    const server = await rawServer();
    await server.close();
    return `127.0.0.1:${server.port}`;
  };
  const expectFailsAlike = async (socket: ApiSocket): Promise<TypeError> => {
    const error = await rejection<TypeError>(socket.opened);
    expectSocketError(error);
    expect(await rejection(socket.closed)).toBe(error);
    return error;
  };

  test('connect, step 7: opened and closed reject with the same SocketError', async () => {
    await expectFailsAlike(kit.dial(await refused()));
  });

  test('SocketError: has what the connection failed by as its cause', async () => {
    const { cause } = await expectFailsAlike(kit.dial(await refused()));
    expect(cause).toBeInstanceOf(Error);
  });

  test('connect, step 7: readable is cancelled, so that reads are done', async () => {
    const socket = kit.dial(await refused());
    const reader = socket.readable.getReader();
    expect(await reader.read()).toEqual({ value: undefined, done: true });
    await reader.closed;
  });

  test('connect, step 7: writable is aborted with the error, and so are the writes that waited', async () => {
    const socket = kit.dial(await refused());
    const writer = socket.writable.getWriter();
    const writes = [writer.write(new Uint8Array(1)), writer.write(new Uint8Array(1))].map((write) => rejection(write));
    const error = await rejection(socket.opened);
    expect(await Promise.all(writes)).toEqual([error, error]);
    expect(await rejection(writer.closed)).toBe(error);
  });

  test('connect, steps 2 and 3: opened and closed are marked as handled', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', listener);
    try {
      const socket = kit.dial(await refused());
      await socket.readable.getReader().closed;
      // Node tells of unhandled rejections after the microtasks of the turn.
      await new Promise((resolve) => setImmediate(resolve));
      await rejection(socket.closed);
    } finally {
      process.off('unhandledRejection', listener);
    }
    expect(unhandled).toEqual([]);
  });

  test('close: a connection that has failed answers with closed, which stays rejected', async () => {
    const socket = kit.dial(await refused());
    const error = await rejection(socket.closed);
    expect(socket.close()).toBe(socket.closed);
    expect(await rejection(socket.close(new Error('other')))).toBe(error);
  });

  testTls?.('connect, step 7: a handshake that fails is a connection that fails', async () => {
    const server = await rawServer();
    try {
      const socket = kit.dial(`localhost:${server.port}`);
      const peer = await server.accept();
      peer.socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      await expectFailsAlike(socket);
      await peer.closed;
    } finally {
      await server.close();
    }
  });
}
