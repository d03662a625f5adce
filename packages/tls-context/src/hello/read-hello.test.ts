import { once } from 'node:events';
import type { AddressInfo, Socket as NodeSocket } from 'node:net';
import { connect as connectNet, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { createSecureContext, connect as connectTls, TLSSocket } from 'node:tls';
import { memoryPair } from '@sock/core/memory';
import { createAuthority } from '@sock/dev-certs';
import { toDuplex } from '@sock/io';
import { bytes, hardReset, leakGuard, rejection, turns, until } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { TlsError } from '../errors.ts';
import type { ClientHello } from './client-hello.ts';
import { parseClientHello } from './client-hello.ts';
import { readHello } from './read-hello.ts';

leakGuard();

const issued = createAuthority().issue({ names: ['localhost'] });
const secureContext = createSecureContext({ cert: issued.chain, key: issued.key });
const endpoint = { host: '127.0.0.1', port: 4711 };
const reader = { endpoint, maxText: 100 };
const soon = { timeout: '5s' } as const;
const EVENTS = ['readable', 'data', 'end', 'close', 'error'] as const;

/** Both ends of a connection. */
interface Wire {
  readonly client: Duplex;
  readonly server: Duplex;
  close(): Promise<void>;
}

async function tcpWire(): Promise<Wire> {
  const listener = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(listener, 'connection') as Promise<[NodeSocket]>;
  const client = connectNet({ port: (listener.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  await once(client, 'connect');
  const [server] = await accepted;
  const close = async (): Promise<void> => {
    client.destroy();
    server.destroy();
    await once(listener.close(), 'close');
  };
  return { client, server, close };
}

function memoryWire(): Promise<Wire> {
  const [left, right] = memoryPair();
  const [client, server] = [toDuplex(left), toDuplex(right)];
  const close = async (): Promise<void> => {
    client.destroy();
    server.destroy();
    await Promise.all([left.closed, right.closed]);
  };
  return Promise.resolve({ client, server, close });
}

/** A stream over `below` that writes one byte at a time. */
function drip(below: Duplex): Duplex {
  const stream = new Duplex({
    read: () => void below.resume(),
    write: (chunk: Buffer, _encoding, done) => {
      void (async () => {
        for (const byte of chunk) {
          below.write(Uint8Array.of(byte));
          await turns(1);
        }
        done();
      })();
    },
    destroy: (error, done) => {
      below.destroy();
      done(error);
    },
  });
  below.on('data', (chunk) => void stream.push(chunk));
  below.on('end', () => void stream.push(null));
  return stream;
}

function listeners(stream: Duplex): number[] {
  return EVENTS.map((event) => stream.listenerCount(event));
}

/** What a client says first. */
async function trueHello(): Promise<Buffer> {
  const { client, server, close } = await memoryWire();
  const tls = connectTls({ socket: client, servername: 'localhost', ALPNProtocols: ['h2'] });
  tls.on('error', () => {});
  server.on('error', () => {});
  await readHello(server, reader, soon);
  const hello = server.read() as Buffer;
  tls.destroy();
  await close();
  return hello;
}

/** Node's own server on the stream, and a word each way. */
async function converse(server: Duplex, client: TLSSocket): Promise<string> {
  const tls = new TLSSocket(server, { isServer: true, secureContext });
  tls.on('error', () => {});
  tls.on('data', (chunk) => void tls.write(chunk));
  client.write('ping');
  const [answer] = (await once(client, 'data')) as [Buffer];
  client.destroy();
  tls.destroy();
  return answer.toString();
}

describe.each([['a TCP socket', tcpWire], ['a duplex in memory', memoryWire]])('on %s', (_what, makeWire) => {
  describe.each(['TLSv1.2', 'TLSv1.3'] as const)('%s', (version) => {
    test.each(['in a piece', 'byte by byte', 'before anybody reads'])('node:tls shakes hands on the stream afterwards: the hello came %s', async (how) => {
      const { client, server, close } = await makeWire();
      server.on('error', () => {});
      client.on('error', () => {});
      const before = listeners(server);
      const tls = connectTls({ socket: how === 'byte by byte' ? drip(client) : client, servername: 'localhost', maxVersion: version, rejectUnauthorized: false });
      tls.on('error', () => {});
      if (how === 'before anybody reads') {
        server.read(0);
        await until(() => server.readableLength > 0, 'the hello waits');
      }
      const hello = await readHello(server, reader, soon);
      expect(hello).toMatchObject({ serverName: 'localhost' });
      expect(hello?.versions.includes('TLSv1.3')).toBe(version === 'TLSv1.3');
      expect(listeners(server)).toEqual(before);
      expect(server.readableLength).toBeGreaterThan(100);
      expect(await converse(server, tls)).toBe('ping');
      await close();
    });
  });

  test('the engine may come later than the answer', async () => {
    const { client, server, close } = await makeWire();
    server.on('error', () => {});
    client.on('error', () => {});
    const tls = connectTls({ socket: client, servername: 'localhost', rejectUnauthorized: false });
    tls.on('error', () => {});
    await readHello(server, reader, soon);
    await turns(20);
    expect(await converse(server, tls)).toBe('ping');
    await close();
  });

  test('a hello with the end right behind it is read, and lies in the stream again', async () => {
    const hello = await trueHello();
    const { client, server, close } = await makeWire();
    client.end(hello);
    server.read(0);
    await turns(20);
    expect(await readHello(server, reader, soon)).toMatchObject({ serverName: 'localhost' });
    expect(server.readableLength).toBe(hello.length);
    expect((server.read() as Buffer).equals(hello)).toBe(true);
    await once(server, 'end');
    await close();
  });

  test.each([
    ['nothing at all', ''],
    ['the beginning of a hello', '\x16\x03\x01\x02'],
  ])('an end after %s is a handshake that was closed', async (_what, sent) => {
    const { client, server, close } = await makeWire();
    const before = listeners(server);
    const reading = rejection<TlsError>(readHello(server, reader, soon));
    client.end(bytes(sent));
    const error = await reading;
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED', kind: 'handshake', category: 'reset', endpoint });
    expect(error.message).toContain('(want-read)');
    expect(listeners(server)).toEqual(before);
    expect(await rejection(readHello(server, reader, soon))).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED' });
    await close();
  });

  test('a time-out and an abort leave no listener', async () => {
    const { client, server, close } = await makeWire();
    const before = listeners(server);
    const late = await rejection<TlsError>(readHello(server, reader, { timeout: 30 }));
    expect(late).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_TIMEOUT', kind: 'handshake', phase: 'handshake', category: 'timeout', retryable: true });
    expect(late.message).toContain('"want-read"');
    const controller = new AbortController();
    const aborted = rejection(readHello(server, reader, { signal: controller.signal }));
    client.write(Uint8Array.of(22, 3));
    await turns(5);
    controller.abort();
    expect(await aborted).toMatchObject({ code: 'ERR_SOCK_ABORTED', phase: 'handshake' });
    expect(listeners(server)).toEqual(before);
    await close();
  });
});

test('a connection that is reset is told as one', async () => {
  const { client, server, close } = await tcpWire();
  const reading = rejection(readHello(server, reader, soon));
  hardReset(client as NodeSocket);
  expect(await reading).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_RESET', kind: 'handshake', cause: { code: 'ECONNRESET' } });
  expect(await rejection(readHello(server, reader, soon))).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_RESET' });
  await close();
});

describe('what is no TLS is named', () => {
  test.each([
    ['GET / HTTP/1.1\r\n', 'speaks plain HTTP; it must connect with https, or this port must not be TLS (its first bytes: "GET / HTTP/1.1\\r\\n")'],
    ['SSH-2.0-OpenSSH_9.6\r\n', 'speaks SSH'],
    ['EHLO mail.example.test\r\n', 'speaks plain SMTP'],
    ['PROXY TCP4 127.0.0.1', 'PROXY protocol header; read the header before the upgrade'],
    ['\r\n\r\n\0\r\nQUIT\n\x21', 'PROXY protocol header'],
    ['hello\n', 'does not speak TLS; is this a TLS port, or should the connection be upgraded first (STARTTLS)? (its first bytes: "hello\\n")'],
    ['\x00\x1b[2J', '(its first bytes: 00 1b 5b 32 4a)'],
    ['\x16\x02\x01', '(its first bytes: 16 02 01)'],
  ])('%j', async (sent, words) => {
    const { client, server, close } = await memoryWire();
    client.write(Buffer.from(sent, 'latin1'));
    const error = await rejection<TlsError>(readHello(server, reader, soon));
    expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_NOT_TLS', kind: 'handshake', phase: 'handshake', category: 'protocol', endpoint });
    expect(error.message).toContain('the peer at 127.0.0.1:4711 ');
    expect(error.message).toContain(words);
    await close();
  });
});

test('a hello that cannot be read goes to the engine as it came', async () => {
  const { client, server, close } = await memoryWire();
  const sent = Buffer.from([22, 3, 1, 0, 4, 1, 0, 0, 0]);
  client.write(sent);
  expect(await readHello(server, reader, soon)).toBeUndefined();
  expect((server.read() as Buffer).equals(sent)).toBe(true);
  await close();
});

test('any split into reads gives the same hello, and every byte back in order', async () => {
  const hello = await trueHello();
  const expected = parseClientHello(hello) as { hello: ClientHello };
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(hello.length), { maxLength: 10 }), fc.boolean(), async (cuts, more) => {
      const sent = more ? Buffer.concat([hello, Buffer.from('more')]) : hello;
      const stream = new Duplex({ read: () => {}, write: () => {} });
      const reading = readHello(stream, reader, soon);
      const ends = [...new Set([...cuts, sent.length])].toSorted((a, b) => a - b);
      let at = 0;
      for (const end of ends) {
        if (end > at) stream.push(sent.subarray(at, end));
        at = end;
        await turns(1);
      }
      expect(await reading).toEqual(expected.hello);
      expect((stream.read() as Buffer).equals(sent)).toBe(true);
      expect(listeners(stream)).toEqual([0, 0, 0, 0, 0]);
      stream.destroy();
    }),
    { numRuns: 50 },
  );
});

test('64 KiB in records of one byte, each in a read of its own, cost no more than their number', async () => {
  const stream = new Duplex({ read: () => {}, write: () => {} });
  const message = Buffer.alloc(4 + 60_000);
  message.writeUInt32BE(0x0100_0000 + 60_000, 0);
  const startedAt = performance.now();
  const reading = readHello(stream, reader, { timeout: '20s' });
  for (const [index, byte] of message.entries()) {
    stream.push(Uint8Array.of(22, 3, 1, 0, 1, byte));
    stream.emit('readable');
    if (index % 10_000 === 0) await turns(1);
  }
  expect(await reading).toBeUndefined();
  expect(stream.readableLength).toBe(6 * message.length);
  // About 300 ms. Looked at from the start each time, it is 18 seconds.
  expect(performance.now() - startedAt).toBeLessThan(4000);
  stream.destroy();
});
