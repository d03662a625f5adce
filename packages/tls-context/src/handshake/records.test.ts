import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, pattern, sniffingProxy } from '@sock/testkit';
import { expect, test } from 'vitest';
import { createClientContext, createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });

/** The lengths of the records of application data (RFC 8446, section 5.1) in a capture. */
function dataRecords(capture: Buffer): number[] {
  const lengths: number[] = [];
  for (let at = 0; at + 5 <= capture.length; at += 5 + capture.readUInt16BE(at + 3)) if (capture[at] === 23) lengths.push(capture.readUInt16BE(at + 3));
  return lengths;
}

const FULL = 16_384;

test.each(['TLSv1.2', 'TLSv1.3'] as const)('%s: a sendv of crumbs and large buffers leaves as full records', async (version) => {
  await using listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: issued.chain, key: issued.key }));
  await using proxy = await sniffingProxy(listener.endpoint as { port: number });
  const dial = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', maxVersion: version }));
  const [client, server, wire] = await Promise.all([dial.connect({ host: '127.0.0.1', port: proxy.port }), listener.accept(), proxy.next()]);
  await client.send(pattern(1));
  await server.recvExactly(1);
  const before = wire.up.length;
  const parts = [pattern(3), pattern(20_000), pattern(100), pattern(25_000), pattern(5)];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  await client.sendv(parts, { owned: true });
  await server.recvExactly(length);
  const records = dataRecords(wire.up.subarray(before));
  expect(records).toHaveLength(Math.ceil(length / FULL));
  for (const one of records.slice(0, -1)) expect(one).toBeGreaterThanOrEqual(FULL);
  await Promise.all([client.close(), server.close()]);
});
