import { isTcpEndpoint, upgradeConnector, upgradeListener } from '@sock/core';
import { listen, tcp } from '@sock/io';
import { bytes, leakGuard, rejection, spawnPeer } from '@sock/testkit';
import { createClientContext, createServerContext } from '@sock/tls-context';
import { expect, test } from 'vitest';
import { makeCertificates } from './certificates.ts';

leakGuard();

// What a second handshake on a TLS 1.2 connection shows would not be verified again, so neither role takes part in one.

test('our client refuses a server that asks for a second handshake', async () => {
  await using certificates = await makeCertificates('ec');
  await using peer = spawnPeer('openssl', [
    's_server', '-accept', '127.0.0.1:0', '-tls1_2', '-cert', certificates.file('server.pem'), '-cert_chain', certificates.file('above.pem'), '-key', certificates.file('server.key'), '-state',
  ]);
  const [, port] = await peer.line(/^ACCEPT .*:(\d+)$/);
  const context = createClientContext({ ca: certificates.ca });
  const socket = await upgradeConnector(tcp(), context).connect({ host: 'localhost', port: Number(port) }, { timeout: '10s' });
  await peer.line(/^Secure Renegotiation IS supported/);
  const receiving = rejection(socket.recv({ timeout: '10s' }));
  peer.write('R\n');
  await peer.line(/alert read:warning:no renegotiation/);
  // s_server takes the warning for a failure, and says so.
  expect(await receiving).toMatchObject({ code: 'ERR_SOCK_TLS_ALERT', alert: 'handshake_failure' });
});

test('our server ends the connection of a client that begins a second handshake', async () => {
  await using certificates = await makeCertificates('ec');
  const context = createServerContext({ cert: certificates.server.chain, key: certificates.server.key });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context);
  const port = isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0;
  await using peer = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-tls1_2', '-servername', 'localhost', '-CAfile', certificates.file('ca.pem')]);
  const socket = await listener.accept({ timeout: '10s' });
  await socket.send(bytes('ready\n'));
  await peer.line(/^ready$/);
  const receiving = rejection(socket.recv({ timeout: '10s' }));
  peer.write('R\n');
  expect(await receiving).toMatchObject({ code: 'ERR_SOCK_TLS_PROTOCOL', kind: 'protocol', cause: { code: 'ERR_TLS_RENEGOTIATION_DISABLED' } });
  expect(await peer.exit).toBe(1);
  await listener.close();
});
