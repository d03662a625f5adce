import { ENDED, HANGUP } from '@sock/core';
import { bytes, leakGuard, pattern, rawPeer, rawServer, rejection, sniffingProxy, spawnPeer, text, turns, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { listen } from './listen.ts';

// What a plain node:net peer, or a proxy in between, sees of our sockets.
leakGuard();

test('a half-close is a FIN on the wire, behind all bytes, and the other direction works on', async () => {
  const server = await rawServer();
  const proxy = await sniffingProxy(server);
  const socket = await connect(proxy);
  const peer = await server.accept();
  const link = await proxy.next();
  await socket.send(pattern(100_000));
  expect(link.ended('up')).toBe(false);
  await socket.shutdown();
  await peer.ended;
  expect(Buffer.compare(peer.received, pattern(100_000))).toBe(0);
  expect([link.ended('up'), link.ended('down')]).toEqual([true, false]);
  peer.socket.end('answer');
  expect(text(await socket.recvExactly(6))).toBe('answer');
  expect(await socket.recv()).toBeNull();
  expect((await socket.closed).how).toBe('local');
  await proxy.close();
  await server.close();
});

test('a peer that leaves is seen at once, with no receive under way: nothing stays "connected"', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { port } = listener.endpoint as { port: number };
  for (const leave of ['end', 'reset'] as const) {
    const peer = await rawPeer({ port });
    const socket = await listener.accept();
    let told = 0;
    socket.onReady((mask) => (told |= mask));
    if (leave === 'end') peer.socket.end();
    else peer.socket.resetAndDestroy().destroy();
    const bit = leave === 'end' ? ENDED : HANGUP;
    await until(() => (told & bit) !== 0, `the ${leave} is told`);
    expect(socket.ready & bit).toBe(bit);
    socket.destroy();
    peer.socket.destroy();
  }
});

test('a loop of awaited small sends leaves as one write', async () => {
  const server = await rawServer();
  const socket = await connect(server);
  const peer = await server.accept();
  for (let count = 0; count < 50; count += 1) await socket.send(bytes(`${count},`));
  await until(() => peer.received.toString().endsWith('49,'), 'all have arrived');
  expect(peer.chunks).toHaveLength(1);
  socket.destroy();
  await server.close();
});

describe('destroy', () => {
  test('is a reset on the wire, and no end comes before it', async () => {
    const server = await rawServer();
    for (let round = 0; round < 20; round += 1) {
      const socket = await connect(server);
      const peer = await server.accept();
      await socket.send(bytes('part'));
      await until(() => peer.received.length === 4, 'the peer has read');
      let ended = false;
      peer.socket.once('end', () => (ended = true));
      socket.destroy();
      expect([await peer.closed, ended]).toEqual(['ECONNRESET', false]);
    }
    await server.close();
  });

  test('with bytes that were not written and an end under way does not pass off a part as the whole', async () => {
    await using listener = await listen('127.0.0.1:0');
    // Not node:net, which reports a reset behind unread bytes as an end; cat reads on and says what it met.
    const { port } = listener.endpoint as { port: number };
    await using cat = spawnPeer('bash', ['-c', `exec 3<>/dev/tcp/127.0.0.1/${port}; read -r go; cat <&3 >/dev/null`]);
    const socket = await listener.accept();
    const sending = rejection(socket.send(pattern(16_000_000)));
    const ending = rejection(socket.shutdown());
    await turns(20);
    socket.destroy();
    expect((await sending).code).toBe('ERR_SOCK_CLOSED');
    await ending;
    // At once, although the peer has not read a byte.
    await socket.closed;
    cat.write('go\n');
    await cat.line(/reset by peer/);
    expect(await cat.exit).toBe(1);
  });

  test('right after a shutdown of nothing is an end, and leaves no handle', async () => {
    const server = await rawServer();
    for (let round = 0; round < 5; round += 1) {
      const socket = await connect(server);
      const peer = await server.accept();
      await turns(round);
      const ending = socket.shutdown().catch(() => {});
      await turns(round % 2);
      socket.destroy();
      await ending;
      await socket.closed;
      peer.socket.destroy();
    }
    expect(await server.close()).toBeUndefined();
  });
});

test('bytes that drip in one at a time are put together', async () => {
  const server = await rawServer();
  const proxy = await sniffingProxy(server, { drip: true });
  const socket = await connect(proxy);
  const peer = await server.accept();
  peer.socket.write(pattern(500));
  expect(Buffer.compare(await socket.recvExactly(500), pattern(500))).toBe(0);
  socket.destroy();
  await proxy.close();
  await server.close();
});

test('a stream that is cut off is an early end, and what came stays readable', async () => {
  const server = await rawServer();
  const proxy = await sniffingProxy(server, { truncateAfter: { down: 300 } });
  const socket = await connect(proxy);
  const peer = await server.accept();
  peer.socket.write(pattern(500));
  expect(await rejection(socket.recvExactly(500))).toMatchObject({ code: 'ERR_SOCK_UNEXPECTED_END', bytesMoved: 300 });
  expect(Buffer.compare(await socket.recvExactly(300), pattern(300))).toBe(0);
  socket.destroy();
  await proxy.close();
  await server.close();
});

test('a connection that breaks in the middle is a reset, and what came stays readable', async () => {
  const server = await rawServer();
  const proxy = await sniffingProxy(server, { resetAfter: { down: 300 } });
  const socket = await connect(proxy);
  const peer = await server.accept();
  peer.socket.write(pattern(300));
  expect((await rejection(socket.recvExactly(500))).code).toBe('ERR_SOCK_RESET');
  expect(Buffer.compare(await socket.recvExactly(300), pattern(300))).toBe(0);
  await proxy.close();
  await server.close();
});

test('close sends everything and an end, and a peer that has still something to say is not cut off', async () => {
  const server = await rawServer();
  const socket = await connect(server);
  const peer = await server.accept();
  await socket.send(bytes('bye'));
  const closing = socket.close();
  await peer.ended;
  peer.socket.write(pattern(200_000));
  peer.socket.end();
  await closing;
  // No reset: all of it was taken, if only to be dropped.
  expect(await peer.closed).toBeUndefined();
  expect(peer.received.toString()).toBe('bye');
  await server.close();
});
