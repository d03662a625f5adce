import { leakGuard, rejection, turns } from '@sock/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AcceptQueue } from '../accept-queue.ts';
import type { Cancel, Listener, Upgrade } from '../connector.ts';
import type { Endpoint } from '../endpoint.ts';
import { memoryTransportPair } from '../memory-pair.ts';
import { Socket } from '../socket.ts';
import type { CloseReason, Transport } from '../transport.ts';
import { addressKey } from './address-key.ts';
import type { AdmissionError } from './admission-error.ts';
import type { AdmitOptions } from './admit.ts';
import { admit } from './admit.ts';

leakGuard();

/** A listener in memory whose peers have the addresses that the test says. */
class FakeListener implements Listener {
  readonly endpoint: Endpoint = { host: '127.0.0.1', port: 1 };
  readonly closed: Promise<CloseReason>;
  readonly #queue = new AcceptQueue<Socket>(1000, () => this.endpoint);
  #resolve: (reason: CloseReason) => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => (this.#resolve = resolve));
  }

  /** A peer connects; answers with its end. */
  arrive(remote: Endpoint = { host: '192.0.2.1', port: 5 }): Socket {
    const [near, far] = memoryTransportPair();
    this.#queue.offer(new Socket(from(near, remote)));
    return new Socket(far);
  }

  accept(cancel?: Cancel): Promise<Socket> {
    return this.#queue.accept(cancel);
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    return this.#queue[Symbol.asyncIterator]();
  }

  destroy(): void {
    for (const socket of this.#queue.close()) socket.destroy();
    this.#resolve({ how: 'local' });
  }

  async close(): Promise<void> {
    this.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.destroy();
  }
}

function from(transport: Transport, remote: Endpoint): Transport {
  return new Proxy(transport, {
    get: (target, name) => {
      if (name === 'remote') return remote;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const layer: Upgrade<Endpoint | undefined> = {
  name: 'layer',
  key: () => '',
  upgrade: async (socket) => {
    const { transport, unread, limits } = await socket.detach();
    return new Socket(transport, { ...limits, unread });
  },
};

const NOTHING = { maxConnections: 0, maxPerAddress: 0, rate: 0 };

describe('a place', () => {
  test('is given back by the close of the connection, whoever closed it, and by nothing else', async () => {
    const below = new FakeListener();
    const listener = admit(below, { maxConnections: 2, maxPerAddress: 2 });
    const peers = [below.arrive(), below.arrive()];
    const first = await listener.accept();
    const second = await listener.accept();
    expect(listener.stats).toEqual({ admitted: 2, open: 2, addresses: 1, refused: NOTHING });
    await first.shutdown();
    await turns(1);
    expect(listener.stats.open).toBe(2);
    first.destroy();
    await first.closed;
    expect(listener.stats).toMatchObject({ open: 1, addresses: 1 });
    peers[1]?.destroy();
    await second.closed;
    expect(listener.stats).toEqual({ admitted: 2, open: 0, addresses: 0, refused: NOTHING });
  });

  test('is kept by a layer that takes the connection over, until that one closes', async () => {
    const below = new FakeListener();
    const listener = admit(below, { maxConnections: 1 });
    const peer = below.arrive();
    const upgraded = await (await listener.accept()).upgrade(layer);
    expect(listener.stats.open).toBe(1);
    below.arrive();
    expect((await rejection(listener.accept({ timeout: 5 }))).code).toBe('ERR_SOCK_TIMEOUT');
    expect(listener.stats.refused).toEqual({ ...NOTHING, maxConnections: 1 });
    await Promise.all([upgraded.close(), peer.close()]);
    expect(listener.stats.open).toBe(0);
    below.arrive();
    expect((await listener.accept()).ready).toBeGreaterThan(0);
  });
});

describe('maxPerAddress', () => {
  test('holds each address to it, in IPv6 each /64, and nobody else suffers', async () => {
    const below = new FakeListener();
    const listener = admit(below, { maxPerAddress: 1 });
    const hosts = ['192.0.2.1', '192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201', '192.0.2.2', '2001:db8::1', '2001:db8::2', '2001:db8:0:0:ffff::1', '2001:db8:0:1::1', 'fe80::1%eth0', 'fe80::2%eth1'];
    const admitted: string[] = [];
    for (const host of hosts) below.arrive({ host, port: 5 });
    for (let count = 0; count < 5; count += 1) admitted.push(((await listener.accept()).remote as { host: string }).host);
    expect(admitted).toEqual(['192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8:0:1::1', 'fe80::1%eth0']);
    expect((await rejection(listener.accept({ timeout: 5 }))).code).toBe('ERR_SOCK_TIMEOUT');
    expect(listener.stats).toEqual({ admitted: 5, open: 5, addresses: 5, refused: { ...NOTHING, maxPerAddress: 6 } });
  });

  test('counts the bits that ipv6PrefixBits says, and does not hold peers without an address', async () => {
    const below = new FakeListener();
    const listener = admit(below, { maxPerAddress: 1, ipv6PrefixBits: 48 });
    for (const endpoint of [{ host: '2001:db8::1', port: 5 }, { host: '2001:db8:0:9::1', port: 5 }, { path: '/x' }, { path: '/x' }, { memory: 'm' }]) below.arrive(endpoint);
    for (let count = 0; count < 4; count += 1) await listener.accept();
    expect(listener.stats).toMatchObject({ admitted: 4, addresses: 1, refused: { maxPerAddress: 1 } });
  });
});

describe('rate', () => {
  test('lets a burst in, then so many in a second; the others are broken off', async () => {
    let clock = 0;
    const below = new FakeListener();
    const listener = admit(below, { rate: { perSecond: 2, burst: 3 }, now: () => clock });
    const peers = Array.from({ length: 5 }, () => below.arrive());
    for (let count = 0; count < 3; count += 1) await listener.accept();
    expect((await rejection(listener.accept({ timeout: 5 }))).code).toBe('ERR_SOCK_TIMEOUT');
    expect(await Promise.all(peers.slice(3).map(async ({ closed }) => (await closed).how))).toEqual(['reset', 'reset']);
    expect(listener.stats).toMatchObject({ admitted: 3, refused: { ...NOTHING, rate: 2 } });
    clock = 499;
    below.arrive();
    expect((await rejection(listener.accept({ timeout: 5 }))).code).toBe('ERR_SOCK_TIMEOUT');
    clock = 500;
    below.arrive();
    await listener.accept();
    expect(listener.stats.admitted).toBe(4);
  });

  test('no token is spent when nothing was accepted: not by an accept that ends empty, not by a connection that another limit refuses', async () => {
    const below = new FakeListener();
    const listener = admit(below, { rate: { perSecond: 1, burst: 2 }, maxPerAddress: 1, now: () => 0 });
    for (let count = 0; count < 3; count += 1) expect((await rejection(listener.accept({ timeout: 0 }))).code).toBe('ERR_SOCK_TIMEOUT');
    expect((await rejection(listener.accept({ signal: AbortSignal.abort() }))).code).toBe('ERR_SOCK_ABORTED');
    below.arrive();
    await listener.accept();
    for (let count = 0; count < 3; count += 1) below.arrive();
    expect((await rejection(listener.accept({ timeout: 5 }))).code).toBe('ERR_SOCK_TIMEOUT');
    expect(listener.stats.refused).toEqual({ ...NOTHING, maxPerAddress: 3 });
    below.arrive({ host: '192.0.2.9', port: 5 });
    await listener.accept();
    expect(listener.stats.admitted).toBe(2);
  });
});

test('a refused connection is told with its limit and address, and destroyed; what onRefused throws is dropped', async () => {
  const below = new FakeListener();
  const heard: [AdmissionError, Socket][] = [];
  const listener = admit(below, { maxPerAddress: 1, onRefused: (error, socket) => {
    heard.push([error, socket]);
    throw new Error('dropped');
  } });
  for (let count = 0; count < 2; count += 1) below.arrive({ host: '2001:db8::7', port: 5 });
  below.arrive({ host: '192.0.2.1', port: 5 });
  await listener.accept();
  await listener.accept();
  const [error, socket] = heard[0] as [AdmissionError, Socket];
  expect(heard).toHaveLength(1);
  expect(error).toMatchObject({ code: 'ERR_SOCK_LIMIT', phase: 'accept', category: 'limit', retryable: true, limit: 'maxPerAddress', address: '2001:db8:0:0:0:0:0:0/64', endpoint: { host: '2001:db8::7', port: 5 } });
  expect(error.message).toMatch(/the connection from \[2001:db8::7\]:5 was refused by maxPerAddress: 2001:db8:.*\/64 has 1 open/);
  expect(await socket.closed).toEqual({ how: 'error', cause: error });
});

test('an iteration gives out what is let in, and ends with the close, which closes the listener below', async () => {
  const below = new FakeListener();
  const listener = admit(below, { maxConnections: 2 });
  for (let count = 0; count < 4; count += 1) below.arrive();
  let seen = 0;
  for await (const socket of listener) {
    seen += 1;
    expect(socket.ready).toBeGreaterThan(0);
    if (seen === 2) setImmediate(() => void listener.close());
  }
  expect(seen).toBe(2);
  expect(listener.stats.refused.maxConnections).toBe(2);
  expect(await listener.closed).toEqual({ how: 'local' });
  expect((await rejection(listener.accept())).code).toBe('ERR_SOCK_CLOSED');
  expect(listener.endpoint).toBe(below.endpoint);
});

test('leaving an iteration takes no connection along', async () => {
  const below = new FakeListener();
  const listener = admit(below, { maxConnections: 9 });
  below.arrive();
  for await (const socket of listener) {
    socket.destroy();
    break;
  }
  below.arrive();
  expect((await listener.accept({ timeout: 100 })).ready).toBeGreaterThan(0);
});

test.each<[AdmitOptions | Record<string, unknown>, string]>([
  [{ maxConnections: 0 }, 'maxConnections got 0'], [{ maxPerAddress: 1.5 }, 'maxPerAddress got 1.5'], [{ ipv6PrefixBits: 129 }, 'ipv6PrefixBits got 129'], [{ ipv6PrefixBits: 0 }, '1 to 128'],
  [{ rate: '0/s' }, 'rate takes'], [{ rate: '100' }, 'rate takes'], [{ rate: '1/d' }, 'rate takes'], [{ rate: { perSecond: -1 } }, 'rate takes'], [{ rate: { perSecond: NaN } }, 'rate takes'], [{ rate: null }, 'rate takes'],
  [{ rate: { perSecond: 1, burst: 0 } }, 'rate.burst'], [{ rate: 7 }, 'rate takes'], [{ max: 7 }, 'max is no option'],
])('%j is refused', (options, words) => {
  expect(() => admit(new FakeListener(), options as AdmitOptions)).toThrow(expect.objectContaining({ code: 'ERR_SOCK_ARGUMENT', category: 'usage', message: expect.stringContaining(words) }));
});

test('the count is the number of open connections after every step, whatever happens to them', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('arrive' as const), of: fc.nat(4) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('accept' as const), of: fc.nat(9) }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constantFrom('destroy' as const, 'close' as const, 'peer' as const, 'upgrade' as const), of: fc.nat(9) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('pass' as const), of: fc.integer({ min: 1, max: 3000 }) }) },
  );
  const hosts = ['192.0.2.1', '::ffff:192.0.2.1', '192.0.2.2', '2001:db8::1', '2001:db8::2'];
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
    let clock = 0;
    const below = new FakeListener();
    const listener = admit(below, { rate: { perSecond: 1, burst: 4 }, maxConnections: 5, maxPerAddress: 2, now: () => clock });
    const peers: Socket[] = [];
    let open: { socket: Socket; closed: boolean; address: string | undefined }[] = [];
    let accepted = 0;
    for (const { kind, of } of steps) {
      const target = open[of % Math.max(1, open.length)];
      if (kind === 'arrive') peers.push(below.arrive({ host: hosts[of] as string, port: 5 }));
      else if (kind === 'pass') clock += of;
      else if (kind === 'peer') peers[of % Math.max(1, peers.length)]?.destroy();
      else if (kind === 'accept') {
        const socket = await listener.accept({ timeout: 0 }).catch(() => undefined);
        if (socket !== undefined) {
          accepted += 1;
          const entry = { socket, closed: false, address: addressKey(socket.remote, 64) };
          open.push(entry);
          // Its own end, by way of whatever layer has it meanwhile: nothing of the listener's.
          void socket.closed.then(() => (entry.closed = true));
        }
      } else if (target !== undefined) {
        if (kind === 'destroy') target.socket.destroy();
        else if (kind === 'close') await target.socket.close({ timeout: 0 });
        else target.socket = await target.socket.upgrade(layer).catch(() => target.socket);
      }
      await turns(1);
      open = open.filter(({ closed }) => !closed);
      expect(listener.stats).toMatchObject({ admitted: accepted, open: open.length, addresses: new Set(open.map(({ address }) => address)).size });
      expect(open.length).toBeLessThanOrEqual(5);
      for (const address of new Set(open.map((each) => each.address))) expect(open.filter((each) => each.address === address).length).toBeLessThanOrEqual(2);
      expect(accepted).toBeLessThanOrEqual(4 + clock / 1000);
    }
    for (const { socket } of open) socket.destroy();
    below.destroy();
    await turns(1);
    expect(listener.stats).toMatchObject({ open: 0, addresses: 0 });
  }), { numRuns: 300 });
});
