import type { Socket } from '@sock/core';
import { isTcpEndpoint, upgradeListener } from '@sock/core';
import { listen } from '@sock/io';
import { assertSameBytes, bytes, leakGuard, pattern, spawnPeer } from '@sock/testkit';
import { createServerContext, TLS_INFO } from '@sock/tls-context';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeCertificates } from './certificates.ts';

leakGuard();

/** Answers one HTTP request with `body`, and ends. */
async function answer(socket: Socket, body: Uint8Array): Promise<void> {
  let request = '';
  while (!request.includes('\r\n\r\n')) request += new TextDecoder().decode((await socket.recv({ timeout: '10s' })) ?? new Uint8Array(0));
  await socket.send(bytes(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n`));
  await socket.sendAll(body);
  await socket.close();
}

test.each(['1.2', '1.3'])('curl fetches several megabytes over TLS %s', async (version) => {
  await using certificates = await makeCertificates('ec');
  const context = createServerContext({ cert: certificates.server.chain, key: certificates.server.key, alpn: ['http/1.1'] });
  const listener = upgradeListener(await listen({ host: '127.0.0.1', port: 0 }), context);
  const port = isTcpEndpoint(listener.endpoint) ? listener.endpoint.port : 0;
  const target = join(certificates.file('ca.pem'), '..', 'download');
  await using curl = spawnPeer('curl', ['-sS', '--fail', '--cacert', certificates.file('ca.pem'), '--tlsv1.2', '--tls-max', version, '--noproxy', '*', '--resolve', `localhost:${port}:127.0.0.1`, '-o', target, `https://localhost:${port}/`]);
  const body = pattern(3_000_000);
  const socket = await listener.accept({ timeout: '10s' });
  expect(socket.get(TLS_INFO)).toMatchObject({ protocol: `TLSv${version}`, alpn: 'http/1.1', serverName: 'localhost' });
  await answer(socket, body);
  expect(await curl.exit).toBe(0);
  expect(curl.output).toBe('');
  assertSameBytes(await readFile(target), body);
  await listener.close();
});
