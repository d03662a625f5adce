import { X509Certificate } from 'node:crypto';
import type { Socket, UpgradedListener } from '@sock/core';
import { upgradeConnector, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen, tcp } from '@sock/io';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { ClientContext, ClientContextOptions, Peer, ServerContext, ServerContextOptions, TlsError, TlsInfo, TlsVersion } from '../index.ts';
import { createClientContext, createServerContext, spkiPin, TLS_INFO } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issueIntermediate().issue({ names: ['localhost', 'other.test'] });
const worker = authority.issueIntermediate().issue({ usage: 'client', commonName: 'worker' });
const strangersWorker = createAuthority().issue({ usage: 'client', commonName: 'stranger' });
const issuedX509 = (pem: string = issued.cert): X509Certificate => new X509Certificate(pem);

const serverContext = (options: Partial<ServerContextOptions> = {}): ServerContext => createServerContext({ cert: issued.chain, key: issued.key, ...options });
const clientContext = (options: ClientContextOptions = {}): ClientContext => createClientContext({ ca: authority.ca, ...options });

interface Visit { readonly client: TlsInfo; readonly server: TlsInfo }

/** One server of which each visit is a connection that says "hi" both ways, so that tickets arrive. */
async function withServer(context: ServerContext, run: (visit: (client: ClientContext) => Promise<Visit>, errors: TlsError[]) => Promise<void>): Promise<void> {
  const errors: TlsError[] = [];
  const listener: UpgradedListener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: (error) => errors.push(error as TlsError) });
  const at = (listener.endpoint as { port: number }).port;
  try {
    await run(async (client) => {
      const near: Socket = await upgradeConnector(tcp(), client).connect({ host: 'localhost', port: at }, { timeout: '5s' });
      let far: Socket | undefined;
      try {
        far = await counterpart(listener, near);
        await far.send(bytes('hi'));
        expect(text(await near.recvExactly(2, { timeout: '2s' }))).toBe('hi');
        return { client: near.get(TLS_INFO) as TlsInfo, server: far.get(TLS_INFO) as TlsInfo };
      } finally {
        near.destroy();
        far?.destroy();
      }
    }, errors);
  } finally {
    await listener.close();
  }
}

/** The server's end of a connection. One that the client refused when the server had finished stands before it in the queue. */
async function counterpart(listener: UpgradedListener, near: Socket): Promise<Socket> {
  const stop = new AbortController();
  void near.closed.then(() => stop.abort());
  for (;;) {
    const far = await listener.accept({ timeout: '5s', signal: stop.signal });
    if ((far.remote as { port: number }).port === (near.local as { port: number }).port) return far;
    far.destroy();
  }
}

const resumed = ({ client, server }: Visit): readonly boolean[] => [client.resumed, server.resumed];

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version: TlsVersion) => {
  const only = { minVersion: version, maxVersion: version };

  test('the second connection is resumed, as both ends see, and is verified by every rule again', async () => {
    const seen: boolean[] = [];
    const client = clientContext({ ...only, verifyPeer: (peer: Peer) => void seen.push(peer.resumed) });
    await withServer(serverContext(), async (visit) => {
      const first = await visit(client);
      const second = await visit(client);
      expect([...resumed(first), ...resumed(second)]).toEqual([false, false, true, true]);
      expect(second.client.verification.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(first.client.verification.map(({ step, outcome }) => `${step} ${outcome}`));
      expect(second.client.peerChain.map(({ fingerprint256 }) => fingerprint256)).toEqual(first.client.peerChain.map(({ fingerprint256 }) => fingerprint256));
      expect(seen).toEqual([false, true]);
      expect(client.sessionStats).toMatchObject({ hits: 1, misses: 1, resumed: 1, refused: 0 });
    });
  });

  test('a rule that turns against the peer refuses the resumed connection as well, with the same code', async () => {
    let good = true;
    const client = clientContext({ ...only, verifyPeer: () => (good ? undefined : false) });
    await withServer(serverContext(), async (visit) => {
      await visit(client);
      good = false;
      expect(await rejection(visit(client))).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED' });
      good = true;
      expect(resumed(await visit(client))).toEqual([false, false]);
    });
  });

  test('sessions of other rules are not offered: pins, name, authorities', async () => {
    await withServer(serverContext(), async (visit) => {
      const client = clientContext(only);
      await visit(client);
      client.update({ pins: { sha256: [spkiPin(issuedX509())], backup: [spkiPin(issuedX509(worker.cert))] } });
      expect(resumed(await visit(client))).toEqual([false, false]);
      expect(resumed(await visit(client))).toEqual([true, true]);
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
    await withServer(server, async (visit, errors) => {
      await visit(client);
      const second = await visit(client);
      expect(resumed(second)).toEqual([true, true]);
      expect(second.server).toMatchObject({ verified: true });
      expect(second.server.peerCertificate?.subject).toBe('CN=worker');
      expect(second.server.peerChain).toHaveLength(2);
      refuse = true;
      await rejection(visit(client));
      expect(errors.at(-1)).toMatchObject({ code: 'ERR_SOCK_TLS_REFUSED' });
    });
  });

  test('once: false has a client show its certificate each time', async () => {
    const client = clientContext({ ...only, cert: worker.chain, key: worker.key });
    await withServer(serverContext({ ca: authority.ca, once: false }), async (visit) => {
      await visit(client);
      expect(resumed(await visit(client))).toEqual([false, false]);
    });
  });

  test('a server whose authorities changed resumes nothing that others had vouched for', async () => {
    const server = serverContext({ ca: authority.ca });
    const client = clientContext({ ...only, cert: worker.chain, key: worker.key });
    await withServer(server, async (visit, errors) => {
      await visit(client);
      expect(resumed(await visit(client))).toEqual([true, true]);
      server.update({ ca: createAuthority().ca });
      await rejection(visit(client));
      expect(errors.at(-1)).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
    });
  });

  test('sessions survive the rotation of the server\'s certificate, and update() changes only what is new', async () => {
    const server = serverContext();
    const client = clientContext(only);
    const renewed = authority.issueIntermediate().issue({ names: ['localhost'] });
    await withServer(server, async (visit) => {
      await visit(client);
      server.update({ cert: renewed.chain, key: renewed.key });
      expect(resumed(await visit(client))).toEqual([true, true]);
    });
  });

  test('sessions: false resumes nothing, on either side', async () => {
    await withServer(serverContext(), async (visit) => {
      const client = clientContext({ ...only, sessions: false });
      await visit(client);
      expect(resumed(await visit(client))).toEqual([false, false]);
      expect(client.sessionStats).toBeUndefined();
    });
    await withServer(serverContext({ sessions: false }), async (visit) => {
      const client = clientContext(only);
      await visit(client);
      expect(resumed(await visit(client))).toEqual([false, false]);
    });
  });
});

test('a client without tickets is resumed by the id of its session (TLS 1.2)', async () => {
  const only = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;
  const client = clientContext(only);
  await withServer(serverContext({ sessions: { tickets: false } }), async (visit) => {
    await visit(client);
    expect(resumed(await visit(client))).toEqual([true, true]);
  });
  expect(() => serverContext({ sessions: { tickets: false, ids: false } })).toThrow(/nothing can be resumed/);
});
