import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SpawnedPeer } from '@sock/testkit';
import { leakGuard, spawnPeer } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import type { Certificates } from './certificates.ts';
import { makeCertificates } from './certificates.ts';
import { exampleFolder } from './example-folder.ts';
import { startProgram } from './started-program.ts';

leakGuard();

const { folder, lengths } = exampleFolder('tls-context', ['config', 'core', 'io', 'tls-context']);

test('every example is tested here, and has at most 80 lines', () => {
  expect(Object.keys(lengths())).toEqual(['https-server.ts', 'tls-probe.ts']);
  for (const length of Object.values(lengths())) expect(length).toBeLessThanOrEqual(80);
});

async function startServer(certificates: Certificates): Promise<{ readonly server: SpawnedPeer; readonly port: string } & AsyncDisposable> {
  const server = startProgram(process.execPath, [join(folder, 'https-server.js'), certificates.file('server.pem'), certificates.file('server.key')]);
  const [, port = ''] = await server.line(/^listening on (\d+)$/);
  return { server, port, [Symbol.asyncDispose]: () => server.stop() };
}

async function fetched(certificates: Certificates, port: string): Promise<string> {
  await using curl = spawnPeer('curl', ['-sS', '--fail', '--cacert', certificates.file('ca.pem'), '--noproxy', '*', '--resolve', `localhost:${port}:127.0.0.1`, `https://localhost:${port}/page`]);
  expect(await curl.exit, curl.output).toBe(0);
  return curl.output;
}

describe('the server of one page', () => {
  test('serves curl, tells who is no TLS peer, and ends in peace on SIGTERM', async () => {
    await using certificates = await makeCertificates('ec');
    await using started = await startServer(certificates);
    const { server, port } = started;
    expect(await fetched(certificates, port)).toMatch(/^GET \/page HTTP\/1\.1\nTLSv1\.3 TLS_[A-Z0-9_]+, full handshake, for localhost\n$/);
    await using plain = spawnPeer('curl', ['-sS', '--noproxy', '*', `http://127.0.0.1:${port}/`]);
    expect(await plain.exit).not.toBe(0);
    await server.line(/^no handshake: .*plain HTTP/);
    expect(await fetched(certificates, port)).toContain('full handshake');
    process.kill(server.pid, 'SIGTERM');
    expect(await server.exit, server.output).toBe(0);
  }, 60_000);

  test('takes a new certificate while it runs, and none whose key does not match', async () => {
    await using certificates = await makeCertificates('ec');
    await using other = await makeCertificates('ec');
    await using started = await startServer(certificates);
    const { server, port } = started;
    await writeFile(certificates.file('server.key'), other.server.key);
    await server.line(/^kept the old certificate: .*key/);
    expect(await fetched(certificates, port)).toContain('TLSv1.3');
    await writeFile(certificates.file('server.pem'), other.server.chain);
    await server.line(/^the certificate was replaced$/);
    expect(await fetched(other, port)).toContain('TLSv1.3');
  }, 60_000);
});

describe('the probe', () => {
  test('tells what openssl s_server is, and resumes its session', async () => {
    await using certificates = await makeCertificates('ec');
    await using openssl = spawnPeer('openssl', ['s_server', '-accept', '127.0.0.1:0', '-cert', certificates.file('server.pem'), '-cert_chain', certificates.file('above.pem'), '-key', certificates.file('server.key'), '-alpn', 'h2', '-www']);
    const [, port = ''] = await openssl.line(/^ACCEPT .*:(\d+)$/);
    await using probe = startProgram(process.execPath, [join(folder, 'tls-probe.js'), `127.0.0.1:${port}`, 'localhost', certificates.file('ca.pem')]);
    expect(await probe.exit, probe.output).toBe(0);
    expect(probe.output).toMatch(/^first: TLSv1\.3, TLS_[A-Z0-9_]+, ALPN h2, full, [\d.]+ ms\n {2}chain: ok /);
    expect(probe.output).toMatch(/\n {2}name: ok .*localhost/);
    expect(probe.output).toMatch(/\nsecond: TLSv1\.3, .*, resumed, /);
  }, 60_000);

  test('says with code and phase why a server is not to be trusted', async () => {
    await using certificates = await makeCertificates('ec');
    await using started = await startServer(certificates);
    for (const [name, ca, said] of [
      ['localhost', 'stranger-ca.pem', /^ERR_SOCK_TLS_\w+ \(verify\): .+/],
      ['other.test', 'ca.pem', /^ERR_SOCK_TLS_\w+ \(verify\): .*other\.test/],
    ] as const) {
      await using probe = startProgram(process.execPath, [join(folder, 'tls-probe.js'), `127.0.0.1:${started.port}`, name, certificates.file(ca)]);
      expect(await probe.exit, probe.output).toBe(1);
      expect(probe.output).toMatch(said);
    }
  }, 60_000);
});
