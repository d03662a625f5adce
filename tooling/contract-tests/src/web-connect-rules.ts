import { expect, test } from 'vitest';
import type { WebKit } from './web-kit.ts';
import { readAll, receive, stateOf } from './web-kit.ts';

/** Sections "connect", "opened" and "SocketInfo". */
export function connectRules(kit: WebKit): void {
  const testTls = kit.secureTransport === 'off' ? undefined : test;

  test('connect, steps 1 and 4: the socket is there at once, pending, with each of its attributes', async () => {
    const server = await kit.serve();
    const socket = kit.dial(server.address);
    expect(socket.readable).toBeInstanceOf(ReadableStream);
    expect(socket.writable).toBeInstanceOf(WritableStream);
    expect(socket.opened).toBeInstanceOf(Promise);
    expect(socket.closed).toBeInstanceOf(Promise);
    expect(socket.upgraded).toBe(false);
    let settled = 0;
    for (const promise of [socket.opened, socket.closed]) void promise.then(() => (settled += 1), () => (settled += 1));
    await Promise.resolve();
    expect(settled).toBe(0);
    await kit.secured(await kit.accept(server));
    await socket.opened;
  });

  test('connect: each attribute is the same object whenever it is asked for', async () => {
    const { socket } = await kit.open();
    for (const name of ['readable', 'writable', 'opened', 'closed'] as const) expect(socket[name]).toBe(socket[name]);
  });

  test('opened: resolves when the connection is established, for a secure one when the handshake is over', async () => {
    const server = await kit.serve();
    const socket = kit.dial(server.address);
    const accepting = kit.accept(server);
    if (kit.secureTransport === 'starttls') {
      const plain = await accepting;
      expect(await stateOf(socket.opened)).toBe('pending');
      await kit.secured(plain);
    }
    await socket.opened;
    expect(await stateOf(socket.closed)).toBe('pending');
  });

  test('connect, step 8: the streams can be used before the connection stands', async () => {
    const server = await kit.serve();
    const socket = kit.dial(server.address);
    const reader = socket.readable.getReader();
    const reading = reader.read();
    const writing = socket.writable.getWriter().write(new TextEncoder().encode('early'));
    const peer = await kit.secured(await kit.accept(server));
    expect(await receive(peer)).toBe('early');
    await writing;
    await peer.send(new TextEncoder().encode('answer'));
    expect(new TextDecoder().decode((await reading).value)).toBe('answer');
  });

  test('connect, step 8: also closing writable before the connection stands ends what was written', async () => {
    const server = await kit.serve();
    const socket = kit.dial(server.address);
    const writer = socket.writable.getWriter();
    void writer.write(new TextEncoder().encode('all of it'));
    void writer.close();
    const peer = await kit.secured(await kit.accept(server));
    expect(await receive(peer)).toBe('all of it');
    expect(await peer.recv()).toBeNull();
    await peer.send(new TextEncoder().encode('answer'));
    await peer.shutdown();
    expect(await readAll(socket.readable)).toBe('answer');
  });

  test('SocketInfo, remoteAddress: host and port of the peer', async () => {
    const { socket, server } = await kit.open();
    expect((await socket.opened).remoteAddress).toMatch(new RegExp(`^(?:localhost|127\\.0\\.0\\.1|\\[::1\\]):${server.port}$`));
  });

  test('SocketInfo, localAddress: host and port of this side, if it is told', async () => {
    const { socket, server } = await kit.open();
    const { localAddress } = await socket.opened;
    if (localAddress === null) return;
    expect(localAddress).toMatch(/^(?:localhost|127\.0\.0\.1|\[::1\]):\d+$/);
    expect(localAddress.endsWith(`:${server.port}`)).toBe(false);
  });

  test('SocketInfo, alpn: null when no protocol was agreed on', async () => {
    const { socket } = await kit.open();
    expect((await socket.opened).alpn).toBeNull();
  });

  testTls?.('SocketInfo, alpn: the protocol that the server agreed to', async () => {
    const { socket } = await kit.open({ alpn: ['other/1', 'kit/1'] });
    expect((await socket.opened).alpn).toBe('kit/1');
  });
}
