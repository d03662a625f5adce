import type { Socket, UpgradedListener } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { leakGuard, rejection, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContextOptions, ServerContextOptions, TlsError } from '../index.ts';
import { createClientContext, createServerContext, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const stranger = createAuthority({ name: 'A stranger' });
const issued = authority.issue({ names: ['localhost'], ips: ['127.0.0.1'] });
const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;

async function serve(options: Partial<ServerContextOptions> = {}): Promise<{ listener: UpgradedListener; errors: TlsError[]; port: number }> {
  const context = createServerContext({ cert: issued.chain, key: issued.key, ...options });
  const errors: TlsError[] = [];
  const below = await listen({ host: '127.0.0.1', port: 0 });
  const listener = upgradeListener(below, context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  return { listener, errors, port: (listener.endpoint as { port: number }).port };
}

function dial(port: number, options: ClientContextOptions = {}, timeout: number | string = '5s', host = 'localhost'): Promise<Socket> {
  const context = createClientContext({ ca: authority.ca, serverName: host, ...options });
  return upgradeConnector(tcp(), context).connect({ host: '127.0.0.1', port }, { timeout: timeout as '5s' });
}

describe('a server that wants client certificates', () => {
  const worker = authority.issue({ usage: 'client', commonName: 'worker' });
  const mutual: Partial<ServerContextOptions> = { ca: authority.ca };

  test.each(VERSIONS)('%s: takes a client that shows a good one', async (version) => {
    const { listener, port } = await serve(mutual);
    const [client, server] = await Promise.all([dial(port, { maxVersion: version, cert: worker.chain, key: worker.key }), listener.accept()]);
    expect(server.get(TLS_INFO)).toMatchObject({ verified: true });
    expect(server.get(TLS_INFO)?.peerCertificate?.subject).toContain('worker');
    await Promise.all([client.close(), server.close(), listener.close()]);
  });

  test('TLSv1.2: refuses one without, in the handshake', async () => {
    const { listener, port, errors } = await serve(mutual);
    expect(await rejection<TlsError>(dial(port, { maxVersion: 'TLSv1.2' }))).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'handshake_failure', kind: 'handshake' });
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_CERTIFICATE_REQUIRED']);
  });

  test('TLSv1.3: refuses one without, which the client learns at its first receive as the handshake error it is', async () => {
    const { listener, port, errors } = await serve(mutual);
    const client = await dial(port);
    expect(await rejection<TlsError>(client.recv())).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'certificate_required', phase: 'handshake', kind: 'handshake', category: 'trust' });
    expect((await client.closed).how).toBe('error');
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_CERTIFICATE_REQUIRED']);
  });

  test.each(VERSIONS)('%s: refuses one of a strange authority, and hands no socket to the program', async (version) => {
    const alien = stranger.issue({ usage: 'client', commonName: 'alien' });
    const { listener, port, errors } = await serve(mutual);
    const outcome = await dial(port, { maxVersion: version, cert: alien.chain, key: alien.key })
      .then(async (client) => {
        // Under TLS 1.3 the client has finished its handshake by then. libuv reports a reset right behind bytes as an end.
        const first = await client.recv();
        client.destroy();
        return first;
      })
      .catch((error: TlsError) => error.category);
    expect([null, 'reset']).toContain(outcome);
    await until(() => errors.length > 0, 'the server refuses');
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_UNKNOWN_ISSUER']);
    expect(listener.failed).toBe(1);
  });

  test('verify "peer" takes a client without a certificate, and refuses a bad one', async () => {
    const { listener, port, errors } = await serve({ ...mutual, verify: 'peer' });
    const [client, server] = await Promise.all([dial(port), listener.accept()]);
    expect(server.get(TLS_INFO)).toMatchObject({ verified: false, peerCertificate: undefined });
    await Promise.all([client.close(), server.close()]);
    const alien = stranger.issue({ usage: 'client', commonName: 'alien' });
    const refused = await dial(port, { cert: alien.chain, key: alien.key });
    await until(() => errors.length > 0, 'the server refuses');
    refused.destroy();
    await listener.close();
    expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_UNKNOWN_ISSUER']);
  });
});
