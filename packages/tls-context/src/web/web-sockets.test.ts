import type { Socket as ByteSocket, TcpEndpoint } from '@sock/core';
import { isSocketError, upgradeListener } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import { listen } from '@sock/io';
import type { Socket, SocketOptions } from '@sock/io/web';
import { bind, SocketError } from '@sock/io/web';
import { leakGuard, rejection, text } from '@sock/testkit';
import { expect, test } from 'vitest';
import { createClientContext } from '../context/client-context.ts';
import { createServerContext } from '../context/server-context.ts';
import { TLS_INFO } from '../info.ts';
import { webSockets } from './web-sockets.ts';

leakGuard();

const authority = createAuthority();
const { chain, key, ca } = authority.issue({ names: ['localhost', 'second.test'] });
const server = createServerContext({ cert: chain, key, alpn: ['h2', 'http/1.1'] });

/** Connects to a server of its own, tells both sides, and closes them. */
async function meet<T>(connect: (address: string, options?: SocketOptions) => Socket, options: SocketOptions | undefined, look: (socket: Socket, peer: ByteSocket) => Promise<T>): Promise<T> {
  const plain = await listen('127.0.0.1:0');
  await using listener = upgradeListener(plain, server);
  const socket = connect(`localhost:${(plain.endpoint as TcpEndpoint).port}`, options);
  const peer = await listener.accept();
  try {
    return await look(socket, peer);
  } finally {
    peer.destroy();
    await socket.close();
  }
}

const alpnOf = async (socket: Socket): Promise<string | null> => (await socket.opened).alpn;

function refusal(call: () => unknown): SocketError {
  try {
    call();
  } catch (error) {
    expect(error).toBeInstanceOf(SocketError);
    return error as SocketError;
  }
  throw new Error('nothing was thrown');
}

test('a context is a binding object: connect speaks TLS without being told', async () => {
  await meet(webSockets(createClientContext({ ca })).connect, undefined, async (socket, peer) => {
    expect(socket.secureTransport).toBe('on');
    await socket.writable.getWriter().write('hidden');
    expect(text(await peer.recvExactly(6))).toBe('hidden');
    expect(peer.get(TLS_INFO)?.serverName).toBe('localhost');
  });
});

test('a context serves bind() of @sock/io/web as it is', async () => {
  await meet(bind({ upgrade: createClientContext({ ca }) }).connect, { secureTransport: 'on', sni: 'second.test' }, async (socket, peer) => {
    await socket.opened;
    expect(peer.get(TLS_INFO)?.serverName).toBe('second.test');
  });
});

test('the protocol that the context itself offers is told', async () => {
  expect(await meet(webSockets(createClientContext({ ca, alpn: ['http/1.1'] })).connect, undefined, alpnOf)).toBe('http/1.1');
  expect(await meet(webSockets(createClientContext({ ca })).connect, undefined, alpnOf)).toBeNull();
});

test('alpn is offered by one connection and by no other', async () => {
  const { connect } = webSockets({ ca });
  expect(await meet(connect, { alpn: ['http/1.1'] }, alpnOf)).toBe('http/1.1');
  expect(await meet(connect, { alpn: ['h2', 'http/1.1'] }, alpnOf)).toBe('h2');
  expect(await meet(connect, undefined, alpnOf)).toBeNull();
});

test('a session of connections that offered other protocols is not resumed', async () => {
  const { connect } = webSockets({ ca });
  const plain = await listen('127.0.0.1:0');
  await using listener = upgradeListener(plain, server);
  const resumed = async (alpn: readonly string[]): Promise<boolean | undefined> => {
    const socket = connect(`localhost:${(plain.endpoint as TcpEndpoint).port}`, { alpn });
    const peer = await listener.accept();
    // The ticket comes with the first bytes.
    await peer.send(Uint8Array.of(1));
    await socket.readable.getReader().read();
    const answer = peer.get(TLS_INFO)?.resumed;
    peer.destroy();
    await socket.close();
    return answer;
  };
  expect(await resumed(['h2'])).toBe(false);
  expect(await resumed(['http/1.1'])).toBe(false);
  expect(await resumed(['h2'])).toBe(true);
});

test('a list of protocols that TLS cannot send is refused at once, typed', () => {
  const { cause } = refusal(() => webSockets({ ca }).connect('localhost:1', { alpn: ['x'.repeat(256)] }));
  expect(isSocketError(cause, 'ERR_SOCK_TLS_OPTION')).toBe(true);
});

test('given a context, alpn is offered as well, and its updates are followed', async () => {
  const context = createClientContext({ ca: createAuthority().issue({ names: ['localhost'] }).ca });
  const { connect } = webSockets(context);
  context.update({ ca });
  expect(await meet(connect, { alpn: ['http/1.1'] }, alpnOf)).toBe('http/1.1');
  expect(await meet(connect, undefined, alpnOf)).toBeNull();
});

test('sni is refused by a context that expects one name, whatever is dialled', () => {
  const { connect } = webSockets(createClientContext({ ca, serverName: 'localhost' }));
  expect(refusal(() => connect('localhost:1', { sni: 'second.test' })).message).toMatch(/^SocketError: sni: /);
});

test('a server that is not trusted fails opened and closed, with the verdict as the cause', async () => {
  const { connect } = webSockets({ ca: createAuthority().issue({ names: ['localhost'] }).ca });
  const plain = await listen('127.0.0.1:0');
  await using listener = upgradeListener(plain, server);
  void listener.accept().catch(() => {});
  const socket = connect(`localhost:${(plain.endpoint as TcpEndpoint).port}`);
  const error = await rejection<SocketError>(socket.opened);
  expect(error.cause).toMatchObject({ name: 'TlsError', phase: 'verify' });
  expect(await rejection(socket.closed)).toBe(error);
});

test('material that is wrong is an error when the binding object is made', () => {
  expect(() => webSockets({ ca, cert: chain })).toThrow(/cert and key are given together/);
});

test('a context that was disposed of refuses connections, and updates are followed', async () => {
  const context = createClientContext({ ca });
  const { connect } = webSockets(context);
  context.update({ alpn: ['h2'] });
  expect(await meet(connect, undefined, alpnOf)).toBe('h2');
  context.dispose();
  const plain = await listen('127.0.0.1:0');
  const error = await rejection<SocketError>(connect(`localhost:${(plain.endpoint as TcpEndpoint).port}`).opened);
  expect(isSocketError(error.cause, 'ERR_SOCK_TLS_DISPOSED')).toBe(true);
  await plain.close();
});
