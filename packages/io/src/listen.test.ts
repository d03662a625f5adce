import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, leakGuard, rawPeer, rejection, text, turns, until } from '@sock/testkit';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { listen } from './listen.ts';

leakGuard();

const directory = mkdtempSync(join(tmpdir(), 'sock-'));
afterAll(() => rmSync(directory, { recursive: true }));

const portOf = (listener: { endpoint: unknown }): number => (listener.endpoint as { port: number }).port;

describe('a listen that fails rejects, typed', () => {
  test('on a port, and on a path, that is in use', async () => {
    await using first = await listen('127.0.0.1:0');
    const error = await rejection(listen(first.endpoint));
    expect(error).toMatchObject({ code: 'ERR_SOCK_ADDRESS_IN_USE', phase: 'listen', category: 'usage', endpoint: first.endpoint });
    expect(error.message).toMatch(/the address is in use/);
    await using unix = await listen({ path: join(directory, 'used.sock') });
    expect((await rejection(listen(unix.endpoint))).code).toBe('ERR_SOCK_ADDRESS_IN_USE');
    await using abstract = await listen('unix:@sock-used-name');
    expect((await rejection(listen(abstract.endpoint))).code).toBe('ERR_SOCK_ADDRESS_IN_USE');
  });

  test.each([
    ['192.0.2.1:0', 'ERR_SOCK_ADDRESS_NOT_AVAILABLE', 'listen'],
    ['a..b:0', 'ERR_SOCK_NAME', 'dns'],
    ['unix:/no/such/folder/x.sock', 'ERR_SOCK_ACCESS|ERR_SOCK_NOT_FOUND', 'listen'],
    ['nonsense', 'ERR_SOCK_ENDPOINT', 'config'],
  ])('on %s', async (target, code, phase) => {
    const error = await rejection<Error & { code: string; phase: string }>(listen(target));
    expect(error.code).toMatch(new RegExp(`^(${code})$`));
    expect(error.phase).toBe(phase);
  });

  test('in memory, or with limits that are not allowed', async () => {
    expect((await rejection(listen({ memory: 'm' }))).code).toBe('ERR_SOCK_ENDPOINT');
    expect((await rejection(listen('127.0.0.1:0', { backlog: 0 }))).code).toBe('ERR_SOCK_CONFIG');
    expect((await rejection(listen('127.0.0.1:0', { maxWaiting: 0 }))).code).toBe('ERR_SOCK_CONFIG');
  });
});

test.each(['127.0.0.1:0', 'localhost:0'])('a listen on %s that is aborted leaves no listener behind', async (target) => {
  const controller = new AbortController();
  const waiting = rejection(listen(target, { signal: controller.signal }));
  controller.abort();
  expect(await waiting).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'listen' });
  // The leak guard sees a server that listens all the same.
  await turns(20);
});

test('an abstract name and a path serve, and the path is gone after the close', async () => {
  const path = join(directory, 'served.sock');
  for (const endpoint of [{ path }, { path: '\0sock-served' }]) {
    const listener = await listen(endpoint);
    const socket = await connect(endpoint);
    const accepted = await listener.accept();
    expect([socket.remote, accepted.local]).toEqual([endpoint, endpoint]);
    await socket.send(bytes('hello'));
    expect(text(await accepted.recv())).toBe('hello');
    socket.destroy();
    accepted.destroy();
    await listener.close();
  }
  expect(existsSync(path)).toBe(false);
});

describe('maxWaiting', () => {
  test('refuses more than that, counts them, and takes new ones when there is room again', async () => {
    await using listener = await listen('127.0.0.1:0', { maxWaiting: 2 });
    const port = portOf(listener);
    const peers = [await rawPeer({ port }), await rawPeer({ port })];
    // The reset may be faster than the news that the connection stands.
    const refused = [1, 2, 3].map(() => rawPeer({ port }).then(async ({ closed }) => await closed, ({ code }: NodeJS.ErrnoException) => code));
    await until(() => listener.stats.refused === 3, 'three were refused');
    expect(listener.stats).toMatchObject({ accepted: 2, refused: 3, waiting: 2, failed: 0 });
    expect(await Promise.all(refused)).toEqual(['ECONNRESET', 'ECONNRESET', 'ECONNRESET']);
    const first = await listener.accept();
    const again = await rawPeer({ port });
    await until(() => listener.stats.accepted === 3, 'there was room');
    expect(listener.stats.waiting).toBe(2);
    first.destroy();
    for (const { socket } of [...peers, again]) socket.destroy();
  });

  test('does not count those that an accept waits for', async () => {
    await using listener = await listen('127.0.0.1:0', { maxWaiting: 1 });
    const accepts = [listener.accept(), listener.accept(), listener.accept()];
    const peers = await Promise.all([1, 2, 3].map(() => rawPeer({ port: portOf(listener) })));
    const sockets = await Promise.all(accepts);
    expect(listener.stats).toMatchObject({ accepted: 3, refused: 0, waiting: 0 });
    for (const socket of sockets) socket.destroy();
    for (const { socket } of peers) socket.destroy();
  });
});

describe('accept', () => {
  test('ends by time-out, by signal, and by the close of the listener', async () => {
    const listener = await listen('127.0.0.1:0');
    expect(await rejection(listener.accept({ timeout: 10 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'accept' });
    expect(await rejection(listener.accept({ signal: AbortSignal.timeout(10) }))).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'accept' });
    const waiting = rejection(listener.accept());
    await listener.close();
    expect(await waiting).toMatchObject({ code: 'ERR_SOCK_CLOSED', phase: 'accept' });
    expect((await rejection(listener.accept())).code).toBe('ERR_SOCK_CLOSED');
  });

  test('iterating gives each connection once and ends with the close', async () => {
    const listener = await listen('127.0.0.1:0');
    const peers = await Promise.all([1, 2, 3].map(() => rawPeer({ port: portOf(listener) })));
    let count = 0;
    for await (const socket of listener) {
      count += 1;
      socket.destroy();
      if (count === 3) await listener.close();
    }
    expect(count).toBe(3);
    for (const { socket } of peers) socket.destroy();
  });
});

describe('close', () => {
  test('frees the port at once, with connections still open, and these live on', async () => {
    const listener = await listen('127.0.0.1:0');
    const { endpoint } = listener;
    const client = await connect(endpoint);
    const accepted = await listener.accept();
    await listener.close();
    expect(await listener.closed).toEqual({ how: 'local' });
    await using second = await listen(endpoint);
    await client.send(bytes('still here'));
    expect(text(await accepted.recv())).toBe('still here');
    const other = await connect(endpoint);
    (await second.accept()).destroy();
    for (const socket of [client, accepted, other]) socket.destroy();
  });

  test('ends connections that nobody accepted', async () => {
    const listener = await listen('127.0.0.1:0');
    const peer = await rawPeer({ port: portOf(listener) });
    await until(() => listener.stats.waiting === 1, 'it waits');
    await listener.close();
    expect(await peer.closed).toBe('ECONNRESET');
    expect(listener.stats.waiting).toBe(0);
  });

  test('twice is once, and a cause is kept as the reason', async () => {
    const listener = await listen('127.0.0.1:0');
    listener.destroy(new Error('enough'));
    listener.destroy();
    await Promise.all([listener.close(), listener.close()]);
    expect(await listener.closed).toMatchObject({ how: 'error', cause: { message: 'enough' } });
    expect(await rejection(connect(listener.endpoint))).toMatchObject({ code: 'ERR_SOCK_REFUSED' });
  });
});

test('ipv6Only keeps IPv4 out', async () => {
  await using both = await listen('[::]:0');
  const four = await connect({ host: '127.0.0.1', port: portOf(both) });
  (await both.accept()).destroy();
  four.destroy();
  await using six = await listen('[::]:0', { ipv6Only: true });
  expect((await rejection(connect({ host: '127.0.0.1', port: portOf(six) }))).code).toBe('ERR_SOCK_REFUSED');
});

test('limits given to listen are those of every socket that it accepts', async () => {
  await using listener = await listen('127.0.0.1:0', { sendQueueBytes: '8KiB' });
  const peer = await rawPeer({ port: portOf(listener) });
  const accepted = await listener.accept();
  expect(accepted.trySend(new Uint8Array(100_000))).toBe(8192);
  accepted.destroy();
  peer.socket.destroy();
});

test('a listen whose signal fires while its name resolves leaves nothing that listens', async () => {
  const servers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  const stop = new AbortController();
  const listening = listen('localhost:0', { signal: stop.signal });
  stop.abort(new Error('enough'));
  expect(await rejection(listening)).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: new Error('enough') });
  // Two names later, that one has been resolved too.
  for (let round = 0; round < 2; round += 1) await (await listen('localhost:0')).close();
  await until(() => servers() === 0, 'no server is left');
});
