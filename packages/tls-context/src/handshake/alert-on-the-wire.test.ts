import type { UpgradedListener } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection, sniffingProxy, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContextOptions, ServerContextOptions, TlsError, TlsErrorCode } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const { chain, key } = authority.issue({ names: ['localhost'] });
const another = authority.issue({ names: ['other.test'] });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
type Version = (typeof VERSIONS)[number];

async function serve(options: Partial<ServerContextOptions>): Promise<{ listener: UpgradedListener; errors: TlsError[]; port: number }> {
  const errors: TlsError[] = [];
  const context = createServerContext({ cert: chain, key, ...options });
  const listener = upgradeListener(await listen('127.0.0.1:0'), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  return { listener, errors, port: (listener.endpoint as { port: number }).port };
}

interface Row {
  readonly what: string;
  readonly code: TlsErrorCode;
  readonly alert: number;
  readonly server: (version: Version) => Partial<ServerContextOptions>;
  readonly client?: (version: Version) => ClientContextOptions;
}

const other = (version: Version): Version => (version === 'TLSv1.2' ? 'TLSv1.3' : 'TLSv1.2');

const REFUSED: readonly Row[] = [
  { what: 'its versions', code: 'ERR_SOCK_TLS_VERSION', alert: 70, server: (version) => ({ minVersion: other(version), maxVersion: other(version) }) },
  {
    what: 'its cipher suites', code: 'ERR_SOCK_TLS_NO_SHARED_CIPHER', alert: 40,
    server: (version) => ({ minVersion: version, maxVersion: version, ciphers: [version === 'TLSv1.2' ? 'ECDHE-ECDSA-AES128-GCM-SHA256' : 'TLS_AES_128_GCM_SHA256'] }),
    client: (version) => ({ ciphers: [version === 'TLSv1.2' ? 'ECDHE-ECDSA-AES256-GCM-SHA384' : 'TLS_AES_256_GCM_SHA384'] }),
  },
  { what: 'its protocols', code: 'ERR_SOCK_TLS_NO_ALPN', alert: 120, server: () => ({ alpn: ['imap'] }), client: () => ({ alpn: ['h2'] }) },
  { what: 'the name that it asks for', code: 'ERR_SOCK_TLS_UNKNOWN_NAME', alert: 112, server: () => ({ unknownName: 'refuse', cert: another.chain, key: another.key }) },
  { what: 'it by the program', code: 'ERR_SOCK_TLS_HELLO_REFUSED', alert: 49, server: () => ({ onClientHello: () => ({ refuse: 'access_denied' }) }) },
];

describe.each(VERSIONS)('%s: a server that refuses', (version) => {
  test.each(REFUSED)('$what sends the one alert, and then the end instead of a reset', async ({ code, alert, server, client }) => {
    const { listener, errors, port } = await serve(server(version));
    const proxy = await sniffingProxy({ port });
    const context = createClientContext({ ca: authority.ca, serverName: 'localhost', minVersion: version, maxVersion: version, ...client?.(version) });
    const error = await rejection<TlsError>(upgradeConnector(tcp(), context).connect({ host: '127.0.0.1', port: proxy.port }));
    const wire = await proxy.next();
    await wire.closed;
    expect([...wire.down]).toEqual([21, 3, expect.any(Number), 0, 2, 2, alert]);
    expect(wire.ended('down')).toBe(true);
    expect(error).toMatchObject({ kind: 'handshake', phase: 'handshake', alert: expect.any(String) });
    await until(() => errors.length > 0, 'the server tells its own side');
    expect(errors.map((one) => one.code)).toEqual([code]);
    await proxy.close();
    await listener.close();
  });
});

describe.each(VERSIONS)('%s: a damaged record', (version) => {
  test.each(['up', 'down'] as const)('on its way %s is answered with an alert before the connection ends', async (way) => {
    const { listener, port } = await serve({ maxVersion: version });
    const proxy = await sniffingProxy({ port });
    const connector = upgradeConnector(tcp(), createClientContext({ ca: authority.ca, serverName: 'localhost', minVersion: version }));
    const [client, server, wire] = await Promise.all([connector.connect({ host: '127.0.0.1', port: proxy.port }), listener.accept(), proxy.next()]);
    const [hit, sender] = way === 'up' ? [server, client] : [client, server];
    const back = way === 'up' ? 'down' : 'up';
    wire.inject(way, Buffer.concat([Buffer.from([0x17, 3, 3, 0, 0x20]), Buffer.alloc(32, 7)]));
    expect(await rejection<TlsError>(hit.recv())).toMatchObject({ code: 'ERR_SOCK_TLS_PROTOCOL', kind: 'protocol' });
    expect(await rejection<TlsError>(sender.recv())).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'bad_record_mac', kind: 'protocol' });
    await Promise.all([client.closed, server.closed]);
    // Under TLS 1.3 an alert looks like data, of 19 bytes. It is the last that leaves.
    const header = version === 'TLSv1.3' ? [23, 3, 3, 0, 19] : [21, 3, 3, 0, 26];
    expect([...wire[back].subarray(-5 - (header[4] as number)).subarray(0, 5)]).toEqual(header);
    await proxy.close();
    await listener.close();
  });
});
