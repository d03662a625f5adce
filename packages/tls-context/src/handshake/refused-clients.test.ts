import { leakGuard, rejection, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ServerContextOptions, TlsError } from '../index.ts';
import { TLS_INFO } from '../index.ts';
import { authority, dial, serve, stranger, VERSIONS } from './refusal-world.test-d.ts';

leakGuard();

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
