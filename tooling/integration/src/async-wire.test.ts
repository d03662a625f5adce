import { createOperations } from '@sock/async';
import { upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { bytes, leakGuard, sniffingProxy, text } from '@sock/testkit';
import { createClientContext, createServerContext } from '@sock/tls-context';
import { expect, test } from 'vitest';

leakGuard();

const SECRET = 'the-quick-brown-secret-4711';

test('operations over TLS: whatever is submitted, before, with and behind a handshake, crosses the wire in cipher text alone', async () => {
  const authority = createAuthority();
  const issued = authority.issue({ names: ['localhost'] });
  await using listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: issued.chain, key: issued.key }));
  await using proxy = await sniffingProxy(listener.endpoint as { port: number });
  await using operations = createOperations({ defaultTimeout: '10s' });
  const connected = operations.submit({ op: 'connect', connector: tcp(), target: { host: '127.0.0.1', port: proxy.port } });
  const accepted = operations.submit({ op: 'accept', listener });
  const plain = await connected.value;
  const handshake = operations.submit({ op: 'handshake', socket: plain, upgrade: createClientContext({ ca: authority.ca }), target: { serverName: 'localhost' } });
  // On the socket that is being upgraded: it must fail, and not slip out before TLS stands.
  const tooEarly = operations.submit({ op: 'send', socket: plain, bytes: bytes(SECRET) });
  const client = await handshake.value;
  expect((await tooEarly.done).outcome).toBe('error');
  const server = await accepted.value;
  operations.submitBatch([
    { operation: { op: 'send', socket: client, bytes: bytes(SECRET) } },
    { operation: { op: 'sendv', socket: client, chunks: [bytes(SECRET), bytes(SECRET)] } },
  ]);
  const { value } = operations.submit({ op: 'recvExactly', socket: server, length: 3 * SECRET.length });
  expect(text(await value)).toBe(SECRET.repeat(3));
  client.destroy();
  expect((await operations.submit({ op: 'send', socket: client, bytes: bytes(SECRET) }).done).outcome).toBe('error');
  server.destroy();
  const [wire] = proxy.connections;
  expect(wire?.up.length).toBeGreaterThan(3 * SECRET.length);
  expect(wire?.up.includes(SECRET)).toBe(false);
});
