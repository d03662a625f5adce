import type { Connector, Socket as ByteSocket, TcpEndpoint, Upgrade } from '@sock/core';
import { isSocketError, Socket, upgradeConnector } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { bytes, leakGuard, rejection, text, turns } from '@sock/testkit';
import { expect, test } from 'vitest';
import { tcp } from '../connectors.ts';
import { listen } from '../listen.ts';
import type { Bindings, SecureLayer, SecureTarget } from './bind.ts';
import { bind, connect } from './bind.ts';
import { SocketError } from './socket-error.ts';

leakGuard();

/** Answers with one side of a pair in memory, and keeps what it was asked. */
function memoryDial(): { connector: Connector<TcpEndpoint>; peer: ByteSocket; asked: TcpEndpoint[] } {
  const [own, peer] = memoryPair();
  const asked: TcpEndpoint[] = [];
  return { peer, asked, connector: { key: () => 'memory', connect: async (target) => (asked.push(target), own) } };
}

/** A layer that changes nothing and keeps whom it was to expect. */
function layer(more: Partial<SecureLayer> = {}): { upgrade: SecureLayer; expected: SecureTarget[] } {
  const expected: SecureTarget[] = [];
  const through: Upgrade<SecureTarget>['upgrade'] = async (socket, target, cancel) => {
    const { transport, unread, limits } = await socket.detach(cancel);
    expected.push(target);
    return new Socket(transport, { ...limits, unread });
  };
  return { expected, upgrade: { name: 'through', key: ({ serverName }) => serverName, upgrade: through, ...more } };
}

function cause(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(SocketError);
    return (error as SocketError).cause;
  }
  throw new Error('nothing was thrown');
}

test('a binding object dials by its connector', async () => {
  const { connector, peer, asked } = memoryDial();
  const socket = bind({ connector }).connect({ hostname: 'Example.test', port: 7 });
  await socket.opened;
  expect(asked).toEqual([{ host: 'example.test', port: 7 }]);
  await socket.writable.getWriter().write('hello');
  expect(text(await peer.recvExactly(5))).toBe('hello');
  peer.destroy();
  await socket.close();
});

test('connect may be taken off its object', async () => {
  const { connector, peer } = memoryDial();
  const { connect } = bind({ connector });
  const socket = connect('example.test:7');
  expect((await socket.opened).alpn).toBeNull();
  peer.destroy();
  await socket.close();
});

test('a connector of two layers, as upgradeConnector makes it, serves as well', async () => {
  await using listener = await listen('127.0.0.1:0');
  const { upgrade, expected } = layer();
  const below: Connector<TcpEndpoint> = upgradeConnector<TcpEndpoint>(tcp(), { ...upgrade, key: () => '', upgrade: (socket, { host }, cancel) => upgrade.upgrade(socket, { serverName: `proxy of ${host}` }, cancel) });
  const { port } = listener.endpoint as TcpEndpoint;
  const socket = bind({ connector: below }).connect(`127.0.0.1:${port}`);
  const peer = await listener.accept();
  expect(await socket.opened).toMatchObject({ remoteAddress: `127.0.0.1:${port}` });
  expect(expected).toEqual([{ serverName: 'proxy of 127.0.0.1' }]);
  peer.destroy();
  await socket.close();
});

test.each(['on', 'starttls'] as const)('%s without a layer is refused, and says what to do', (secureTransport) => {
  expect(cause(() => connect('localhost:1', { secureTransport }))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringMatching(/bind\(\{ upgrade \}\)/) as string });
});

test('an option of bind that does not exist is refused by name', () => {
  expect(cause(() => bind({ upgrad: layer().upgrade } as Bindings))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringMatching(/^upgrad: bind\(\) has no such option/) as string });
  expect(cause(() => bind({ secureTransport: 'tls' as 'on' }))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringMatching(/secureTransport: "tls"/) as string });
});

test('members of SocketOptions that the text does not know are ignored', async () => {
  const { connector, peer } = memoryDial();
  const socket = bind({ connector }).connect('localhost:1', { highWaterMark: 3 } as object);
  expect((await socket.opened).alpn).toBeNull();
  peer.destroy();
  await socket.close();
});

test('the default of a binding object holds where connect does not say, and only there', async () => {
  for (const { secureTransport, expects } of [{ secureTransport: undefined, expects: 1 }, { secureTransport: 'off' as const, expects: 0 }]) {
    const { connector, peer } = memoryDial();
    const { upgrade, expected } = layer();
    const socket = bind({ connector, upgrade, secureTransport: 'on' }).connect('example.test:7', { secureTransport });
    expect(socket.secureTransport).toBe(secureTransport ?? 'on');
    await socket.opened;
    expect(expected).toHaveLength(expects);
    peer.destroy();
    await socket.close();
  }
});

test('the layer expects the host that was dialled, or the name that sni gives', async () => {
  const { upgrade, expected } = layer();
  for (const sni of [undefined, 'other.test']) {
    const { connector, peer } = memoryDial();
    const socket = bind({ connector, upgrade }).connect('example.test:7', { secureTransport: 'on', sni });
    await socket.opened;
    peer.destroy();
    await socket.close();
  }
  expect(expected).toEqual([{ serverName: 'example.test' }, { serverName: 'other.test' }]);
});

test('sni is refused where the layer would not look at it', () => {
  const { upgrade } = layer({ key: () => 'one name, always' });
  expect(cause(() => bind({ upgrade }).connect('localhost:1', { secureTransport: 'on', sni: 'a.test' }))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringMatching(/^sni: .*"through".* expects one name/) as string });
});

test('alpn is refused where the layer cannot offer it, and else is offered by that connection alone', async () => {
  const { upgrade: silent } = layer();
  const options = { secureTransport: 'on', alpn: ['h2', 'http/1.1'] } as const;
  expect(cause(() => bind({ upgrade: silent }).connect('localhost:1', options))).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', message: expect.stringMatching(/^alpn: .*"through"/) as string });

  const offered: (readonly string[])[] = [];
  const { upgrade } = layer({ offering: (protocols) => (offered.push(protocols), silent), agreed: () => 'h2' });
  const { connector, peer } = memoryDial();
  const socket = bind({ connector, upgrade }).connect('localhost:1', options);
  expect((await socket.opened).alpn).toBe('h2');
  expect(offered).toEqual([['h2', 'http/1.1']]);
  peer.destroy();
  await socket.close();
});

test('what a layer throws while it is asked for protocols is a SocketError at once', () => {
  const { upgrade } = layer({ offering: () => { throw new RangeError('too many'); } });
  expect(cause(() => bind({ upgrade }).connect('localhost:1', { secureTransport: 'on', alpn: ['h2'] }))).toBeInstanceOf(RangeError);
});

test('a connection that comes after close(), from a connector that looks at no signal, is destroyed', async () => {
  const [own, peer] = memoryPair();
  let arrive!: (socket: ByteSocket) => void;
  const connector: Connector<TcpEndpoint> = { key: () => '', connect: () => new Promise((resolve) => (arrive = resolve)) };
  const socket = bind({ connector }).connect('localhost:1');
  await socket.close('never mind');
  arrive(own);
  expect((await peer.closed).how).not.toBe('local');
  expect(await rejection(socket.opened)).toBe('never mind');
});

test('a failure of dialling is the cause, typed; what a connector throws at once, too', async () => {
  for (const connector of [
    { key: () => '', connect: () => Promise.reject(new Error('no way')) },
    { key: () => '', connect: () => { throw new Error('no way'); } },
  ] satisfies Connector<TcpEndpoint>[]) {
    const error = await rejection<SocketError>(bind({ connector }).connect('localhost:1').opened);
    expect(error.message).toBe('SocketError: no way');
    expect(error.cause).toMatchObject({ message: 'no way' });
  }
  await using listener = await listen('127.0.0.1:0');
  const { endpoint } = listener;
  await listener.close();
  const { cause } = await rejection<SocketError>(connect(`127.0.0.1:${(endpoint as TcpEndpoint).port}`).closed);
  expect(isSocketError(cause, 'ERR_SOCK_REFUSED')).toBe(true);
});

test('SocketInfo brackets IPv6 addresses', async () => {
  await using listener = await listen('[::1]:0');
  const { port } = listener.endpoint as TcpEndpoint;
  for (const hostname of ['::1', '[::1]']) {
    const socket = connect({ hostname, port });
    const peer = await listener.accept();
    const info = await socket.opened;
    expect(info.remoteAddress).toBe(`[::1]:${port}`);
    expect(info.localAddress).toMatch(/^\[::1\]:\d+$/);
    peer.destroy();
    await socket.close();
  }
});

test('startTls puts bytes that came, and that nobody had read, back for the layer to judge', async () => {
  const { connector, peer } = memoryDial();
  const judged: string[] = [];
  const { upgrade } = layer({
    upgrade: async (socket) => {
      const { transport, unread } = await socket.detach();
      judged.push(unread.map((chunk) => text(chunk)).join(''));
      return new Socket(transport);
    },
  });
  const socket = bind({ connector, upgrade }).connect('localhost:1', { secureTransport: 'starttls' });
  await socket.opened;
  const reader = socket.readable.getReader();
  const reading = rejection(reader.read());
  await turns(2);
  // Its read is under way and its reader goes: what comes then waits in the stream.
  reader.releaseLock();
  await reading;
  await peer.send(bytes('in the stream, '));
  await turns(5);
  await peer.send(bytes('in the socket'));
  await turns(5);
  const secure = socket.startTls();
  await secure.opened;
  expect(judged).toEqual(['in the stream, in the socket']);
  peer.destroy();
  await secure.close();
});

test('closing the socket that startTls gave ends a dial that still goes on', async () => {
  const { upgrade } = layer();
  let signal: AbortSignal | undefined;
  const connector: Connector<TcpEndpoint> = {
    key: () => '',
    connect: (_target, cancel) => new Promise((_resolve, reject) => {
      ({ signal } = cancel ?? {});
      signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
    }),
  };
  const old = bind({ connector, upgrade }).connect('localhost:1', { secureTransport: 'starttls' });
  const secure = old.startTls();
  await secure.close('enough');
  expect(signal?.aborted).toBe(true);
  expect(await rejection(secure.opened)).toBe('enough');
  expect((await rejection<Error>(old.opened)).message).toBe('SocketError: aborted');
  expect(await old.closed).toBeUndefined();
});
