import { getEventListeners } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullBacklog, leakGuard, rawServer, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { listen } from './listen.ts';

leakGuard();

/** A port on which nothing listens: it was ours a moment ago. */
async function closedPort(): Promise<number> {
  await using listener = await listen('127.0.0.1:0');
  return (listener.endpoint as { port: number }).port;
}

describe('a connect that fails rejects, typed, and says where', () => {
  test('to a closed port', async () => {
    const port = await closedPort();
    const endpoint = { host: '127.0.0.1', port };
    const error = await rejection<Error & { cause: NodeJS.ErrnoException }>(connect(endpoint));
    expect(error).toMatchObject({ code: 'ERR_SOCK_REFUSED', phase: 'connect', category: 'refused', retryable: true, endpoint, cause: { code: 'ECONNREFUSED' } });
    expect(error.message).toMatch(`connect 127.0.0.1:${port}: nothing listens there`);
  });

  test('to a Unix path that does not exist, is no socket, or that nobody serves any more', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sock-'));
    const file = join(directory, 'file');
    writeFileSync(file, '');
    expect(await rejection(connect({ path: join(directory, 'missing') }))).toMatchObject({ code: 'ERR_SOCK_NOT_FOUND', phase: 'connect', retryable: true });
    expect(await rejection(connect({ path: file }))).toMatchObject({ code: 'ERR_SOCK_REFUSED', phase: 'connect' });
    expect(await rejection(connect({ path: join(file, 'below') }))).toMatchObject({ code: 'ERR_SOCK_NOT_FOUND', retryable: false });
    expect(await rejection(connect('unix:@sock-nobody-is-here'))).toMatchObject({ code: 'ERR_SOCK_REFUSED', phase: 'connect' });
    rmSync(directory, { recursive: true });
  });

  test('from an address that this machine does not have, or that is none', async () => {
    const port = await closedPort();
    expect(await rejection(connect({ host: '127.0.0.1', port }, { localAddress: '192.0.2.1' }))).toMatchObject({ code: 'ERR_SOCK_ADDRESS_NOT_AVAILABLE', phase: 'connect', category: 'usage' });
    expect(await rejection(connect({ host: '127.0.0.1', port }, { localAddress: 'here' }))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', category: 'usage' });
  });

  test('to something that is no address, or with options that are none', async () => {
    expect((await rejection(connect('nonsense'))).code).toBe('ERR_SOCK_ENDPOINT');
    expect((await rejection(connect({ memory: 'm' }))).code).toBe('ERR_SOCK_ENDPOINT');
    expect((await rejection(connect('127.0.0.1:1', { connectTimeout: 0 }))).code).toBe('ERR_SOCK_CONFIG');
    expect((await rejection(connect('127.0.0.1:1', { sendQueueBytes: 1 }))).code).toBe('ERR_SOCK_CONFIG');
  });
});

describe('where nobody answers', () => {
  test('the time-out of the call ends it', async () => {
    await using silent = await fullBacklog();
    const error = await rejection(connect({ host: '127.0.0.1', port: silent.port }, { timeout: '50ms' }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'connect', category: 'timeout', retryable: true });
  });

  test('connectTimeout ends each attempt, and the next address is tried', async () => {
    await using silent = await fullBacklog();
    const endpoint = { host: 'some.name', port: silent.port };
    const begun = performance.now();
    const error = await rejection(connect(endpoint, { connectTimeout: '40ms', lookup: async () => ['127.0.0.1', '127.0.0.1'] }));
    const took = performance.now() - begun;
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'connect' });
    expect(error.message).toMatch(/tried 127\.0\.0\.1: ERR_SOCK_TIMEOUT, 127\.0\.0\.1: ERR_SOCK_TIMEOUT$/);
    expect(took).toBeGreaterThan(75);
    expect(took).toBeLessThan(1000);
  });

  test('one budget covers all attempts: the second gets what the first left', async () => {
    await using silent = await fullBacklog();
    const begun = performance.now();
    const error = await rejection(
      connect({ host: 'some.name', port: silent.port }, { timeout: '180ms', connectTimeout: '150ms', lookup: async () => ['127.0.0.1', '127.0.0.1', '127.0.0.1'] }),
    );
    expect(error.code).toBe('ERR_SOCK_TIMEOUT');
    expect(performance.now() - begun).toBeLessThan(400);
  });

  test('a signal ends it at once, and no listener stays', async () => {
    await using silent = await fullBacklog();
    const controller = new AbortController();
    const waiting = rejection(connect({ host: '127.0.0.1', port: silent.port }, { signal: controller.signal, timeout: '1m' }));
    setImmediate(() => controller.abort('changed my mind'));
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'connect', cause: 'changed my mind' });
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});

test('a signal that fired before dials nothing', async () => {
  const server = await rawServer();
  let met = false;
  void server.accept().then(() => (met = true));
  expect((await rejection(connect(server, { signal: AbortSignal.abort() }))).code).toBe('ERR_SOCK_ABORTED');
  await server.close();
  expect(met).toBe(false);
});

test('a socket knows both of its addresses, and the listener\'s side agrees', async () => {
  await using listener = await listen('127.0.0.1:0');
  const socket = await connect(listener.endpoint, { localAddress: '127.0.0.1' });
  const accepted = await listener.accept();
  expect(socket.remote).toEqual(listener.endpoint);
  expect(accepted.remote).toEqual(socket.local);
  expect(accepted.local).toEqual(socket.remote);
  socket.destroy();
  accepted.destroy();
});

test('localAddress is where the connection comes from', async () => {
  await using listener = await listen('127.0.0.1:0');
  const socket = await connect(listener.endpoint, { localAddress: '127.0.0.9' });
  const accepted = await listener.accept();
  expect(accepted.remote).toMatchObject({ host: '127.0.0.9' });
  socket.destroy();
  accepted.destroy();
});

test('IPv6 literals are dialled', async () => {
  await using listener = await listen('[::1]:0');
  const { port } = listener.endpoint as { port: number };
  const socket = await connect(`[::1]:${port}`);
  expect(socket.remote).toEqual({ host: '::1', port });
  (await listener.accept()).destroy();
  socket.destroy();
});

test('limits given to connect are those of the socket', async () => {
  await using listener = await listen('127.0.0.1:0');
  const socket = await connect(listener.endpoint, { sendQueueBytes: '8KiB' });
  expect(socket.trySend(new Uint8Array(100_000))).toBe(8192);
  socket.destroy();
  (await listener.accept()).destroy();
});
