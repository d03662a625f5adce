import { expect, test } from 'vitest';
import { assertSameBytes, pattern } from './bytes.ts';
import { leakGuard } from './leak-guard.ts';
import type { RawPeer, RawServer } from './raw-peer.ts';
import { rawPeer, rawServer } from './raw-peer.ts';
import type { SniffedConnection, SniffingProxy, Spoiling } from './sniffing-proxy.ts';
import { sniffingProxy } from './sniffing-proxy.ts';
import { turns, until } from './until.ts';

leakGuard();

interface Chain {
  client: RawPeer;
  server: RawPeer;
  link: SniffedConnection;
  proxy: SniffingProxy;
}

async function through(spoiling: Spoiling, run: (chain: Chain) => Promise<void>): Promise<void> {
  const target: RawServer = await rawServer();
  const proxy = await sniffingProxy(target, spoiling);
  const client = await rawPeer(proxy);
  try {
    await run({ client, server: await target.accept(), link: await proxy.next(), proxy });
  } finally {
    client.socket.destroy();
    await proxy.close();
    await target.close();
  }
}

test('passes on and keeps every byte and both ends', async () => {
  await through({}, async ({ client, server, link }) => {
    const up = pattern(300_000);
    client.socket.end(up);
    await server.ended;
    server.socket.end('back');
    await client.ended;
    assertSameBytes(server.received, up);
    assertSameBytes(link.up, up);
    expect(client.received.toString()).toBe('back');
    expect(link.down.toString()).toBe('back');
    expect(link.ended('up') && link.ended('down')).toBe(true);
  });
});

test('drips one byte at a time, in order, and the end after them', async () => {
  await through({ drip: true }, async ({ client, server }) => {
    client.socket.write(pattern(300));
    client.socket.end(pattern(200, 1));
    await server.ended;
    assertSameBytes(server.received, Buffer.concat([pattern(300), pattern(200, 1)]));
  });
});

test('truncates after a number of bytes, with a FIN', async () => {
  await through({ truncateAfter: { up: 1000 } }, async ({ client, server, link }) => {
    client.socket.write(pattern(5000));
    await server.ended;
    assertSameBytes(server.received, pattern(5000).subarray(0, 1000));
    expect(link.ended('up')).toBe(false);
  });
});

test('resets both sides after a number of bytes', async () => {
  await through({ resetAfter: { up: 1000 } }, async ({ client, server }) => {
    client.socket.write(pattern(5000));
    expect(await client.closed).toBe('ECONNRESET');
    expect(await server.closed).toBe('ECONNRESET');
  });
});

test('stalls a direction, keeps what came, and releases it', async () => {
  await through({}, async ({ client, server, link }) => {
    link.stall('up');
    client.socket.write('held');
    await until(() => link.up.length === 4, 'the proxy has the bytes');
    await turns(5);
    expect(server.received.length).toBe(0);
    link.release('up');
    await until(() => server.received.toString() === 'held', 'the bytes are passed on');
  });
});

test('injects bytes of its own', async () => {
  await through({}, async ({ client, link }) => {
    link.inject('down', Buffer.from('evil'));
    await until(() => client.received.toString() === 'evil', 'the client has the bytes');
    expect(link.down.length).toBe(0);
  });
});
