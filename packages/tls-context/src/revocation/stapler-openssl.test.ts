import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection, spawnPeer } from '@sock/testkit';
import { afterAll, expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import { certificateFacts } from './certificate-facts.ts';
import { ocspCheck } from './ocsp-check.ts';
import { ocspRequest } from './ocsp-request.ts';
import { stapler } from './stapler.ts';

leakGuard();

const directory = mkdtempSync(join(tmpdir(), 'responder-'));
afterAll(() => rmSync(directory, { recursive: true }));
const file = (name: string, content: string): string => {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
};

const authority = createAuthority({ name: 'Root' });
const good = authority.issue({ names: ['good.test'] });
const revoked = authority.issue({ names: ['revoked.test'] });
const stranger = authority.issue({ names: ['stranger.test'] });
const delegate = authority.issue({ usage: 'ocsp' });
const issuer = new X509Certificate(authority.ca);

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

test.each([
  ['the authority', authority.ca, authority.key, []],
  ['a delegate', delegate.cert, delegate.key, []],
  ['a delegate, named by key', delegate.cert, delegate.key, ['-resp_key_id']],
])('a responder of openssl, signed by %s: good is stapled and clients take it, revoked and unknown are not', async (_, cert, key, more) => {
  const port = await freePort();
  const index = file('index.txt', `V\t301231235959Z\t\t${good.serialNumber}\tunknown\t/CN=good.test\nR\t301231235959Z\t260102030405Z,keyCompromise\t${revoked.serialNumber}\tunknown\t/CN=revoked.test\n`);
  const args = ['-index', index, '-CA', file('ca.pem', authority.ca), '-rsigner', file('signer.pem', cert), '-rkey', file('signer.key', key), '-nmin', '60'];
  await using responder = spawnPeer('openssl', ['ocsp', '-port', String(port), ...args, ...more]);
  await responder.line(/waiting for OCSP client connections/i);
  const staples = stapler({ responder: `http://127.0.0.1:${port}` });
  const attach = (issued: { cert: string }): ReturnType<typeof staples.attach> => staples.attach(new X509Certificate(issued.cert), issuer);
  try {
    const feed = attach(good);
    await feed.ready();
    const staple = feed.current() as Uint8Array;
    const path = [new X509Certificate(good.cert), issuer];
    const peer: Peer = { role: 'client', endpoint: undefined, expected: 'good.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple, path: () => path };
    const result = await ocspCheck({ policy: 'hard' }).check(peer);
    expect(result.outcome).toBe('ok');
    expect(result.validUntil).toBeLessThanOrEqual(Date.now() + 3_600_000);
    expect(await rejection(attach(revoked).ready())).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringContaining('on 2026-01-02T03:04:05Z (key compromise') });
    expect(await rejection(attach(stranger).ready())).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_INVALID', message: expect.stringContaining('does not know the certificate') });
  } finally {
    staples.close();
  }
});

test('the request is byte for byte that of openssl', () => {
  const out = join(directory, 'request.der');
  const { status, stderr } = spawnSync('openssl', ['ocsp', '-issuer', file('ca.pem', authority.ca), '-cert', file('good.pem', good.cert), '-no_nonce', '-reqout', out], { encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(Buffer.from(ocspRequest(certificateFacts(new X509Certificate(good.cert)), certificateFacts(issuer)))).toEqual(readFileSync(out));
});
