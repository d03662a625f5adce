import type { Connector, Endpoint, Socket } from '@sock/core';
import { isTcpEndpoint, upgradeConnector, upgradeListener } from '@sock/core';
import { connect, listen, tcp } from '@sock/io';
import type { ProxyError, ProxyInfo } from '@sock/io/proxy';
import { PROXY_INFO, proxyProtocol, TUNNEL_INFO, viaHttpConnect, viaSocks5, withProxyHeader } from '@sock/io/proxy';
import { assertSameBytes, bytes, leakGuard, pattern, rejection, text } from '@sock/testkit';
import { createClientContext, createServerContext, TLS_INFO } from '@sock/tls-context';
import { expect, test } from 'vitest';
import { certificatesOfFile } from './matrix.ts';
import { freePort } from './free-port.ts';
import { file, haproxy, microsocks, tinyproxy } from './proxy-programs.ts';
import { startProgram } from './started-program.ts';

const certificatesWith = certificatesOfFile();
leakGuard();

const portOf = (endpoint: Endpoint): number => (isTcpEndpoint(endpoint) ? endpoint.port : 0);

/** Sends back what it gets, over TLS. */
async function secureEcho(): Promise<AsyncDisposable & { readonly port: number }> {
  const { server } = certificatesWith('EC');
  const listener = upgradeListener(await listen('127.0.0.1:0'), createServerContext({ cert: server.chain, key: server.key }));
  const echo = async (socket: Socket): Promise<void> => {
    await socket.sendAll(socket);
    await socket.close();
  };
  const serve = async (): Promise<void> => {
    for await (const socket of listener) echo(socket).catch(() => socket.destroy());
  };
  void serve();
  return { port: portOf(listener.endpoint), [Symbol.asyncDispose]: async () => await listener.close() };
}

/** A megabyte there and back. */
async function echoes(socket: Socket): Promise<void> {
  const sent = pattern(1_000_000);
  const [back] = await Promise.all([socket.recvExactly(sent.length, { timeout: '10s' }), socket.sendAll(sent)]);
  assertSameBytes(back, sent);
  await socket.close();
}

const secured = (connector: Connector): Connector => upgradeConnector(connector, createClientContext({ ca: certificatesWith('EC').ca }));

test.each(['by a name that it resolves', 'by an address'])('TLS through microsocks, with credentials, %s', async (how) => {
  await using proxy = await microsocks('ann', 'secret');
  await using echo = await secureEcho();
  const { port } = echo;
  const dial = secured(viaSocks5(tcp(), { proxy: `127.0.0.1:${proxy.port}`, username: 'ann', password: 'secret' }));
  // The server's certificate is for localhost and 127.0.0.1, and not for the proxy.
  const socket = await dial.connect({ host: how === 'by an address' ? '127.0.0.1' : 'localhost', port }, { timeout: '10s' });
  expect(socket.get(TLS_INFO)).toMatchObject({ verified: true });
  await echoes(socket);
});

test('microsocks without credentials, and its refusals', async () => {
  await using free = await microsocks();
  const socket = await viaSocks5(tcp(), { proxy: `127.0.0.1:${free.port}` }).connect(`127.0.0.1:${free.port}`);
  expect(socket.get(TUNNEL_INFO)).toMatchObject({ kind: 'socks5', through: { host: '127.0.0.1', port: free.port } });
  socket.destroy();
  const closed = await freePort();
  const refused = await rejection<ProxyError>(viaSocks5(tcp(), { proxy: `127.0.0.1:${free.port}` }).connect(`127.0.0.1:${closed}`));
  expect(refused).toMatchObject({ code: 'ERR_SOCK_PROXY_REFUSED', category: 'refused', reply: 5, endpoint: { port: closed } });
  await using strict = await microsocks('ann', 'secret');
  const proxy = `127.0.0.1:${strict.port}`;
  const wanted = await rejection(viaSocks5(tcp(), { proxy }).connect('127.0.0.1:9'));
  expect(wanted).toMatchObject({ code: 'ERR_SOCK_PROXY_AUTH' });
  expect(wanted.message).toContain('wants credentials');
  expect(await rejection(viaSocks5(tcp(), { proxy, username: 'ann', password: 'wrong' }).connect('127.0.0.1:9'))).toMatchObject({ code: 'ERR_SOCK_PROXY_AUTH' });
});

test('TLS through tinyproxy, with credentials', async () => {
  await using proxy = await tinyproxy('BasicAuth ann secret');
  await using echo = await secureEcho();
  const { port } = echo;
  const dial = secured(viaHttpConnect(tcp(), { proxy: `127.0.0.1:${proxy.port}`, username: 'ann', password: 'secret' }));
  await echoes(await dial.connect({ host: 'localhost', port }, { timeout: '10s' }));
  const wrong = secured(viaHttpConnect(tcp(), { proxy: `127.0.0.1:${proxy.port}`, username: 'ann', password: 'wrong' }));
  expect(await rejection<ProxyError>(wrong.connect({ host: 'localhost', port }))).toMatchObject({ code: 'ERR_SOCK_PROXY_AUTH' });
  const none = await rejection<ProxyError>(viaHttpConnect(tcp(), { proxy: `127.0.0.1:${proxy.port}` }).connect({ host: 'localhost', port }));
  expect(none).toMatchObject({ code: 'ERR_SOCK_PROXY_AUTH', status: 407 });
  expect(none.message).toContain('it offers Basic');
});

test('refusals of tinyproxy: a port that it does not let through, and one where nobody listens', async () => {
  const [open, shut] = [await freePort(), await freePort()];
  await using proxy = await tinyproxy(`ConnectPort ${open}`);
  const dial = viaHttpConnect(tcp(), { proxy: `127.0.0.1:${proxy.port}` });
  const forbidden = await rejection<ProxyError>(dial.connect(`127.0.0.1:${shut}`));
  expect(forbidden).toMatchObject({ code: 'ERR_SOCK_PROXY_REFUSED', category: 'access', status: 403 });
  expect(text(forbidden.body ?? null)).toContain('<html');
  const nobody = await rejection<ProxyError>(dial.connect(`127.0.0.1:${open}`));
  expect(nobody).toMatchObject({ code: 'ERR_SOCK_PROXY_REFUSED', retryable: true, endpoint: { port: open } });
});

test('TLS through SOCKS5 through CONNECT', async () => {
  await using first = await tinyproxy();
  await using second = await microsocks();
  await using echo = await secureEcho();
  const chain = viaSocks5(viaHttpConnect(tcp(), { proxy: `127.0.0.1:${first.port}` }), { proxy: `127.0.0.1:${second.port}` });
  const socket = await secured(chain).connect({ host: 'localhost', port: echo.port }, { timeout: '10s' });
  expect(socket.remote).toEqual({ host: 'localhost', port: echo.port });
  await echoes(socket);
});

test.each<[string, string, Partial<ProxyInfo>]>([
  ['version 1', 'send-proxy', { version: 1, transport: 'tcp4' }],
  ['version 2', 'send-proxy-v2', { version: 2, transport: 'tcp4', checksum: false }],
  ['version 2 with checksum and unique id', 'send-proxy-v2 proxy-v2-options crc32c,unique-id', { version: 2, checksum: true, uniqueId: bytes('conn-7') }],
])('haproxy tells us its client by %s', async (_, how, info) => {
  await using listener = upgradeListener(await listen('127.0.0.1:0'), proxyProtocol());
  await using proxy = await haproxy((at) => `listen it\n  mode tcp\n  bind 127.0.0.1:${at}\n  unique-id-format conn-7\n  server us 127.0.0.1:${portOf(listener.endpoint)} ${how}`);
  const { port } = proxy;
  const client = await connect({ host: '127.0.0.1', port });
  await client.send(bytes('hello'));
  const served = await listener.accept({ timeout: '10s' });
  expect(served.get(PROXY_INFO)).toMatchObject({ command: 'proxy', ...info });
  expect(served.remote).toEqual(client.local);
  expect(served.local).toEqual({ host: '127.0.0.1', port });
  expect(text(await served.recvExactly(5))).toBe('hello');
  await served.send(bytes('you too'));
  expect(text(await client.recvExactly(7))).toBe('you too');
  served.destroy();
  client.destroy();
});

test('haproxy ends the TLS of its client and tells us about it', async () => {
  const { server, ca } = certificatesWith('EC');
  const pem = file('both.pem', `${server.chain}\n${server.key}`);
  await using listener = upgradeListener(await listen('127.0.0.1:0'), proxyProtocol({ version: 2 }));
  await using proxy = await haproxy((at) => `listen it\n  mode tcp\n  bind 127.0.0.1:${at} ssl crt ${pem} alpn h2\n  server us 127.0.0.1:${portOf(listener.endpoint)} send-proxy-v2-ssl-cn proxy-v2-options ssl,cert-cn,ssl-cipher,authority,crc32c alpn h2`);
  const { port } = proxy;
  const dial = upgradeConnector(tcp(), createClientContext({ ca, serverName: 'localhost', alpn: ['h2'] }));
  const client = await dial.connect(`127.0.0.1:${port}`, { timeout: '10s' });
  await client.send(bytes('hello'));
  const served = await listener.accept({ timeout: '10s' });
  expect(served.get(PROXY_INFO)).toMatchObject({ authority: 'localhost', checksum: true, ssl: { tls: true, certOnConnection: false, verified: false, version: 'TLSv1.3', cipher: client.get(TLS_INFO)?.cipher } });
  served.destroy();
  client.destroy();
});

test('below TLS: the header comes first, then the handshake, and the client is known above it', async () => {
  const { server, ca } = certificatesWith('EC');
  const context = createServerContext({ cert: server.chain, key: server.key });
  await using listener = upgradeListener(upgradeListener(await listen('127.0.0.1:0'), proxyProtocol()), context);
  await using proxy = await haproxy((at) => `listen it\n  mode tcp\n  bind 127.0.0.1:${at}\n  server us 127.0.0.1:${portOf(listener.endpoint)} send-proxy-v2`);
  const { port } = proxy;
  const client = upgradeConnector(tcp(), createClientContext({ ca, serverName: 'localhost' })).connect(`127.0.0.1:${port}`, { timeout: '10s' });
  const served = await listener.accept({ timeout: '10s' });
  expect(served.get(TLS_INFO)?.protocol).toBe('TLSv1.3');
  expect(served.local).toEqual({ host: '127.0.0.1', port });
  (await client).destroy();
  served.destroy();
});

test.each([1, 2] as const)('haproxy believes our header of version %i', async (version) => {
  await using proxy = await haproxy((at) => `listen it\n  mode http\n  bind 127.0.0.1:${at} accept-proxy\n  http-request return status 200 content-type text/plain lf-string "%[src] %[src_port] %[dst] %[dst_port] %[fc_pp_authority]"`);
  const { port } = proxy;
  const header = { version, source: '192.0.2.7:4096', destination: '192.0.2.8:443', ...(version === 2 ? { authority: 'app.test', checksum: true } : {}) };
  const socket = await withProxyHeader(tcp(), header).connect({ host: '127.0.0.1', port });
  await socket.send(bytes('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'));
  let answer = '';
  for await (const chunk of socket) answer += text(chunk);
  expect(answer).toContain(`192.0.2.7 4096 192.0.2.8 443 ${version === 2 ? 'app.test' : ''}`);
  await socket.close();
});

test('curl says for whom it speaks, and gets its page over TLS', async () => {
  const { server, file: fileOf } = certificatesWith('EC');
  const context = createServerContext({ cert: server.chain, key: server.key, alpn: ['http/1.1'] });
  await using listener = upgradeListener(upgradeListener(await listen('127.0.0.1:0'), proxyProtocol({ version: 1 })), context);
  const port = portOf(listener.endpoint);
  await using curl = startProgram('curl', ['-sS', '--fail', '--haproxy-protocol', '--noproxy', '*', '--cacert', fileOf('ca.pem'), '--resolve', `localhost:${port}:127.0.0.1`, `https://localhost:${port}/`]);
  const socket = await listener.accept({ timeout: '10s' });
  let request = '';
  while (!request.includes('\r\n\r\n')) request += text(await socket.recv({ timeout: '10s' }));
  await socket.send(bytes('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello'));
  await socket.close();
  expect(await curl.exit, curl.output).toBe(0);
  expect(curl.output).toBe('hello');
});
