import type { Endpoint, Socket } from '@sock/core';
import { Socket as CoreSocket, upgradeListener } from '@sock/core';
import { memoryPair, memoryTransportPair } from '@sock/core/memory';
import { bytes, concatBytes, leakGuard, rejection, text } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { connect } from '../connect.ts';
import { listen } from '../listen.ts';
import type { ProxyHeader, ProxyHeaderError, ProxyProtocolOptions, ProxyTrust } from '../proxy.ts';
import { encodeProxyHeader, PROXY_INFO, proxyProtocol, sendProxyHeader, withProxyHeader } from '../proxy.ts';
import { relabelled } from './relabelled-transport.ts';
import { V2_SIGNATURE } from './proxy-wire.ts';

leakGuard();

function pair(): [Socket, Socket] {
  const both = memoryPair();
  onTestFinished(() => both.forEach((socket) => socket.destroy()));
  return both;
}

/** What a listener gets when a peer begins like that. */
async function accepted(start: Uint8Array | string, options: ProxyProtocolOptions = {}, then: 'stays' | 'ends' = 'stays'): Promise<Socket> {
  const [peer, socket] = pair();
  await peer.send(typeof start === 'string' ? Buffer.from(start, 'latin1') : start);
  if (then === 'ends') await peer.shutdown();
  return await socket.upgrade(proxyProtocol(options));
}

const v2 = (command: number, family: number, body: readonly number[], length = body.length): Uint8Array => Uint8Array.of(...V2_SIGNATURE, command, family, length >> 8, length & 0xff, ...body);
const TCP4 = [192, 0, 2, 1, 192, 0, 2, 2, 0x10, 0x00, 0x01, 0xbb];
const CLIENT = { host: '192.0.2.1', port: 4096 };
const SERVER = { host: '192.0.2.2', port: 443 };
const REAL = { local: { memory: 'pair-b' }, remote: { memory: 'pair-a' } };

test.each<[string, Uint8Array | string, object]>([
  ['TCP over IPv4', 'PROXY TCP4 192.0.2.1 192.0.2.2 4096 443\r\n', { version: 1, transport: 'tcp4', source: CLIENT, destination: SERVER }],
  ['TCP over IPv6', 'PROXY TCP6 2001:DB8::1 ::1 0 65535\r\n', { version: 1, transport: 'tcp6', source: { host: '2001:db8::1', port: 0 }, destination: { host: '::1', port: 65_535 } }],
  ['the longest line', `PROXY TCP6 ${'ffff:'.repeat(7)}ffff ${'ffff:'.repeat(7)}ffff 65535 65535\r\n`, { version: 1, transport: 'tcp6' }],
  ['TCP over IPv4 in version 2', v2(0x21, 0x11, TCP4), { version: 2, command: 'proxy', transport: 'tcp4', source: CLIENT, destination: SERVER, tlvs: [] }],
  ['UDP over IPv4 in version 2', v2(0x21, 0x12, TCP4), { transport: 'udp4', source: CLIENT, destination: SERVER }],
  ['TCP over IPv6 in version 2', v2(0x21, 0x21, [...Array<number>(15).fill(0), 1, 0x20, 1, 0xd, 0xb8, ...Array<number>(11).fill(0), 2, 0, 80, 0, 81]), { transport: 'tcp6', source: { host: '::1', port: 80 }, destination: { host: '2001:db8::2', port: 81 } }],
  ['Unix paths in version 2', encodeProxyHeader({ source: 'unix:@client', destination: 'unix:/run/app.sock' }), { transport: 'unix', source: { path: '\0client' }, destination: { path: '/run/app.sock' } }],
])('%s: the socket has the announced ends, and the real ones are a fact', async (_, header, info) => {
  const socket = await accepted(concatBytes([typeof header === 'string' ? bytes(header) : header, bytes('GET')]));
  const found = socket.get(PROXY_INFO);
  expect(found).toMatchObject({ ...info, real: REAL });
  expect(socket.remote).toEqual(found?.source);
  expect(socket.local).toEqual(found?.destination);
  expect(text(await socket.recv())).toBe('GET');
});

test.each<[string, Uint8Array | string, object]>([
  ['UNKNOWN of version 1', 'PROXY UNKNOWN\r\n', { version: 1, command: 'proxy' }],
  ['UNKNOWN with anything behind it', 'PROXY UNKNOWN ffff:: what ever\r\n', { version: 1, command: 'proxy' }],
  ['LOCAL of version 2', v2(0x20, 0x00, []), { version: 2, command: 'local' }],
  ['LOCAL with a block, which is dropped unread', v2(0x20, 0x11, [1, 2, 3]), { version: 2, command: 'local' }],
  ['UNSPEC of version 2', v2(0x21, 0x00, [9, 9]), { version: 2, command: 'proxy' }],
  ['a Unix client without a name', v2(0x21, 0x31, Array<number>(216).fill(0)), { transport: 'unix', source: undefined }],
])('%s: the real ends stay, and the header is a fact', async (_, header, info) => {
  const socket = await accepted(concatBytes([typeof header === 'string' ? bytes(header) : header, bytes('GET')]));
  expect(socket.get(PROXY_INFO)).toMatchObject({ ...info, destination: undefined, tlvs: [] });
  expect([socket.local, socket.remote]).toEqual([REAL.local, REAL.remote]);
  expect(text(await socket.recv())).toBe('GET');
});

const FULL: ProxyHeader = {
  source: CLIENT, destination: SERVER, alpn: 'h2', authority: 'app.test', uniqueId: Uint8Array.of(1, 2, 3), netns: 'blue', checksum: true,
  ssl: { tls: true, certOnConnection: true, verified: true, version: 'TLSv1.3', commonName: 'ann', cipher: 'TLS_AES_128_GCM_SHA256', signatureAlgorithm: 'RSA-SHA256', keyAlgorithm: 'RSA2048' },
  tlvs: [{ type: 0xea, value: Uint8Array.of(7) }, { type: 0xea, value: Uint8Array.of(8) }, { type: 4, value: Uint8Array.of(0, 0) }],
};

test('every field of version 2 is read, known or not, and the checksum is verified', async () => {
  const info = (await accepted(encodeProxyHeader(FULL))).get(PROXY_INFO);
  expect(info).toMatchObject({
    alpn: bytes('h2'), authority: 'app.test', uniqueId: Uint8Array.of(1, 2, 3), netns: 'blue', checksum: true,
    ssl: { ...FULL.ssl, certOnSession: false },
  });
  // Padding is no field.
  expect(info?.tlvs.map(({ type }) => type)).toEqual([1, 2, 5, 0x20, 0x30, 0xea, 0xea, 3]);
});

test('a certificate counts as verified only when one was shown', async () => {
  const verified = async (ssl: ProxyHeader['ssl']): Promise<boolean | undefined> => (await accepted(encodeProxyHeader({ source: CLIENT, destination: SERVER, ssl }))).get(PROXY_INFO)?.ssl?.verified;
  expect(await verified({ tls: true, certOnSession: true, verified: true })).toBe(true);
  expect(await verified({ tls: true, certOnSession: true, verified: false })).toBe(false);
  expect(await verified({ tls: true, verified: true })).toBe(false);
});

const tlv = (type: number, ...value: number[]): number[] => [type, value.length >> 8, value.length & 0xff, ...value];

test.each<[string, Uint8Array | string, ProxyHeaderError['reason'], RegExp]>([
  ['something else', 'GET / HTTP/1.1\r\n\r\n', 'missing', /begins with something else/],
  ['what begins almost alike', 'PROXXY', 'missing', /begins with something else/],
  ['an unknown family', 'PROXY TCP5 192.0.2.1 192.0.2.1 1 1\r\n', 'malformed', /is no "PROXY TCP4/],
  ['two spaces', 'PROXY TCP4  192.0.2.1 192.0.2.2 1 1\r\n', 'malformed', /is no "PROXY TCP4/],
  ['a port with a zero in front', 'PROXY TCP4 192.0.2.1 192.0.2.2 01 1\r\n', 'malformed', /is no "PROXY TCP4/],
  ['a port above all', 'PROXY TCP4 192.0.2.1 192.0.2.2 65536 1\r\n', 'malformed', /port 65536/],
  ['an IPv6 address as IPv4', 'PROXY TCP4 ::1 192.0.2.2 1 1\r\n', 'malformed', /none of IPv4/],
  ['an IPv4 address as IPv6', 'PROXY TCP6 ::1 192.0.2.2 1 1\r\n', 'malformed', /none of IPv6/],
  ['something behind the ports', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 1 \r\n', 'malformed', /is no "PROXY TCP4/],
  ['LF alone', 'PROXY TCP4 192.0.2.1 192.0.2.2 1 1\n', 'malformed', /LF alone/],
  ['108 bytes', `PROXY UNKNOWN ${'x'.repeat(92)}\r\n`, 'too-long', /107 bytes of version 1/],
  ['version 3 behind the signature', v2(0x31, 0x11, TCP4), 'malformed', /of version 3/],
  ['an unknown command', v2(0x22, 0x11, TCP4), 'malformed', /command 2/],
  ['an unknown family of version 2', v2(0x21, 0x41, TCP4), 'malformed', /0x41/],
  ['too few bytes for the addresses', v2(0x21, 0x11, TCP4.slice(1)), 'malformed', /11 bytes, too few/],
  ['more than the limit', v2(0x21, 0x11, TCP4, 4081), 'too-long', /4097 bytes; 4096 are the most/],
  ['half a field', v2(0x21, 0x11, [...TCP4, 1, 0]), 'malformed', /longer than what is left/],
  ['a field that is longer than the rest', v2(0x21, 0x11, [...TCP4, 1, 0, 2, 0]), 'malformed', /longer than what is left/],
  ['a wrong checksum', v2(0x21, 0x11, [...TCP4, ...tlv(3, 1, 2, 3, 4)]), 'checksum', /CRC32c/],
  ['a checksum of three bytes', v2(0x21, 0x11, [...TCP4, ...tlv(3, 1, 2, 3)]), 'malformed', /3 bytes instead of 4/],
  ['two authorities', v2(0x21, 0x11, [...TCP4, ...tlv(2, 97), ...tlv(2, 98)]), 'malformed', /two fields of type 2/],
  ['an authority with a line end', v2(0x21, 0x11, [...TCP4, ...tlv(2, 97, 13, 10)]), 'malformed', /authority that is no name/],
  ['a unique id that is too long', v2(0x21, 0x11, [...TCP4, ...tlv(5, ...Array<number>(129).fill(1))]), 'malformed', /129 bytes; 128/],
  ['too little about TLS', v2(0x21, 0x11, [...TCP4, ...tlv(0x20, 1, 0, 0, 0)]), 'malformed', /4 bytes about TLS/],
  ['half a field about TLS', v2(0x21, 0x11, [...TCP4, ...tlv(0x20, 1, 0, 0, 0, 0, 0x21, 0)]), 'malformed', /longer than what is left/],
])('%s is refused', async (_, start, reason, message) => {
  const error = await rejection<ProxyHeaderError>(accepted(start));
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_HEADER', reason, phase: 'upgrade', endpoint: REAL.remote });
  expect(error.message).toMatch(message);
});

test.each<[string, string, ProxyHeaderError['reason']]>([
  ['at once', '', 'missing'],
  ['within what could have become one', 'PRO', 'missing'],
  ['in the middle of one', 'PROXY TCP4 192.', 'cut'],
  ['in the middle of one of version 2', '\r\n\r\n\0\r\nQUIT\n!', 'cut'],
])('a connection that ends %s is refused', async (_, start, reason) => {
  expect(await rejection(accepted(start, {}, 'ends'))).toMatchObject({ code: 'ERR_SOCK_PROXY_HEADER', reason });
});

test('a silent peer is refused after the time for the header, and so is one that stops in its middle', async () => {
  for (const start of ['', 'PROXY TCP4 ']) {
    const error = await rejection(accepted(start, { headerTimeout: '20ms' }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'upgrade', endpoint: REAL.remote });
    expect(error.message).toContain('no whole PROXY header came from memory:pair-a');
  }
  const [, socket] = pair();
  expect(await rejection(socket.upgrade(proxyProtocol(), undefined, { signal: AbortSignal.abort() }))).toMatchObject({ code: 'ERR_SOCK_ABORTED' });
});

test('one version alone is accepted where only that one is wanted', async () => {
  const one = encodeProxyHeader({ version: 1, source: CLIENT, destination: SERVER });
  const two = encodeProxyHeader({ source: CLIENT, destination: SERVER });
  expect((await accepted(one, { version: 1 })).remote).toEqual(CLIENT);
  expect((await accepted(two, { version: 2 })).remote).toEqual(CLIENT);
  expect(await rejection(accepted(two, { version: 1 }))).toMatchObject({ code: 'ERR_SOCK_PROXY_HEADER', reason: 'version' });
  expect(await rejection(accepted(one, { version: 2 }))).toMatchObject({ code: 'ERR_SOCK_PROXY_HEADER', reason: 'version' });
});

test.each<[string, string, 'stays' | 'ends', string]>([
  ['something else', 'GET / HTTP/1.1', 'stays', 'GET / HTTP/1.1'],
  ['what could have become one', 'PRO', 'ends', 'PRO'],
])('where no header is required, %s passes to its last byte', async (_, start, then, rest) => {
  const socket = await accepted(start, { required: false }, then);
  expect(socket.get(PROXY_INFO)).toBeUndefined();
  expect(socket.remote).toEqual(REAL.remote);
  expect(text(await socket.recvExactly(rest.length))).toBe(rest);
});

test('where no header is required, one that comes is read all the same, and one that is wrong is refused', async () => {
  expect((await accepted('PROXY TCP4 192.0.2.1 192.0.2.2 4096 443\r\n', { required: false })).remote).toEqual(CLIENT);
  expect(await rejection(accepted('PROXY TCP4\r\n', { required: false }))).toMatchObject({ reason: 'malformed' });
});

test('a header at the limit of maxHeaderBytes is read', async () => {
  const header = encodeProxyHeader({ source: CLIENT, destination: SERVER, tlvs: [{ type: 0xe0, value: new Uint8Array(300) }] });
  expect((await accepted(header, { maxHeaderBytes: header.length })).remote).toEqual(CLIENT);
  expect(await rejection(accepted(header, { maxHeaderBytes: header.length - 1 }))).toMatchObject({ reason: 'too-long' });
});

/** A socket whose peer is at `remote`. */
async function from(remote: Endpoint | undefined, start = 'PROXY TCP4 192.0.2.1 192.0.2.2 4096 443\r\n'): Promise<Socket> {
  const [a, b] = memoryTransportPair();
  const peer = new CoreSocket(a);
  onTestFinished(() => {
    peer.destroy();
    b.destroy();
  });
  await peer.send(bytes(start));
  return relabelled(await new CoreSocket(b).detach(), { local: undefined, remote, facts: new Map() });
}

const at = (host: string): Endpoint => ({ host, port: 1 });

test.each<[string, ProxyTrust | undefined, Endpoint | undefined, boolean]>([
  ['loopback, by default', undefined, at('127.0.0.9'), true],
  ['loopback in IPv6, by default', undefined, at('::1'), true],
  ['loopback in IPv6\'s clothes, by default', undefined, at('::ffff:127.0.0.1'), true],
  ['a private network, by default', undefined, at('fd00::1'), true],
  ['a link-local address with its zone, by default', undefined, at('fe80::1%eth0'), true],
  ['a Unix socket, by default', undefined, { path: '/x' }, true],
  ['a public address, by default', undefined, at('203.0.113.1'), false],
  ['a public address in IPv6, by default', undefined, at('2001:db8::1'), false],
  ['a name, by default', undefined, at('localhost'), false],
  ['nobody knows whom, by default', undefined, undefined, false],
  ['an address of the list', ['203.0.113.1'], at('203.0.113.1'), true],
  ['the neighbour of an address of the list', ['203.0.113.1'], at('203.0.113.2'), false],
  ['an address within a range', ['2001:db8::/32'], at('2001:db8:1::1'), true],
  ['an address beyond a range', ['2001:db8::/32'], at('2001:db9::1'), false],
  ['loopback, when the list has others', ['203.0.113.0/24'], at('127.0.0.1'), false],
  ['a Unix socket, when the list has others', ['loopback'], { path: '/x' }, false],
  ['anybody, where any is trusted', ['any'], undefined, true],
  ['whom the function takes', (remote) => remote !== undefined && 'port' in remote && remote.port === 1, at('203.0.113.1'), true],
  ['whom a function promises to take', (async () => await Promise.resolve(true)) as never, at('127.0.0.1'), false],
  ['whom the function does not take', () => false, at('127.0.0.1'), false],
  ['nobody, with an empty list', [], at('127.0.0.1'), false],
])('trust: %s', async (_, trust, remote, trusted) => {
  const upgraded = (await from(remote)).upgrade(proxyProtocol({ trust }));
  if (trusted) return expect((await upgraded).remote).toEqual(CLIENT);
  const error = await rejection(upgraded);
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_UNTRUSTED', phase: 'upgrade', category: 'access', endpoint: remote });
  expect(error.message).toContain('may not speak for others');
});

test('where no header is required, who is not trusted may connect for itself, and not for others', async () => {
  const upgrade = proxyProtocol({ required: false });
  expect((await (await from(at('203.0.113.1'), 'GET')).upgrade(upgrade)).remote).toEqual(at('203.0.113.1'));
  expect(await rejection((await from(at('203.0.113.1'))).upgrade(upgrade))).toMatchObject({ code: 'ERR_SOCK_PROXY_UNTRUSTED' });
});

test.each<[string, object, string, RegExp]>([
  ['an unknown one', { trusted: [] }, 'ERR_SOCK_CONFIG', /trusted/],
  ['a version that does not exist', { version: 3 }, 'ERR_SOCK_ARGUMENT', /version takes 1, 2 or "any"/],
  ['a limit below the addresses', { maxHeaderBytes: 100 }, 'ERR_SOCK_CONFIG', /maxHeaderBytes/],
  ['a required that is neither', { required: 'no' }, 'ERR_SOCK_ARGUMENT', /required takes true or false/],
  ['a trust that is one address', { trust: '127.0.0.1' }, 'ERR_SOCK_ARGUMENT', /trust takes a list/],
  ['a range that is none', { trust: ['127.0.0.0/33'] }, 'ERR_SOCK_ARGUMENT', /"127\.0\.0\.0\/33" is neither/],
  ['a name in trust', { trust: ['proxy.test'] }, 'ERR_SOCK_ARGUMENT', /"proxy\.test" is neither/],
])('options are checked when they are given: %s', (_, options, code, message) => {
  expect(() => proxyProtocol(options)).toThrow(expect.objectContaining({ code }));
  expect(() => proxyProtocol(options)).toThrow(message);
});

test('over TCP, from a proxy that says for whom it dials, to a listener that hears it', async () => {
  await using listener = upgradeListener(await listen('127.0.0.1:0'), proxyProtocol());
  const socket = await connect(listener.endpoint);
  await sendProxyHeader(socket, { version: 1, source: '192.0.2.1:4096', destination: '192.0.2.2:443' });
  await socket.send(bytes('hello'));
  const served = await listener.accept();
  expect(served.remote).toEqual(CLIENT);
  expect(served.get(PROXY_INFO)?.real).toEqual({ local: listener.endpoint, remote: socket.local });
  expect(text(await served.recvExactly(5))).toBe('hello');
  served.destroy();
  socket.destroy();
});

test('a connector says for whom it dials, and its key tells clients apart', async () => {
  const [peer, dialled] = pair();
  const inner = { key: (target: Endpoint) => `to ${JSON.stringify(target)}`, connect: async () => await Promise.resolve(dialled) };
  const connector = withProxyHeader(inner, { source: CLIENT, destination: SERVER });
  const socket = await connector.connect(SERVER);
  expect(socket).toBe(dialled);
  expect((await peer.upgrade(proxyProtocol())).remote).toEqual(CLIENT);
  const keys = [connector, withProxyHeader(inner, { source: SERVER, destination: SERVER }), inner].map(({ key }) => key(SERVER));
  expect(new Set(keys).size).toBe(3);
  const byTarget = withProxyHeader(inner, (target: Endpoint) => ({ source: CLIENT, destination: target }));
  expect(byTarget.key(SERVER)).toBe(connector.key(SERVER));
  expect(() => withProxyHeader(inner, { source: 'client.test:1', destination: SERVER })).toThrow(/client\.test:1 is a name/);
});
