import type { Connector, Endpoint, Socket } from '@sock/core';
import { DIALLED, formatEndpoint } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { bytes, concatBytes, leakGuard, rejection, text } from '@sock/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { ProxyError, TUNNEL_INFO, viaSocks5 } from '../proxy.ts';

leakGuard();

const PROXY = 'proxy.test:1080';

/** A proxy in memory: what it sees is compared with what it should, and each is answered. */
function proxyThat(steps: readonly (readonly [expected: readonly number[], answer: readonly number[]])[], then: 'stays' | 'ends' = 'stays'): { connector: Connector; proxy: Promise<Socket>; dialled: Endpoint[] } {
  let told: (proxy: Promise<Socket>) => void = () => {};
  const proxy = new Promise<Socket>((resolve) => {
    told = resolve;
  });
  const dialled: Endpoint[] = [];
  const connect = async (target: Endpoint): Promise<Socket> => {
    dialled.push(target);
    const [a, b] = memoryPair();
    onTestFinished(() => {
      a.destroy();
      b.destroy();
    });
    const run = async (): Promise<Socket> => {
      for (const [expected, answer] of steps) {
        expect([...await b.recvExactly(expected.length)]).toEqual(expected);
        await b.send(Uint8Array.from(answer));
      }
      if (then === 'ends') await b.shutdown();
      return b;
    };
    const running = run();
    // Whoever awaits `proxy` hears of it; the others see the connection break.
    running.catch(() => b.destroy());
    proxy.catch(() => {});
    told(running);
    return await Promise.resolve(a);
  };
  return { connector: { key: (target) => `memory ${formatEndpoint(target)}`, connect }, proxy, dialled };
}

const GREETING = [[5, 1, 0], [5, 0]] as const;
const BOUND = [1, 192, 0, 2, 1, 0x1f, 0x90];
const toName = (name: string, port = 443): number[] => [5, 1, 0, 3, name.length, ...bytes(name), port >> 8, port & 0xff];

test.each<[string, string, number[]]>([
  ['a name', 'target.test:443', toName('target.test')],
  ['an IPv4 address', '192.0.2.7:80', [5, 1, 0, 1, 192, 0, 2, 7, 0, 80]],
  ['an IPv6 address', '[2001:db8::7]:65535', [5, 1, 0, 4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, 0xff, 0xff]],
  ['a name that is not ASCII, in its ASCII form', 'bücher.test:443', toName('xn--bcher-kva.test')],
])('asks for %s in its own form', async (_, target, request) => {
  const { connector, proxy, dialled } = proxyThat([GREETING, [request, [5, 0, 0, ...BOUND]]]);
  const socket = await viaSocks5(connector, { proxy: PROXY }).connect(target);
  expect(dialled).toEqual([{ host: 'proxy.test', port: 1080 }]);
  await (await proxy).send(bytes('hello'));
  expect(text(await socket.recv())).toBe('hello');
});

test('the socket knows the target as its peer and as what was dialled, and the way there', async () => {
  const { connector } = proxyThat([GREETING, [toName('target.test'), [5, 0, 0, ...BOUND]]]);
  const socket = await viaSocks5(connector, { proxy: PROXY }).connect({ host: 'target.test', port: 443 });
  const target = { host: 'target.test', port: 443 };
  expect(socket.remote).toEqual(target);
  expect(socket.get(DIALLED)).toEqual(target);
  expect(socket.get(TUNNEL_INFO)).toEqual({
    kind: 'socks5', proxy: { host: 'proxy.test', port: 1080 }, bound: { host: '192.0.2.1', port: 8080 }, through: { memory: 'pair-b' }, below: undefined,
  });
});

test.each<[string, number[], string]>([
  ['IPv6', [4, ...Array<number>(15).fill(0), 1, 0, 80], '[::1]:80'],
  ['a name', [3, 4, ...bytes('a\nb!'), 0, 80], 'a?b!:80'],
])('an answer with %s is read to its end, and what follows belongs to the stream', async (_, bound, shown) => {
  const { connector } = proxyThat([GREETING, [toName('target.test'), [5, 0, 0, ...bound, ...bytes('220 ready')]]]);
  const socket = await viaSocks5(connector, { proxy: PROXY }).connect('target.test:443');
  expect(formatEndpoint(socket.get(TUNNEL_INFO)?.bound as Endpoint)).toBe(shown);
  expect(text(await socket.recvExactly(9))).toBe('220 ready');
});

const WITH_USER = [[5, 2, 0, 2], [5, 2]] as const;
const USER = { proxy: PROXY, username: 'ann', password: 'sécret' };
const SHOWN = [1, 3, ...bytes('ann'), 7, ...bytes('sécret')];

test('shows the credentials when the proxy wants them, and not when it does not', async () => {
  const asked = proxyThat([WITH_USER, [SHOWN, [1, 0]], [toName('target.test'), [5, 0, 0, ...BOUND]]]);
  expect(formatEndpoint((await viaSocks5(asked.connector, USER).connect('target.test:443')).remote as Endpoint)).toBe('target.test:443');
  const notAsked = proxyThat([[[5, 2, 0, 2], [5, 0]], [toName('target.test'), [5, 0, 0, ...BOUND]]]);
  await viaSocks5(notAsked.connector, USER).connect('target.test:443');
});

test.each<[string, Parameters<typeof proxyThat>[0], object, string, RegExp]>([
  ['wants credentials that were not given', [[[5, 1, 0], [5, 0xff]]], {}, 'ERR_SOCK_PROXY_AUTH', /proxy\.test:1080 wants credentials/],
  ['wants another kind of credentials', [[[5, 2, 0, 2], [5, 0xff]]], USER, 'ERR_SOCK_PROXY_AUTH', /accepts neither/],
  ['refuses the credentials', [WITH_USER, [SHOWN, [1, 1]]], USER, 'ERR_SOCK_PROXY_AUTH', /refused username and password \(status 1\)/],
  ['chooses what was not offered', [[[5, 1, 0], [5, 2]]], {}, 'ERR_SOCK_PROXY_PROTOCOL', /method 2, which was not offered/],
  ['answers the credentials in another version', [WITH_USER, [SHOWN, [5, 0]]], USER, 'ERR_SOCK_PROXY_PROTOCOL', /byte 5 instead of 1/],
  ['speaks HTTP', [[[5, 1, 0], [...bytes('HTTP/1.1 400')]]], {}, 'ERR_SOCK_PROXY_PROTOCOL', /viaHttpConnect\(\) is for it/],
  ['speaks SOCKS4', [[[5, 1, 0], [0, 91]]], {}, 'ERR_SOCK_PROXY_PROTOCOL', /SOCKS4/],
  ['changes the version', [GREETING, [toName('target.test'), [4, 0]]], {}, 'ERR_SOCK_PROXY_PROTOCOL', /began its answer with byte 4/],
  ['answers with an address of no type', [GREETING, [toName('target.test'), [5, 0, 0, 2]]], {}, 'ERR_SOCK_PROXY_PROTOCOL', /type 2/],
])('a proxy that %s is a typed error, and the connection is gone', async (_, steps, options, code, message) => {
  const { connector, proxy } = proxyThat(steps);
  const error = await rejection<ProxyError>(viaSocks5(connector, { proxy: PROXY, ...options }).connect('target.test:443'));
  expect(error).toBeInstanceOf(ProxyError);
  expect(error).toMatchObject({ code, phase: 'upgrade', endpoint: { host: 'target.test', port: 443 }, proxy: { host: 'proxy.test', port: 1080 } });
  expect(error.message).toMatch(message);
  expect((await (await proxy).closed).how).toBe('reset');
});

test.each<[number, string, string, boolean]>([
  [1, 'system', 'general failure', true],
  [2, 'access', 'rules do not allow it', false],
  [3, 'unreachable', 'network cannot be reached', true],
  [4, 'unreachable', 'host cannot be reached', true],
  [5, 'refused', 'nothing listens there', true],
  [6, 'timeout', 'TTL expired', true],
  [7, 'protocol', 'command CONNECT', false],
  [8, 'protocol', 'addresses of this type', false],
  [9, 'refused', 'does not name', false],
  [255, 'refused', 'does not name', false],
])('reply %i is a refusal of category %s: %s', async (reply, category, words, retryable) => {
  // Ends right behind the code, as some do.
  const { connector } = proxyThat([GREETING, [toName('target.test'), [5, reply]]], 'ends');
  const error = await rejection<ProxyError>(viaSocks5(connector, { proxy: PROXY }).connect('target.test:443'));
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_REFUSED', phase: 'connect', category, retryable, reply });
  expect(error.message).toContain(words);
  expect(error.message).toContain('target.test:443');
});

test.each<[string, Parameters<typeof proxyThat>[0]]>([
  ['before a word', []],
  ['in the middle of its greeting', [[[5, 1, 0], [5]]]],
  ['in the middle of its answer', [GREETING, [toName('target.test'), [5, 0, 0, 1, 192]]]],
])('a proxy that ends %s is told as such, and not as an end of the target', async (_, steps) => {
  const error = await rejection<ProxyError>(viaSocks5(proxyThat(steps, 'ends').connector, { proxy: PROXY }).connect('target.test:443'));
  expect(error).toMatchObject({ code: 'ERR_SOCK_PROXY_PROTOCOL', cause: { code: 'ERR_SOCK_UNEXPECTED_END' } });
  expect(error.message).toContain('ended the connection instead of a whole answer');
});

test('a silent proxy is left after the time of the handshake, of the call, or by the signal', async () => {
  const dial = (options: object = {}): Connector<Endpoint | string> => viaSocks5(proxyThat([GREETING]).connector, { proxy: PROXY, ...options });
  const late = await rejection(dial({ handshakeTimeout: '20ms' }).connect('target.test:443'));
  expect(late).toMatchObject({ code: 'ERR_SOCK_TIMEOUT', phase: 'upgrade', retryable: true });
  expect(late.message).toContain('the SOCKS5 proxy proxy.test:1080 did not open a tunnel to target.test:443');
  expect(await rejection(dial().connect('target.test:443', { timeout: 20 }))).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
  const stop = new AbortController();
  const dialling = rejection(dial().connect('target.test:443', { signal: stop.signal }));
  stop.abort(new Error('no more'));
  expect(await dialling).toMatchObject({ code: 'ERR_SOCK_ABORTED', cause: { message: 'no more' } });
});

test('dialling the proxy and the handshake use up one budget', async () => {
  const given: number[] = [];
  const { connector } = proxyThat([GREETING]);
  const slow: Connector = {
    ...connector,
    connect: async (target, cancel) => {
      given.push(cancel?.timeout as number);
      await new Promise((resolve) => setTimeout(resolve, 200));
      return await connector.connect(target);
    },
  };
  const error = await rejection<Error & { cause: Error }>(viaSocks5(slow, { proxy: PROXY }).connect('target.test:443', { timeout: 300 }));
  expect(error).toMatchObject({ code: 'ERR_SOCK_TIMEOUT' });
  expect(given[0]).toBeLessThanOrEqual(300);
  // The wait that ran out had what dialling had left of the 300.
  expect(Number(/within (\d+) ms/.exec(error.cause.message)?.[1])).toBeLessThanOrEqual(101);
});

test.each<[string, unknown, RegExp]>([
  ['a Unix path', 'unix:/x', /\{ host, port \} alone/],
  ['port 0', 'target.test:0', /port 0/],
  ['a zone', { host: 'fe80::1%eth0', port: 80 }, /zone/],
  ['a name that would become an address', { host: '１２７.1', port: 80 }, /would become the address 127\.0\.0\.1/],
  // Resolvers take these for 127.0.0.1: decimal, hexadecimal, octal, short, with a closing dot.
  ...['2130706433', '0x7f000001', '0X7F.1', '0177.0.0.1', '127.1', '127.0.0.1.', '0', 'some.name.0x7f', '1.2.3.256'].map((host): [string, { host: string; port: number }, RegExp] => [
    `a number, ${host}`, { host, port: 80 }, /would read "[^"]+" as an address/,
  ]),
  ['a character that could mean something else', { host: 'a?b', port: 80 }, /neither an IP address nor a name/],
  ['an empty label', { host: 'a..b', port: 80 }, /neither an IP address nor a name/],
])('a target with %s is refused before anything is dialled', async (_, target, message) => {
  const { connector, dialled } = proxyThat([]);
  const error = await rejection(viaSocks5(connector, { proxy: PROXY }).connect(target as string));
  expect(error.code).toBe('ERR_SOCK_ENDPOINT');
  expect(error.message).toMatch(message);
  expect(dialled).toEqual([]);
});

test.each<[string, object, string, RegExp]>([
  ['an unknown one', { proxi: 'x' }, 'ERR_SOCK_CONFIG', /proxi/],
  ['a time out of range', { handshakeTimeout: '1h' }, 'ERR_SOCK_CONFIG', /handshakeTimeout/],
  ['a user without a password', { username: 'ann' }, 'ERR_SOCK_ARGUMENT', /password is missing/],
  ['a password without a user', { password: 'x' }, 'ERR_SOCK_ARGUMENT', /username is missing/],
  ['an empty password', { username: 'ann', password: '' }, 'ERR_SOCK_ARGUMENT', /password has 0 bytes/],
  ['a user that is too long', { username: 'ü'.repeat(128), password: 'x' }, 'ERR_SOCK_ARGUMENT', /username has 256 bytes/],
  ['a proxy that is no address', { proxy: 'nowhere' }, 'ERR_SOCK_ENDPOINT', /port is missing/],
])('options are checked when they are given: %s', (_, options, code, message) => {
  const error = caught(() => viaSocks5(proxyThat([]).connector, options));
  expect(error).toMatchObject({ code });
  expect(error.message).toMatch(message);
});

test('keys differ by target, proxy, way to the proxy and credentials, and never show a secret', () => {
  const { connector } = proxyThat([]);
  const base = { proxy: PROXY };
  const key = viaSocks5(connector, base).key('target.test:443');
  expect(key).toBe('memory proxy.test:1080 socks5(target.test:443)');
  const keys = [
    key,
    viaSocks5(connector, base).key('target.test:444'),
    viaSocks5(connector, { proxy: 'proxy.test:1081' }).key('target.test:443'),
    viaSocks5({ ...connector, key: () => 'other' }, base).key('target.test:443'),
    viaSocks5(connector, { ...base, username: 'ann', password: 'secret' }).key('target.test:443'),
    viaSocks5(connector, { ...base, username: 'ann', password: 'secreT' }).key('target.test:443'),
    viaSocks5(connector, { ...base, username: 'anns', password: 'ecret' }).key('target.test:443'),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(keys.join()).not.toMatch(/secre|ann/);
  expect(keys[4]).toBe(viaSocks5(connector, { ...base, username: 'ann', password: 'secret' }).key('target.test:443'));
});

test('proxies are chained: each is asked for the next, and each knows the one below', async () => {
  const bound = [5, 0, 0, ...BOUND];
  const { connector, proxy } = proxyThat([GREETING, [toName('second.test', 1080), bound], GREETING, [toName('target.test'), bound]]);
  const dial = viaSocks5(viaSocks5(connector, { proxy: PROXY }), { proxy: 'second.test:1080' });
  expect(dial.key('target.test:443')).toBe('memory proxy.test:1080 socks5(second.test:1080) socks5(target.test:443)');
  const socket = await dial.connect('target.test:443');
  expect(socket.get(TUNNEL_INFO)).toMatchObject({ proxy: { host: 'second.test' }, below: { proxy: { host: 'proxy.test' }, below: undefined } });
  await socket.send(concatBytes([bytes('ab'), bytes('c')]));
  expect(text(await (await proxy).recvExactly(3))).toBe('abc');
});

test('what fails below the proxy comes as it is', async () => {
  const connector: Connector = { key: () => 'none', connect: async () => await Promise.reject(new Error('below')) };
  expect((await rejection(viaSocks5(connector).connect('target.test:443'))).message).toBe('below');
  expect(viaSocks5({ ...connector, key: formatEndpoint }).key('target.test:443')).toBe('127.0.0.1:1080 socks5(target.test:443)');
});

function caught(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    return error as Error;
  }
  return expect.fail('nothing was thrown');
}
