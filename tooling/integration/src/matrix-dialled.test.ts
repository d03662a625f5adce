import type { UpgradedListener } from '@sock/core';
import { isTcpEndpoint, upgradeListener } from '@sock/core';
import { listen } from '@sock/io';
import type { SpawnedPeer } from '@sock/testkit';
import { bytes, leakGuard, text } from '@sock/testkit';
import { createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect, test } from 'vitest';
import type { Certificates } from './certificates.ts';
import type { DiallingProgram } from './dialling-programs.ts';
import { DIALLING_PROGRAMS } from './dialling-programs.ts';
import { certificatesOfFile, everyCell, everyVersion } from './matrix.ts';

const certificatesWith = certificatesOfFile();
leakGuard();

interface Served {
  readonly listener: UpgradedListener;
  readonly port: number;
  /** What became of handshakes that failed. */
  readonly errors: unknown[];
}

/** Our listener; `mutual` asks for client certificates. */
async function serve(certificates: Certificates, mutual: boolean): Promise<Served> {
  const context = createServerContext({ cert: certificates.server.chain, key: certificates.server.key, ...(mutual ? { ca: certificates.ca } : {}) });
  const errors: unknown[] = [];
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context, { onUpgradeError: (error) => errors.push(error) });
  return { listener, errors, port: isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0 };
}

/** The program has nothing to wait for, and says by its exit code that it failed. */
async function refused(peer: SpawnedPeer, program: DiallingProgram): Promise<void> {
  program.speak(peer);
  program.leave?.(peer);
  expect(await peer.exit, peer.output).not.toBe(0);
}

test.each(everyCell(DIALLING_PROGRAMS))('TLS %s, %s, %s, %s: data goes both ways', async (version, keys, _name, shown, program) => {
  const certificates = certificatesWith(keys);
  const mutual = shown === 'client certificates';
  const { listener, port, errors } = await serve(certificates, mutual);
  await using peer = program.dial({ port, version, certificates, show: mutual ? 'client' : undefined });
  const socket = await listener.accept({ timeout: '10s' });
  const info = socket.get(TLS_INFO);
  expect(info).toMatchObject({ role: 'server', state: 'complete', protocol: `TLSv${version}`, serverName: 'localhost', verified: mutual, resumed: false });
  // Under TLS 1.3 the suite does not name the type of key; the client's own certificate does, where there is one.
  if (version === '1.2') expect(info?.cipher).toContain(keys === 'RSA' ? '_ECDHE_RSA_' : '_ECDHE_ECDSA_');
  expect(info?.peerCertificate?.subject).toBe(mutual ? 'CN=worker' : undefined);
  expect(info?.peerCertificate?.publicKey.asymmetricKeyType).toBe(mutual ? keys.toLowerCase() : undefined);

  program.speak(peer);
  let heard = '';
  while (!heard.includes('from the program\n')) heard += text((await socket.recv({ timeout: '10s' })) ?? expect.fail(`the stream ended after ${JSON.stringify(heard)}`));
  await socket.send(bytes(program.answer));
  await peer.line(/from sock$/);
  if (program.leave === undefined) await socket.shutdown({ timeout: '10s' });
  else program.leave(peer);
  expect(await socket.recv({ timeout: '10s' })).toBeNull();
  await socket.close();
  expect(await peer.exit, peer.output).toBe(0);
  expect(await socket.closed).toEqual({ how: program.leave === undefined ? 'local' : 'end' });

  for (const printed of [...program.trusts, program.spoke(version), program.notified.received, program.notified.sent]) expect(peer.output).toMatch(printed);
  expect(program.showed.test(peer.output), peer.output).toBe(mutual);
  await listener.close();
  expect(errors).toEqual([]);
});

test.each(everyVersion(DIALLING_PROGRAMS))('TLS %s, %s without a client certificate: our server says that one is required', async (version, _name, program) => {
  const certificates = certificatesWith('EC');
  const { listener, port, errors } = await serve(certificates, true);
  await using peer = program.dial({ port, version, certificates });
  await refused(peer, program);
  await listener.close();
  expect(errors).toMatchObject([{ code: 'ERR_SOCK_TLS_CERTIFICATE_REQUIRED', message: expect.stringContaining('showed no client certificate') as string }]);
});

test.each(everyVersion(DIALLING_PROGRAMS))("TLS %s, %s with a stranger's client certificate: our server does not know who issued it", async (version, _name, program) => {
  const certificates = certificatesWith('EC');
  const { listener, port, errors } = await serve(certificates, true);
  await using peer = program.dial({ port, version, certificates, show: 'stranger' });
  await refused(peer, program);
  await listener.close();
  expect(errors).toMatchObject([{ code: 'ERR_SOCK_TLS_UNKNOWN_ISSUER', message: expect.stringContaining('A stranger') as string }]);
});

// Without these, the cells above would say nothing about the certificate of our server.

test.each(everyVersion(DIALLING_PROGRAMS))('TLS %s, %s refuses our server under another name', async (version, _name, program) => {
  const certificates = certificatesWith('EC');
  const { listener, port } = await serve(certificates, false);
  await using peer = program.dial({ port, version, certificates, name: 'other.test' });
  await refused(peer, program);
  expect(peer.output).toMatch(program.refuses.name);
  await listener.close();
});

test.each(everyVersion(DIALLING_PROGRAMS))('TLS %s, %s refuses our server when it trusts another authority', async (version, _name, program) => {
  const certificates = certificatesWith('EC');
  const { listener, port } = await serve(certificates, false);
  await using peer = program.dial({ port, version, certificates, trusts: 'stranger-ca.pem' });
  await refused(peer, program);
  expect(peer.output).toMatch(program.refuses.authority);
  await listener.close();
});
