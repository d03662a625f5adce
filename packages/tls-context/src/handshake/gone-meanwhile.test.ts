import { EventEmitter, once } from 'node:events';
import type { AddressInfo, Socket as NodeSocket } from 'node:net';
import { connect as dial, createServer } from 'node:net';
import { connect } from 'node:tls';
import { PassThrough } from 'node:stream';
import type { InfoKey } from '@sock/core';
import { Socket } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import type { NodeDuplex } from '@sock/io';
import { DuplexTransport, NODE_DUPLEX, tcp } from '@sock/io';
import { hardReset, leakGuard, rejection, turns, until } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { serving } from '../context/serving.test-d.ts';
import type { ServerContextOptions, TlsError } from '../index.ts';
import { createClientContext, createServerContext } from '../index.ts';

leakGuard();

const authority = createAuthority();
const issued = authority.issue({ names: ['localhost'] });
const worker = authority.issue({ usage: 'client', commonName: 'worker' });

type Leave = 'closed' | 'reset';
const LEAVE: Readonly<Record<Leave, (raw: NodeSocket) => void>> = { closed: (raw) => void raw.end(), reset: hardReset };
const CODES: Readonly<Record<Leave, string>> = { closed: 'ERR_SOCK_TLS_HANDSHAKE_CLOSED', reset: 'ERR_SOCK_TLS_HANDSHAKE_RESET' };

/** What a server says of a client that leaves while `options` make up their minds; `decide` lets them. */
async function abandoned(leave: Leave, options: (deciding: () => Promise<void>) => Partial<ServerContextOptions>, version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3'): Promise<{ error: TlsError; decided: boolean }> {
  const moments = new EventEmitter();
  const asked = once(moments, 'asked');
  const deciding = async (): Promise<void> => {
    moments.emit('asked');
    await once(moments, 'answer');
  };
  let decided = false;
  let error: TlsError | undefined;
  await serving(createServerContext({ cert: issued.chain, key: issued.key, ...options(deciding) }), async ({ port, errors }) => {
    const raw = dial(port, '127.0.0.1');
    raw.on('error', () => {});
    const client = connect({ socket: raw, ca: authority.ca, servername: 'localhost', ALPNProtocols: ['h2'], cert: worker.chain, key: worker.key, minVersion: version, maxVersion: version });
    client.on('error', () => {});
    await asked;
    // What is on its way arrives: a reset that stands behind unread bytes is reported as an end.
    await turns(50);
    LEAVE[leave](raw);
    await turns(50);
    // What breaks off is heard at once; an end stands behind the bytes that nobody reads yet.
    if (leave === 'reset') await until(() => errors.length > 0, 'the server hears of the reset', 200).catch(() => {});
    decided = errors.length > 0;
    moments.emit('answer');
    await until(() => errors.length > 0, 'the server gives the client up');
    error = errors[0];
  });
  return { error: error as TlsError, decided };
}

describe.each(['closed', 'reset'] as const)('a client that %s the connection', (leave) => {
  test.each([
    ['onClientHello', (deciding: () => Promise<void>) => ({ onClientHello: async (): Promise<undefined> => (await deciding(), undefined) })],
    ['alpn', (deciding: () => Promise<void>) => ({ alpn: async (): Promise<string> => (await deciding(), 'h2') })],
  ])('while %s decides is given up long before the time of the handshake is over', async (_what, options) => {
    const { error, decided } = await abandoned(leave, options);
    expect(error).toMatchObject({ code: CODES[leave], phase: 'handshake' });
    expect(error.message).toContain(leave);
    if (leave === 'reset') expect(decided, 'it holds its place among the handshakes no longer').toBe(true);
  });

  test('while the store looks for a session is told so by the client', async () => {
    const server = createServer((raw) => {
      raw.on('error', () => {});
      raw.resume();
      server.once('leave', () => LEAVE[leave](raw));
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const plain = await tcp().connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port });
    const take = async (): Promise<undefined> => {
      server.emit('leave');
      await turns(50);
    };
    const store = { take, put: () => {}, forget: () => {} };
    const error = await rejection(plain.upgrade(createClientContext({ ca: authority.ca, sessions: { store } }), { serverName: 'localhost' }));
    expect(error).toMatchObject({ code: CODES[leave], phase: 'handshake' });
    server.close();
  });
});

test('a stream that a transport of others hands out, and nobody listens to, may break while the store looks for a session', async () => {
  const stream = new PassThrough();
  class Lending extends DuplexTransport {
    override get<T>(key: InfoKey<T>): T | undefined {
      const fact: NodeDuplex = { take: () => stream, follow: () => {}, abort: undefined };
      return key.symbol === NODE_DUPLEX.symbol ? (fact as T) : undefined;
    }
  }
  const plain = new Socket(new Lending(new PassThrough()));
  const take = async (): Promise<undefined> => {
    stream.destroy(new Error('broke off'));
    await turns(10);
  };
  const context = createClientContext({ ca: authority.ca, sessions: { store: { take, put: () => {}, forget: () => {} } } });
  expect(await rejection(plain.upgrade(context, 'localhost'))).toMatchObject({ phase: 'handshake', cause: { message: 'broke off' } });
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)('a client that breaks off while it is verified is a typed failure: %s', async (version) => {
  const { error } = await abandoned('reset', (deciding) => ({ ca: authority.ca, verifyPeer: deciding }), version);
  expect(error).toMatchObject({ code: 'ERR_SOCK_TLS_HANDSHAKE_RESET', phase: 'handshake' });
  expect(error.message).toContain('reset the connection during the TLS handshake');
});
