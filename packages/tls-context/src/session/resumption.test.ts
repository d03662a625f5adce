import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { resumed, serving } from '../context/serving.test-d.ts';
import type { ClientContext, ClientContextOptions, Peer, ServerContext, ServerContextOptions, TlsVersion } from '../index.ts';
import { createClientContext, createServerContext, spkiPin } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issueIntermediate().issue({ names: ['localhost', 'other.test'] });
const worker = authority.issueIntermediate().issue({ usage: 'client', commonName: 'worker' });
const strangersWorker = createAuthority().issue({ usage: 'client', commonName: 'stranger' });
const issuedX509 = (pem: string = issued.cert): X509Certificate => new X509Certificate(pem);

const serverContext = (options: Partial<ServerContextOptions> = {}): ServerContext => createServerContext({ cert: issued.chain, key: issued.key, ...options });
const clientContext = (options: ClientContextOptions = {}): ClientContext => createClientContext({ ca: authority.ca, ...options });

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version: TlsVersion) => {
  const only = { minVersion: version, maxVersion: version };

  test('the second connection is resumed, as both ends see, and is verified by every rule again', async () => {
    const seen: boolean[] = [];
    const client = clientContext({ ...only, verifyPeer: (peer: Peer) => void seen.push(peer.resumed) });
    await serving(serverContext(), async ({ visit }) => {
      const first = await visit(client);
      const second = await visit(client);
      expect([resumed(first), resumed(second)]).toEqual([false, true]);
      expect(second.client.verification.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(first.client.verification.map(({ step, outcome }) => `${step} ${outcome}`));
      expect(second.client.peerChain.map(({ fingerprint256 }) => fingerprint256)).toEqual(first.client.peerChain.map(({ fingerprint256 }) => fingerprint256));
      expect(seen).toEqual([false, true]);
      expect(client.sessionStats).toMatchObject({ hits: 1, misses: 1, resumed: 1, refused: 0 });
    });
  });

  test('a rule that turns against the peer refuses the resumed connection as well, with the same code', async () => {
    let good = true;
    const client = clientContext({ ...only, verifyPeer: () => (good ? undefined : false) });
    await serving(serverContext(), async ({ visit }) => {
      await visit(client);
      good = false;
      expect(await rejection(visit(client))).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED' });
      good = true;
      expect(resumed(await visit(client))).toBe(false);
    });
  });

  test('sessions of other rules are not offered: pins, name, authorities', async () => {
    await serving(serverContext(), async ({ visit }) => {
      const client = clientContext(only);
      await visit(client);
      client.update({ pins: { sha256: [spkiPin(issuedX509())], backup: [spkiPin(issuedX509(worker.cert))] } });
      expect(resumed(await visit(client))).toBe(false);
      expect(resumed(await visit(client))).toBe(true);
      client.update({ pins: { sha256: [spkiPin(issuedX509(worker.cert))], backup: [spkiPin(issuedX509(strangersWorker.cert))] } });
      expect((await rejection(visit(client))).code).toBe('ERR_SOCK_TLS_PIN_MISMATCH');
      client.update({ pins: undefined, ca: createAuthority().ca });
      expect((await rejection(visit(client))).code).toBe('ERR_SOCK_TLS_UNKNOWN_ISSUER');
    });
  });

  test('a client certificate is remembered, verified again, and seen by the server on resumption', async () => {
    let refuse = false;
    const server = serverContext({ ca: authority.ca, verifyPeer: () => (refuse ? false : undefined) });
    const client = clientContext({ ...only, cert: worker.chain, key: worker.key });
    await serving(server, async ({ visit, refused }) => {
      await visit(client);
      const second = await visit(client);
      expect(resumed(second)).toBe(true);
      expect(second.server).toMatchObject({ verified: true });
      expect(second.server.peerCertificate?.subject).toBe('CN=worker');
      expect(second.server.peerChain).toHaveLength(2);
      refuse = true;
      expect(await refused(client)).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED' });
    });
  });

  test('once: false has a client show its certificate each time', async () => {
    const client = clientContext({ ...only, cert: worker.chain, key: worker.key });
    await serving(serverContext({ ca: authority.ca, once: false }), async ({ visit }) => {
      await visit(client);
      expect(resumed(await visit(client))).toBe(false);
    });
  });

  test('a server whose authorities changed resumes nothing that others had vouched for', async () => {
    const server = serverContext({ ca: authority.ca });
    const client = clientContext({ ...only, cert: worker.chain, key: worker.key });
    await serving(server, async ({ visit, refused }) => {
      await visit(client);
      expect(resumed(await visit(client))).toBe(true);
      server.update({ ca: createAuthority().ca });
      expect(await refused(client)).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
    });
  });

  test('sessions survive the rotation of the server\'s certificate, and update() changes only what is new', async () => {
    const server = serverContext();
    const client = clientContext(only);
    const renewed = authority.issueIntermediate().issue({ names: ['localhost'] });
    await serving(server, async ({ visit }) => {
      await visit(client);
      server.update({ cert: renewed.chain, key: renewed.key });
      expect(resumed(await visit(client))).toBe(true);
    });
  });

  test('sessions: false resumes nothing, on either side', async () => {
    await serving(serverContext(), async ({ visit }) => {
      const client = clientContext({ ...only, sessions: false });
      await visit(client);
      expect(resumed(await visit(client))).toBe(false);
      expect(client.sessionStats).toBeUndefined();
    });
    await serving(serverContext({ sessions: false }), async ({ visit }) => {
      const client = clientContext(only);
      await visit(client);
      expect(resumed(await visit(client))).toBe(false);
    });
  });
});

test('a client without tickets is resumed by the id of its session (TLS 1.2)', async () => {
  const only = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  const client = clientContext(only);
  await serving(serverContext({ sessions: { tickets: false } }), async ({ visit }) => {
    await visit(client);
    expect(resumed(await visit(client))).toBe(true);
  });
  expect(() => serverContext({ sessions: { tickets: false, ids: false } })).toThrow(/nothing can be resumed/);
});
