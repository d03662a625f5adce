import { once } from 'node:events';
import { connect } from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, until } from '@sock/testkit';
import { expect, test } from 'vitest';
import { serving } from '../context/serving.test-d.ts';
import type { ServerContextOptions } from '../index.ts';
import { createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost', 'admin.test'] });

/** So many protocols that the whole hello has more than 64 KiB, which OpenSSL reads and we do not. */
const LONG = Buffer.concat(Array.from({ length: 255 }, () => Buffer.concat([Uint8Array.of(255), Buffer.alloc(255, 'p')])));
const MANY_SUITES = 'ALL:COMPLEMENTOFALL:@SECLEVEL=0';

/** Whether the server takes a client with so long a hello, and why not. */
async function knock(version: 'TLSv1.2' | 'TLSv1.3', options: Partial<ServerContextOptions>, protocols: Buffer): Promise<unknown> {
  let outcome: unknown;
  await serving(createServerContext({ cert: issued.chain, key: issued.key, minVersion: version, maxVersion: version, ...options }), async ({ port, errors }) => {
    const client = connect({
      port, host: '127.0.0.1', ca: authority.ca, servername: 'admin.test', ciphers: MANY_SUITES, ecdhCurve: 'P-256',
      ALPNProtocols: protocols,
    });
    client.on('error', () => {});
    client.once('secureConnect', () => client.write('hi'));
    await Promise.race([once(client, 'data').then(([data]) => (outcome = String(data))), until(() => errors.length > 0, 'the server refuses').then(() => (outcome = errors[0]))]);
    client.destroy();
  });
  return outcome;
}

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a client whose hello the engine reads and we cannot gets past neither onClientHello nor the default rules: %s', async (version) => {
  let asked = 0;
  const onClientHello = (): undefined => void (asked += 1);
  const refusal = await knock(version, { onClientHello }, LONG);
  expect(refusal).toMatchObject({ code: 'ERR_SOCK_TLS_HELLO_REFUSED', phase: 'handshake' });
  expect((refusal as Error).message).toContain('sent a ClientHello that cannot be read');
  expect(asked, 'nothing was decided by it').toBe(0);
  expect(await knock(version, {}, LONG)).toMatchObject({ code: 'ERR_SOCK_TLS_HELLO_REFUSED' });
  // A long one that can be read is like any other.
  expect(await knock(version, { onClientHello }, LONG.subarray(0, 200 * 256))).toBe('hi');
  expect(asked).toBe(1);
});
