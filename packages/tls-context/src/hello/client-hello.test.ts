import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import { connect, createServer } from 'node:tls';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rawServer, spawnPeer, until } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClientHello } from './client-hello.ts';
import { parseClientHello } from './client-hello.ts';

leakGuard();

const issued = createAuthority().issue({ names: ['localhost'] });

/** What a client of `node:tls` says first. */
async function helloOf(options: ConnectionOptions & { readonly requestOCSP?: boolean }): Promise<Buffer> {
  const written: Buffer[] = [];
  const wire = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const all: ConnectionOptions = { socket: wire, ...options };
  const client = connect(all);
  client.on('error', () => {});
  await until(() => parseClientHello(Buffer.concat(written)).kind !== 'more', 'the hello is written');
  client.destroy();
  return Buffer.concat(written);
}

/** What `openssl s_client` says first. */
async function helloOfOpenssl(...options: string[]): Promise<Buffer> {
  const server = await rawServer();
  await using client = spawnPeer('openssl', ['s_client', '-connect', `127.0.0.1:${server.port}`, ...options]);
  const peer = await server.accept();
  await until(() => parseClientHello(peer.received).kind !== 'more', 'the hello arrives');
  await client.stop();
  await server.close();
  return peer.received;
}

/** Newer releases of Node offer a session to no other name than the one that it came from. */
const NAME = 'www.example.test';

/** A session of a server that hands out tickets. */
async function session(version: 'TLSv1.2' | 'TLSv1.3'): Promise<Buffer> {
  const server = createServer({ cert: issued.chain, key: issued.key }, (socket) => socket.end('.'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const client = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: NAME, maxVersion: version, rejectUnauthorized: false });
  client.resume();
  const [bytes] = (await once(client, 'session')) as [Buffer];
  client.destroy();
  server.close();
  await once(server, 'close');
  return bytes;
}

function hello(bytes: Uint8Array): ClientHello {
  const result = parseClientHello(bytes);
  expect(result.kind).toBe('hello');
  return (result as { hello: ClientHello }).hello;
}

/** The same with plain arrays, so that a view of one buffer equals one of another. */
function plain(bytes: Uint8Array): unknown {
  const result = parseClientHello(bytes);
  if (result.kind !== 'hello') return result.kind;
  const { sessionTicket, pskIdentities, ...rest } = result.hello;
  return { ...rest, sessionTicket: sessionTicket && [...sessionTicket], pskIdentities: pskIdentities.map((identity) => [...identity]) };
}

/** The message in records of these sizes, over and over. */
function records(message: Uint8Array, sizes: readonly number[]): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0, index = 0; at < message.length; index += 1) {
    const part = message.subarray(at, at + (sizes[index % sizes.length] as number));
    parts.push(Uint8Array.of(22, 3, 1, part.length >> 8, part.length & 0xff), part);
    at += part.length;
  }
  return Buffer.concat(parts);
}

function vector(width: number, ...parts: Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(width);
  length.writeUIntBE(content.length, 0, width);
  return Buffer.concat([length, content]);
}

/** A hello with these extensions, as a message. */
function made(extensions: readonly (readonly [type: number, data: Uint8Array])[], version = 0x0303): Buffer {
  const list = extensions.map(([type, data]) => Buffer.concat([Uint8Array.of(type >> 8, type & 0xff), vector(2, data)]));
  const body = Buffer.concat([Uint8Array.of(version >> 8, version & 0xff), Buffer.alloc(32, 7), vector(1), vector(2, Uint8Array.of(0x13, 0x01, 0x5a, 0x5a)), vector(1, Uint8Array.of(0)), vector(2, ...list)]);
  return Buffer.concat([Uint8Array.of(1), vector(3, body)]);
}

function named(name: string | Uint8Array): ClientHello {
  return hello(records(made([[0, vector(2, Uint8Array.of(0), vector(2, Buffer.from(name)))]]), [16_000]));
}

describe('a true hello', () => {
  test('of node:tls with TLS 1.3', async () => {
    const found = hello(await helloOf({ servername: 'WWW.Example.Test', ALPNProtocols: ['h2', 'http/1.1', 'grüezi'], requestOCSP: true }));
    expect(found).toMatchObject({ serverName: 'www.example.test', alpn: ['h2', 'http/1.1', 'grüezi'], pskIdentities: [] });
    expect(found.versions).toEqual(['TLSv1.3', 'TLSv1.2']);
    expect(found.cipherSuites).toEqual(expect.arrayContaining([0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f]));
    expect(found.signatureSchemes).toEqual(expect.arrayContaining([0x0403, 0x0804, 0x0807]));
    expect(found.groups).toEqual(expect.arrayContaining([23, 29]));
    expect(found.sessionTicket).toEqual(Buffer.alloc(0));
  });

  test('of node:tls with TLS 1.2 alone', async () => {
    const found = hello(await helloOf({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256', ecdhCurve: 'P-384', sigalgs: 'RSA+SHA256' }));
    expect(found).toMatchObject({ serverName: undefined, alpn: [], versions: ['TLSv1.2'], signatureSchemes: [0x0401], groups: [24] });
    // The second is no suite but says that renegotiation is secure (RFC 5746).
    expect([[0xc02f, 0x00ff], [0xc02f]], 'OpenSSL 3.5 says that by an extension instead').toContainEqual(found.cipherSuites);
  });

  test('that resumes a session shows its ticket', async () => {
    const old = hello(await helloOf({ servername: NAME, maxVersion: 'TLSv1.2', session: await session('TLSv1.2') }));
    expect(old.sessionTicket?.length).toBeGreaterThan(100);
    expect(old.pskIdentities).toEqual([]);
    const current = hello(await helloOf({ servername: NAME, session: await session('TLSv1.3') }));
    expect(current.pskIdentities.map(({ length }) => length > 30)).toEqual([true]);
    expect(current.sessionTicket?.length).toBe(0);
  });

  test('of openssl s_client', async () => {
    const bytes = await helloOfOpenssl('-servername', 'name.test', '-alpn', 'smtp,imap', '-status', '-groups', 'P-521', '-no_ticket');
    expect(hello(bytes)).toMatchObject({ serverName: 'name.test', alpn: ['smtp', 'imap'], groups: [25], sessionTicket: undefined });
    expect(hello(await helloOfOpenssl('-noservername', '-tls1_2'))).toMatchObject({ serverName: undefined, versions: ['TLSv1.2'], sessionTicket: Buffer.alloc(0) });
  });
});

describe('what is said is read with care', () => {
  test.each([
    ['a name', 'host.test', 'host.test'],
    ['a name with a closing dot, as it was sent', 'Host.Test.', 'host.test.'],
    ['a name with an underscore', '_sip.host.test', '_sip.host.test'],
    ['a label of digits', '1.2.3.4.test', '1.2.3.4.test'],
    ['an IPv4 address', '127.0.0.1', undefined],
    ['an IPv6 address', '::1', undefined],
    ['an empty name', '', undefined],
    ['an empty label', 'a..test', undefined],
    ['a dot alone', '.', undefined],
    ['a NUL byte', 'good.test\0.bad.test', undefined],
    ['a control character', 'a\n.test', undefined],
    ['no ASCII', 'zürich.test', undefined],
    ['a wildcard', '*.test', undefined],
    ['a label of 64', `${'a'.repeat(64)}.test`, undefined],
    ['a label of 63', `${'a'.repeat(63)}.test`, `${'a'.repeat(63)}.test`],
    ['more than DNS carries', Array.from({ length: 64 }, () => 'abc').join('.'), undefined],
  ])('%s', (_what, sent, read) => {
    expect(named(sent).serverName).toBe(read);
  });

  test('GREASE and versions that nobody knows are left out', () => {
    const bytes = made([[43, vector(1, Uint8Array.of(0x7a, 0x7a, 3, 4, 0x7f, 0x1c, 3, 1))], [10, vector(2, Uint8Array.of(0xfa, 0xfa, 0, 29))], [0x0a0a, Buffer.alloc(0)]]);
    expect(hello(records(bytes, [100]))).toMatchObject({ versions: ['TLSv1.3', 'TLSv1'], groups: [29], cipherSuites: [0x1301] });
  });

  test.each([[0x0304, ['TLSv1.2']], [0x0303, ['TLSv1.2']], [0x0302, ['TLSv1.1']], [0x0301, ['TLSv1']], [0x0300, ['SSLv3']], [0x0002, []]])('without supported_versions, %i is the highest of the client: %j', (version, versions) => {
    expect(hello(records(made([], version), [100])).versions).toEqual(versions);
  });

  test('of many tickets the first four are kept', () => {
    const identities = Array.from({ length: 6 }, (_, index) => Buffer.concat([vector(2, Uint8Array.of(index)), Buffer.alloc(4)]));
    expect(hello(records(made([[41, Buffer.concat([vector(2, ...identities), vector(2, Buffer.alloc(33))])]]), [100])).pskIdentities.map(([first]) => first)).toEqual([0, 1, 2, 3]);
  });

  test('a hello of 60 KiB in records of any size', () => {
    const big = made([[0xfe0d, Buffer.alloc(60_000)], [16, vector(2, vector(1, Buffer.from('h2')))]]);
    for (const size of [1, 1000, 16_384]) expect(hello(records(big, [size])).alpn).toEqual(['h2']);
  });
});

describe('what is no hello', () => {
  test.each([
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
    ['another type of record', Uint8Array.of(23, 3, 3, 0, 1, 0)],
    ['another major version', Uint8Array.of(22, 2)],
    ['a record that is longer than any', Uint8Array.of(22, 3, 1, 0x40, 1)],
  ])('%s is no TLS', (_what, bytes) => {
    expect(parseClientHello(bytes)).toEqual({ kind: 'not-tls', first: bytes.subarray(0, 16) });
  });

  const twice = [16, vector(2, vector(1, Buffer.from('h2')))] as const;
  test.each([
    ['an empty record', Uint8Array.of(22, 3, 1, 0, 0), 'empty'],
    ['another message', Uint8Array.of(22, 3, 1, 0, 4, 2), 'of type 2'],
    ['a message of more than 64 KiB', Uint8Array.of(22, 3, 1, 0, 10, 1, 1, 0, 1), '65537 bytes'],
    ['an alert in the middle', Buffer.concat([records(made([]), [20]).subarray(0, 25), Uint8Array.of(21, 3, 1, 0, 2, 2, 40)]), 'breaks off'],
    ['a message without content', Uint8Array.of(22, 3, 1, 0, 4, 1, 0, 0, 0), 'shorter'],
    ['an extension twice', records(made([twice, twice]), [1000]), 'extension 16 stands twice'],
    ['an extension that is longer than its list', records(made([[16, vector(2, Uint8Array.of(9, 65))]]), [1000]), 'extension 16 cannot be read'],
    ['an empty list of versions\' bytes', records(made([[43, Buffer.alloc(0)]]), [1000]), 'extension 43 cannot be read'],
  ])('%s is malformed', (_what, bytes, reason) => {
    const result = parseClientHello(bytes);
    expect(result).toMatchObject({ kind: 'malformed' });
    expect((result as { reason: string }).reason).toContain(reason);
  });

  test('the positive twin of them', () => {
    expect(hello(records(made([twice]), [1000])).alpn).toEqual(['h2']);
  });
});

describe('for any bytes', async () => {
  const seeds = [
    await helloOf({ servername: NAME, ALPNProtocols: ['h2'], requestOCSP: true, session: await session('TLSv1.3') }),
    await helloOf({ servername: NAME, maxVersion: 'TLSv1.2', session: await session('TLSv1.2') }),
  ];
  const seed = fc.constantFrom(...seeds);

  test('each beginning of a true hello wants more, and what follows it changes nothing', () => {
    for (const bytes of seeds) {
      const whole = plain(bytes);
      expect(whole).toMatchObject({ serverName: 'www.example.test' });
      for (let length = 0; length < bytes.length; length += 1) expect(parseClientHello(bytes.subarray(0, length)).kind).toBe('more');
      expect(plain(Buffer.concat([bytes, Buffer.from('whatever')]))).toEqual(whole);
    }
  });

  test('other records carry the same hello, and each beginning of them wants more', () => {
    fc.assert(
      fc.property(seed, fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 }), fc.nat(), (bytes, sizes, cut) => {
        const framed = records(bytes.subarray(5), sizes);
        expect(plain(framed)).toEqual(plain(bytes));
        expect(parseClientHello(framed.subarray(0, cut % framed.length)).kind).toBe('more');
      }),
    );
  });

  test('nothing throws and nothing hangs: noise', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (noise) => KINDS.includes(parseClientHello(noise).kind)));
    fc.assert(fc.property(fc.uint8Array({ maxLength: 500 }), (noise) => KINDS.includes(parseClientHello(records(Buffer.concat([Uint8Array.of(1), vector(3, noise)]), [100])).kind)));
  });

  test('nothing throws and nothing hangs: a true hello with wrong bytes in it', () => {
    const spoiled = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(seed, spoiled, (bytes, changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) copy[at % copy.length] = value;
        return KINDS.includes(parseClientHello(copy).kind);
      }),
      { numRuns: 2000 },
    );
  });
});

const KINDS: readonly string[] = ['more', 'hello', 'not-tls', 'malformed'];
