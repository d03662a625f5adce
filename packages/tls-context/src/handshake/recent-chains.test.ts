import { X509Certificate } from 'node:crypto';
import { TLSSocket } from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { serving } from '../context/serving.test-d.ts';
import type { ClientContext, ClientContextOptions, Peer } from '../index.ts';
import { createClientContext, createServerContext, spkiPin } from '../index.ts';
import { RecentChains } from './recent-chains.ts';

leakGuard();
afterEach(() => void vi.restoreAllMocks());

const authority = createAuthority();
const intermediate = authority.issueIntermediate();
const issued = intermediate.issue({ names: ['localhost'] });
const other = intermediate.issue({ names: ['localhost'] });
const x509 = (pem: string): X509Certificate => new X509Certificate(pem);
const certificates = (pem: string): X509Certificate[] => (pem.match(/-----BEGIN[^-]+-----[^-]+-----END[^-]+-----/g) ?? []).map(x509);

describe('a chain is found by the own certificate', () => {
  const [leaf, above] = certificates(issued.chain) as [X509Certificate, X509Certificate];

  test('and by no other, until ten seconds after it was read', () => {
    let now = 0;
    const recent = new RecentChains(() => now);
    expect(recent.find(leaf.raw)).toBeUndefined();
    recent.keep([leaf, above]);
    expect(recent.find(Uint8Array.from(leaf.raw))).toEqual([leaf, above]);
    expect(recent.find(above.raw)).toBeUndefined();
    expect(recent.find(x509(other.cert).raw)).toBeUndefined();
    now = 9_999;
    expect(recent.find(leaf.raw)).toBeDefined();
    now = 10_000;
    expect(recent.find(leaf.raw)).toBeUndefined();
    recent.keep([leaf]);
    expect(recent.find(leaf.raw)).toEqual([leaf]);
  });

  test('and no more than 64 are kept: the one that was read first goes', () => {
    const recent = new RecentChains(() => 0);
    const leaves = Array.from({ length: 65 }, (_, index) => ({ raw: Buffer.from([index]) }) as X509Certificate);
    for (const one of leaves) recent.keep([one]);
    expect(leaves.filter(({ raw }) => recent.find(raw) === undefined)).toEqual([leaves[0]]);
    recent.keep([leaves[5] as X509Certificate]);
    expect(leaves.filter(({ raw }) => recent.find(raw) === undefined)).toEqual([leaves[0]]);
  });

  test('and none is kept for a peer that showed nothing', () => {
    const recent = new RecentChains(() => 0);
    recent.keep([]);
    expect(recent.find(new Uint8Array(0))).toBeUndefined();
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
  const clientContext = (options: ClientContextOptions = {}): ClientContext => createClientContext({ ca: authority.ca, sessions: false, minVersion: version, maxVersion: version, ...options });

  test('the second full handshake with a server reads no chain, tells the same one, and passes the same steps', async () => {
    const reads = vi.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    const client = clientContext({ pins: { sha256: [spkiPin(x509(issued.cert))], backup: [spkiPin(x509(other.cert))] } });
    await serving(createServerContext({ cert: issued.chain, key: issued.key }), async ({ visit }) => {
      const first = await visit(client);
      expect(reads).toHaveBeenCalledTimes(1);
      const second = await visit(client);
      expect(reads).toHaveBeenCalledTimes(1);
      expect(second.client).toMatchObject({ resumed: false, verified: true, verification: first.client.verification });
      expect(second.client.peerChain.map(({ raw }) => raw)).toEqual(certificates(issued.chain).map(({ raw }) => raw));
    });
  });

  test('a server with another certificate is read', async () => {
    const server = createServerContext({ cert: issued.chain, key: issued.key });
    const client = clientContext();
    await serving(server, async ({ visit }) => {
      await visit(client);
      server.update({ cert: other.chain, key: other.key });
      const { client: info } = await visit(client);
      expect(info.peerChain.map(({ raw }) => raw)).toEqual(certificates(other.chain).map(({ raw }) => raw));
    });
  });

  test('what the engine says of what was sent counts: a server that leaves its intermediate out is refused, with the words for that', async () => {
    const server = createServerContext({ cert: issued.chain, key: issued.key });
    const client = clientContext();
    await serving(server, async ({ visit }) => {
      await visit(client);
      server.update({ cert: issued.cert });
      const remembering = await rejection(visit(client));
      expect(remembering).toMatchObject({ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER' });
      expect(remembering.message.replace(/:\d+/, '')).toBe((await rejection(visit(clientContext()))).message.replace(/:\d+/, ''));
      server.update({ cert: issued.chain });
      await visit(client);
    });
  });

  test('whoever is refused is remembered by nobody, and the name is checked each time', async () => {
    const reads = vi.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    const client = clientContext();
    await serving(createServerContext({ cert: issued.chain, key: issued.key }), async ({ visit }) => {
      expect(await rejection(visit(client, 'other.test'))).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH' });
      await visit(client);
      expect(reads).toHaveBeenCalledTimes(2);
      expect(await rejection(visit(client, 'other.test'))).toMatchObject({ code: 'ERR_SOCK_TLS_NAME_MISMATCH' });
    });
  });

  test('a function of the program\'s own sees what was sent, each time', async () => {
    const reads = vi.spyOn(TLSSocket.prototype, 'getPeerCertificate');
    const seen: number[] = [];
    const client = clientContext({ verifyPeer: ({ chain }: Peer) => void seen.push(chain.length) });
    await serving(createServerContext({ cert: issued.chain, key: issued.key }), async ({ visit }) => {
      await visit(client);
      await visit(client);
    });
    expect(seen).toEqual([2, 2]);
    expect(reads).toHaveBeenCalledTimes(2);
  });
});
