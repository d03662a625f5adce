import { fullBacklog, leakGuard, leftBehind, openHandles, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from './connect.ts';
import { tcp, unix } from './connectors.ts';
import type { ConnectError } from './dial/connect-error.ts';
import { listen } from './listen.ts';
import type { NodeListener } from './listen.ts';
import { addressPolicy, denyPrivate } from './policy/create-policy.ts';

leakGuard();

const portOf = (listener: NodeListener): number => (listener.endpoint as { port: number }).port;
const resolvesTo = (...addresses: string[]) => async (): Promise<string[]> => addresses;

describe('a silent address', () => {
  test('costs attemptDelay, not its connectTimeout; the winner leaves nothing of it behind', async () => {
    await using silent = await fullBacklog();
    await using listener = await listen({ host: '127.0.0.3', port: silent.port });
    const before = openHandles();
    const begun = performance.now();
    const socket = await connect({ host: 'some.name', port: silent.port }, { attemptDelay: '30ms', lookup: resolvesTo('127.0.0.1', '127.0.0.3') });
    const took = performance.now() - begun;
    expect(took).toBeGreaterThan(25);
    expect(took).toBeLessThan(1000);
    expect(socket.remote).toEqual({ host: '127.0.0.3', port: silent.port });
    const accepted = await listener.accept();
    accepted.destroy();
    socket.destroy();
    await Promise.all([accepted.closed, socket.closed]);
    expect(await leftBehind(before)).toBe('');
  });

  test('by default costs 250 ms', async () => {
    await using silent = await fullBacklog();
    await using listener = await listen({ host: '127.0.0.3', port: silent.port });
    const begun = performance.now();
    const socket = await connect({ host: 'some.name', port: silent.port }, { lookup: resolvesTo('127.0.0.1', '127.0.0.3') });
    const took = performance.now() - begun;
    expect(took).toBeGreaterThan(240);
    expect(took).toBeLessThan(1500);
    (await listener.accept()).destroy();
    socket.destroy();
  });

  test('holds up the next one with maxAttempts 1, until connectTimeout; the error has both', async () => {
    await using silent = await fullBacklog();
    const error = await rejection<ConnectError>(connect({ host: 'some.name', port: silent.port }, {
      attemptDelay: '10ms', maxAttempts: 1, connectTimeout: '80ms', lookup: resolvesTo('127.0.0.1', '127.0.0.2'),
    }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_REFUSED', attempts: [{ address: '127.0.0.1', family: 4, code: 'ERR_SOCK_TIMEOUT' }, { address: '127.0.0.2', family: 4, code: 'ERR_SOCK_REFUSED' }] });
    expect(error.attempts[0]?.ms).toBeGreaterThan(75);
  });

  test('of one family does not hold up the other: families take turns', async () => {
    await using silent = await fullBacklog();
    await using listener = await listen({ host: '::1', port: silent.port });
    const socket = await connect({ host: 'some.name', port: silent.port }, { attemptDelay: '10ms', maxAttempts: 2, lookup: resolvesTo('127.0.0.1', '127.0.0.1', '127.0.0.1', '::1') });
    expect(socket.remote).toEqual({ host: '::1', port: silent.port });
    (await listener.accept()).destroy();
    socket.destroy();
  });
});

test('a name with one address tells its attempt, too', async () => {
  let port: number;
  {
    await using listener = await listen('127.0.0.1:0');
    port = portOf(listener);
  }
  expect(await rejection(connect({ host: '127.0.0.1', port }))).toMatchObject({
    name: 'SocketError', code: 'ERR_SOCK_REFUSED', cause: { code: 'ECONNREFUSED' }, attempts: [{ address: '127.0.0.1', family: 4, code: 'ERR_SOCK_REFUSED' }],
  });
});

test.each([[{ attemptDelay: '9ms' }, 'attemptDelay'], [{ maxAttempts: 0 }, 'maxAttempts'], [{ maxAttempts: 11 }, 'maxAttempts']] as const)('%j is refused', async (options, name) => {
  const error = await rejection(connect('127.0.0.1:1', options));
  expect(error.code).toBe('ERR_SOCK_CONFIG');
  expect(error.message).toContain(name);
});

describe('where it is dialled from', () => {
  test('localPort is the port that the peer sees', async () => {
    await using listener = await listen('127.0.0.1:0');
    let localPort: number;
    {
      await using other = await listen('127.0.0.1:0');
      localPort = portOf(other);
    }
    const socket = await connect(listener.endpoint, { localPort });
    const accepted = await listener.accept();
    expect(accepted.remote).toEqual({ host: '127.0.0.1', port: localPort });
    accepted.destroy();
    socket.destroy();
  });

  test('localAddress leaves out the addresses of the other family', async () => {
    await using listener = await listen('127.0.0.1:0');
    const target = { host: 'some.name', port: portOf(listener) };
    const socket = await connect(target, { localAddress: '127.0.0.9', lookup: resolvesTo('::1', '127.0.0.1') });
    const accepted = await listener.accept();
    expect(accepted.remote).toMatchObject({ host: '127.0.0.9' });
    accepted.destroy();
    socket.destroy();
    const error = await rejection(connect(target, { localAddress: '127.0.0.9', lookup: resolvesTo('::1') }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', category: 'usage' });
    expect(error.message).toContain('another family');
  });

  test.each([0, 65_536, 1.5, NaN])('localPort %d is refused', async (localPort) => {
    const error = await rejection(connect('127.0.0.1:1', { localPort }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_ARGUMENT', category: 'usage' });
    expect(error.message).toContain(`localPort ${localPort}`);
  });
});

describe('an address policy', () => {
  test.each(['127.0.0.1', 'some.name'])('denies %s before anything is dialled, and names address and rule', async (host) => {
    await using listener = await listen('127.0.0.1:0');
    const target = { host, port: portOf(listener) };
    const lookup = resolvesTo('127.0.0.1');
    const error = await rejection(connect(target, { lookup, policy: denyPrivate() }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_ADDRESS_DENIED', phase: 'connect', category: 'access', endpoint: target, address: '127.0.0.1', rule: 'loopback 127.0.0.0/8' });
    const socket = await connect(target, { lookup, policy: denyPrivate({ except: ['loopback'] }) });
    await listener.accept().then((accepted) => accepted.destroy());
    expect(listener.stats.accepted).toBe(1);
    socket.destroy();
  });

  test('denies an IPv4 address in IPv6\'s clothes', async () => {
    await using listener = await listen('[::]:0');
    const target = { host: '::ffff:127.0.0.1', port: portOf(listener) };
    expect(await rejection(connect(target, { policy: denyPrivate() }))).toMatchObject({ code: 'ERR_SOCK_ADDRESS_DENIED', rule: 'loopback 127.0.0.0/8' });
    const socket = await connect(target);
    (await listener.accept()).destroy();
    socket.destroy();
  });

  test('judges every address of a race: the denied ones are told, the others dialled', async () => {
    await using listener = await listen('127.0.0.3:0');
    const target = { host: 'some.name', port: portOf(listener) };
    const policy = addressPolicy({ deny: ['127.0.0.1', '127.0.0.2'] });
    const socket = await connect(target, { policy, lookup: resolvesTo('127.0.0.1', '127.0.0.2', '127.0.0.3') });
    expect(socket.remote).toEqual({ host: '127.0.0.3', port: target.port });
    (await listener.accept()).destroy();
    socket.destroy();
    const error = await rejection<ConnectError>(connect(target, { policy, lookup: resolvesTo('127.0.0.4', '127.0.0.1') }));
    expect(error).toMatchObject({ code: 'ERR_SOCK_REFUSED', attempts: [{ address: '127.0.0.1', code: 'ERR_SOCK_ADDRESS_DENIED', ms: 0 }, { address: '127.0.0.4', code: 'ERR_SOCK_REFUSED' }] });
  });

  test('denies Unix sockets unless it names them', async () => {
    await using listener = await listen('unix:@sock-policy-dial');
    expect(await rejection(connect(listener.endpoint, { policy: denyPrivate() }))).toMatchObject({ code: 'ERR_SOCK_ADDRESS_DENIED', address: 'unix:@sock-policy-dial', rule: 'unix' });
    expect((await rejection(unix({ policy: addressPolicy({ allow: ['127.0.0.1'] }) }).connect(listener.endpoint))).code).toBe('ERR_SOCK_ADDRESS_DENIED');
    const socket = await connect(listener.endpoint, { policy: denyPrivate({ except: ['unix'] }) });
    (await listener.accept()).destroy();
    socket.destroy();
  });

  test('holds in a connector as well, and is a part of its key', async () => {
    const target = 'localhost:80';
    expect((await rejection(tcp({ policy: denyPrivate() }).connect(target))).code).toBe('ERR_SOCK_ADDRESS_DENIED');
    const keys = [tcp(), tcp({ policy: denyPrivate() }), tcp({ policy: denyPrivate({ except: ['loopback'] }) }), tcp({ localPort: 7 }), tcp({ localAddress: '127.0.0.1', localPort: 7 })].map((connector) => connector.key(target));
    expect(new Set(keys).size).toBe(keys.length);
  });
});
