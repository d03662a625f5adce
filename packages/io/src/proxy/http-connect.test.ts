import type { Connector, Endpoint, Socket } from '@sock/core';
import { DIALLED, formatEndpoint } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { bytes, leakGuard, rejection, text } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';
import type { HttpConnectOptions } from '../proxy.ts';
import { ProxyError, TUNNEL_INFO, viaHttpConnect } from '../proxy.ts';

leakGuard();

/** A proxy in memory that answers the first request, whatever it is. `requests` has what was asked. */
function proxyThat(answer: string, then: 'stays' | 'ends' = 'stays'): { connector: Connector; requests: string[]; peers: Socket[] } {
  const requests: string[] = [];
  const peers: Socket[] = [];
  const serve = async (peer: Socket): Promise<void> => {
    let request = '';
    while (!request.endsWith('\r\n\r\n')) request += text(await peer.recv());
    requests.push(request);
    await peer.send(Buffer.from(answer, 'latin1'));
    if (then === 'ends') await peer.shutdown();
  };
  const connect = async (): Promise<Socket> => {
    const [a, b] = memoryPair();
    peers.push(b);
    onTestFinished(() => {
      a.destroy();
      b.destroy();
    });
    serve(b).catch(() => b.destroy());
    return await Promise.resolve(a);
  };
  return { connector: { key: (target) => `memory ${formatEndpoint(target)}`, connect }, requests, peers };
}

const OK = 'HTTP/1.1 200 Connection established\r\n\r\n';
const PROXY = 'proxy.test:3128';
const via = (connector: Connector, options: Partial<HttpConnectOptions> = {}): Connector<Endpoint | string> => viaHttpConnect(connector, { proxy: PROXY, ...options });

test.each<[string, string, object, string]>([
  ['a name', 'target.test:443', {}, 'CONNECT target.test:443 HTTP/1.1\r\nHost: target.test:443\r\n\r\n'],
  ['an IPv6 address', '[2001:db8::7]:80', {}, 'CONNECT [2001:db8::7]:80 HTTP/1.1\r\nHost: [2001:db8::7]:80\r\n\r\n'],
  ['credentials', 'a.test:1', { username: 'ann', password: 'p:ö' }, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\nProxy-Authorization: Basic YW5uOnA6w7Y=\r\n\r\n'],
  ['a user without a password', 'a.test:1', { username: 'ann' }, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\nProxy-Authorization: Basic YW5uOg==\r\n\r\n'],
  ['fields of its own', 'a.test:1', { headers: { 'User-Agent': 'sock/1', 'X-A': 'b\tc' } }, 'CONNECT a.test:1 HTTP/1.1\r\nHost: a.test:1\r\nUser-Agent: sock/1\r\nX-A: b\tc\r\n\r\n'],
])('asks with %s', async (_, target, options, request) => {
  const { connector, requests } = proxyThat(OK);
  await via(connector, options).connect(target);
  expect(requests).toEqual([request]);
});

test('the socket knows the target as its peer and as what was dialled, and the way there', async () => {
  const socket = await via(proxyThat(OK).connector).connect('target.test:443');
  const target = { host: 'target.test', port: 443 };
  expect(socket.remote).toEqual(target);
  expect(socket.get(DIALLED)).toEqual(target);
  expect(socket.get(TUNNEL_INFO)).toMatchObject({ kind: 'http-connect', proxy: { host: 'proxy.test', port: 3128 }, through: { memory: 'pair-b' } });
});

test.each([
  ['200', `${OK}220 ready`],
  ['another 2xx, of HTTP/1.0, without a reason', 'HTTP/1.0 204\r\n\r\n220 ready'],
  ['a length, which means nothing here', 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n220 ready'],
  ['a transfer coding, which means nothing here', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n220 ready'],
  ['interim answers before it', `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}220 ready`],
])('after %s, every byte behind the head belongs to the stream', async (_, answer) => {
  const { connector, peers } = proxyThat(answer);
  const socket = await via(connector).connect('target.test:443');
  expect(text(await socket.recvExactly(9))).toBe('220 ready');
  await peers[0]?.send(bytes('more'));
  expect(text(await socket.recv())).toBe('more');
});

test.each<[number, string, boolean, string]>([
  [302, 'protocol', false, 'elsewhere'],
  [400, 'protocol', false, 'does not take the request'],
  [403, 'access', false, 'rules do not allow it'],
  [404, 'name', false, 'is it a proxy?'],
  [405, 'protocol', false, 'method CONNECT'],
  [418, 'refused', false, 'it refused'],
  [429, 'limit', true, 'too many requests'],
  [500, 'system', true, 'general failure'],
  [502, 'unreachable', true, 'cannot be reached from it'],
  [503, 'refused', true, 'no connection at the moment'],
  [504, 'timeout', true, 'did not answer it'],
  [599, 'refused', true, 'it refused'],
])('status %i is a refusal of category %s', async (status, category, retryable, words) => {
  const { connector } = proxyThat(`HTTP/1.1 ${status} So it is\r\nContent-Length: 7\r\nX-Why: a\r\nX-Why: b\r\n\r\nbecause and more`);
  const error = await rejection<ProxyError>(via(connector).connect('target.test:443'));
  expect(error).toBeInstanceOf(ProxyError);
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_REFUSED', phase: 'connect', category, retryable, status, proxy: { host: 'proxy.test' }, endpoint: { host: 'target.test' } });
  expect(error.message).toContain(words);
  expect(error.message).toContain(`(status ${status} So it is)`);
  expect(error.headers?.get('x-why')).toBe('a, b');
  expect(text(error.body as Uint8Array)).toBe('because');
});

test('407 is a matter of credentials, and the message tells which ones are taken', async () => {
  const { connector } = proxyThat('HTTP/1.1 407 Auth\r\nProxy-Authenticate: Basic realm="x"\r\nProxy-Authenticate: Bearer\r\nContent-Length: 0\r\n\r\n');
  const error = await rejection<ProxyError>(via(connector).connect('target.test:443'));
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_AUTH', category: 'access', status: 407 });
  expect(error.message).toContain('it offers Basic realm="x", Bearer');
});

test.each<[string, string, 'stays' | 'ends', number, string]>([
  ['up to the limit', `HTTP/1.1 403 No\r\n\r\n${'x'.repeat(50)}`, 'stays', 10, 'x'.repeat(10)],
  ['up to the end', 'HTTP/1.1 403 No\r\n\r\nshort', 'ends', 4096, 'short'],
  ['as far as it comes, when it stays away', 'HTTP/1.1 403 No\r\nContent-Length: 100\r\n\r\nshort', 'stays', 4096, 'short'],
  ['not at all, when none is wanted', 'HTTP/1.1 403 No\r\nContent-Length: 5\r\n\r\nshort', 'stays', 0, ''],
])('the body of a refusal is kept %s', async (_, answer, then, maxBodyBytes, body) => {
  const error = await rejection<ProxyError>(via(proxyThat(answer, then).connector, { maxBodyBytes }).connect('target.test:443'));
  expect(error.code).toBe('ERR_SOCK_PROXY_REFUSED');
  expect(text(error.body as Uint8Array)).toBe(body);
});

test.each<[string, string, RegExp]>([
  ['no HTTP', 'SSH-2.0-x\r\n', /byte 83 at place 0/],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', /byte 50 at place 5/],
  ['a line that ends with LF alone', 'HTTP/1.1 200 OK\n\nx', /LF alone/],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', /status line that is none/],
  ['a status beyond all classes', 'HTTP/1.1 700 OK\r\n\r\n', /status line that is none/],
  ['a folded field', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', /header line that is none/],
  ['a space before the colon', 'HTTP/1.1 200 OK\r\nA : b\r\n\r\n', /header line that is none/],
  ['a field without a colon', 'HTTP/1.1 200 OK\r\nA\r\n\r\n', /header line that is none/],
  ['a CR within a line', 'HTTP/1.1 200 OK\r\nA: b\rc\r\n\r\n', /header line that is none/],
  ['a NUL', 'HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n', /header line that is none/],
  ['other protocols', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n', /nobody asked for/],
  ['too many fields', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(101)}\r\n`, /101 header fields; 100 is the most/],
  ['a head that is too long', `HTTP/1.1 200 OK\r\nA: ${'b'.repeat(16_384)}`, /longer than 16384 bytes/],
  ['interim answers without end', 'HTTP/1.1 100 Go on\r\n\r\n'.repeat(1000), /longer than 16384 bytes/],
])('%s in answer is a typed error', async (_, answer, message) => {
  const error = await rejection<ProxyError>(via(proxyThat(answer).connector).connect('target.test:443'));
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_PROTOCOL', phase: 'upgrade', proxy: { host: 'proxy.test' } });
  expect(error.message).toMatch(message);
});

test('a head at the limits is taken', async () => {
  const fields = 'A: b\r\n'.repeat(100);
  const { connector } = proxyThat(`HTTP/1.1 200 OK\r\n${fields}\r\n`);
  const socket = await via(connector, { maxHeaderBytes: 17 + fields.length + 2 }).connect('target.test:443');
  expect(socket.remote).toEqual({ host: 'target.test', port: 443 });
});

test('a proxy that ends, or says nothing, is told as such', async () => {
  const ended = await rejection(via(proxyThat('HTTP/1.1 200 OK\r\n', 'ends').connector).connect('target.test:443'));
  expect(ended).toMatchObject({ code: 'ERR_SOCK_PROXY_PROTOCOL', cause: { code: 'ERR_SOCK_UNEXPECTED_END' } });
  expect(ended.message).toContain('ended the connection instead of a whole answer');
  const silent = await rejection(via(proxyThat('HTTP/1.1 200 OK\r\n').connector, { handshakeTimeout: '20ms' }).connect('target.test:443'));
  expect(silent).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'upgrade', endpoint: { host: 'target.test' } });
});

test.each<[string, Partial<HttpConnectOptions>, string, RegExp]>([
  ['an unknown one', { user: 'x' } as object, 'ERR_SOCK_CONFIG', /user/],
  ['a limit out of range', { maxHeaderBytes: 1 }, 'ERR_SOCK_CONFIG', /maxHeaderBytes/],
  ['a line end in a value', { headers: { 'X-A': 'b\r\nEvil: c' } }, 'ERR_SOCK_ARGUMENT', /headers\.X-A has a character/],
  ['a line end in a name', { headers: { 'X-A: b\r\nEvil': 'c' } }, 'ERR_SOCK_ARGUMENT', /is no name of a header field/],
  ['a field that frames the request', { headers: { 'content-Length': '5' } }, 'ERR_SOCK_ARGUMENT', /where the request goes or ends/],
  ['another Host', { headers: { Host: 'evil.test' } }, 'ERR_SOCK_ARGUMENT', /where the request goes or ends/],
  ['two kinds of credentials', { username: 'a', headers: { 'Proxy-Authorization': 'Bearer x' } }, 'ERR_SOCK_ARGUMENT', /stands beside a username/],
  ['a colon in the user', { username: 'a:b' }, 'ERR_SOCK_ARGUMENT', /colon/],
  ['a line end in the password', { username: 'a', password: 'b\r\n' }, 'ERR_SOCK_ARGUMENT', /control character/],
  ['a password without a user', { password: 'b' }, 'ERR_SOCK_ARGUMENT', /without a username/],
  ['fields without end', { headers: Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`X-${i}`, ''])) }, 'ERR_SOCK_ARGUMENT', /101 fields/],
])('options are checked when they are given: %s', (_, options, code, message) => {
  const make = (): unknown => via(proxyThat('').connector, options);
  expect(make).toThrow(expect.objectContaining({ code }));
  expect(make).toThrow(message);
});

test('a name that would break the request is refused before anything is dialled', async () => {
  const { connector, peers } = proxyThat(OK);
  for (const host of ['a\r\nHost: evil', 'a b', 'a?b', 'a%00b', 'a@b', 'a:b', 'ü\u2028']) {
    expect(await rejection(via(connector).connect({ host, port: 443 }))).toMatchObject({ code: 'ERR_SOCK_ENDPOINT' });
  }
  expect(peers).toEqual([]);
});

test('keys differ by credentials and fields, and never show them', () => {
  const { connector } = proxyThat('');
  const keys = [{}, { username: 'ann' }, { username: 'ann', password: 'secret' }, { headers: { 'X-Token': 'secret' } }, { headers: { 'X-Token': 'secreT' } }]
    .map((options) => via(connector, options).key('target.test:443'));
  expect(keys[0]).toBe('memory proxy.test:3128 http-connect(target.test:443)');
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.join()).not.toMatch(/secre|ann/);
});
