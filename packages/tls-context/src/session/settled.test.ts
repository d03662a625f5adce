import { createAuthority } from '@sock/dev-certs';
import type { Socket } from '@sock/core';
import { SETTLED } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { leakGuard } from '@sock/testkit';
import { afterEach, expect, test } from 'vitest';
import { createClientContext, createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const leaf = authority.issue({ names: ['settled.test'] });
const open: Socket[] = [];
afterEach(async () => {
  for (const socket of open.splice(0)) {
    socket.destroy();
    await socket.closed;
  }
});

async function pair(client: object, server: object): Promise<[Socket, Socket]> {
  const [left, right] = memoryPair();
  const ends = await Promise.all([
    left.upgrade(createClientContext({ ca: authority.ca, ...client }), { serverName: 'settled.test' }),
    right.upgrade(createServerContext({ cert: leaf.cert, key: leaf.key, ...server })),
  ]);
  open.push(...ends);
  return ends;
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a client over %s tells when what may be resumed is in its store; a server has nothing to tell', async (version) => {
  const kept: string[] = [];
  const store = { take: () => undefined, put: async (key: string) => {
    await Promise.resolve();
    kept.push(key);
  }, forget: () => {} };
  const [client, server] = await pair({ sessions: { store }, minVersion: version, maxVersion: version }, {});
  await client.get(SETTLED);
  expect(kept.length).toBe(version === 'TLSv1.2' ? 1 : 2);
  expect(server.get(SETTLED)).toBeUndefined();
  expect(await client.get(SETTLED)).toBeUndefined();
});

test('without sessions there is nothing to wait for', async () => {
  const [client] = await pair({ sessions: false }, {});
  expect(client.get(SETTLED)).toBeUndefined();
});

test('a connection that closes has learnt all that it will', async () => {
  const [client, server] = await pair({ minVersion: 'TLSv1.3' }, { sessions: false });
  const settled = client.get(SETTLED);
  expect(settled).toBeInstanceOf(Promise);
  server.destroy();
  client.destroy();
  await settled;
});
