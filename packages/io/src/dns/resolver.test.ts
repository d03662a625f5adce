import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { leakGuard, rejection } from '@sock/testkit';
import { describe, expect, test } from 'vitest';
import { connect } from '../connect.ts';
import { listen } from '../listen.ts';
import { dnsCache } from './dns-cache.ts';
import { resolver } from './resolver.ts';

leakGuard();

const A = 1;

/** What the server says to a question: records with their time in seconds, a response code, or nothing at all. */
interface Zone {
  readonly [question: `${string} ${'A' | 'AAAA'}`]: { readonly records?: readonly (readonly [address: readonly number[], ttl: number])[]; readonly code?: number; readonly after?: Promise<unknown> } | 'silent';
}

/** A DNS server on loopback, with just what the questions of these tests need. */
async function dnsServer(zone: Zone): Promise<AsyncDisposable & { readonly address: string; readonly asked: string[] }> {
  const server = createSocket('udp4');
  const asked: string[] = [];
  server.on('message', (message, peer) => {
    const { name, type, end } = question(message);
    const key = `${name} ${type === A ? 'A' : 'AAAA'}` as const;
    asked.push(key);
    const row = zone[key] ?? {};
    if (row === 'silent') return;
    const { records = [], code = 0, after } = row;
    const header = Buffer.from([message[0] as number, message[1] as number, 0x81, 0x80 | code, 0, 1, 0, records.length, 0, 0, 0, 0]);
    const answers = records.map(([address, ttl]) => Buffer.from([0xc0, 12, 0, type, 0, 1, ttl >> 24, (ttl >> 16) & 255, (ttl >> 8) & 255, ttl & 255, 0, address.length, ...address]));
    const reply = Buffer.concat([header, message.subarray(12, end), ...answers]);
    void Promise.resolve(after).then(() => server.send(reply, peer.port, peer.address));
  });
  await once(server.bind(0, '127.0.0.1'), 'listening');
  return {
    address: `127.0.0.1:${server.address().port}`,
    asked,
    [Symbol.asyncDispose]: async () => void (await once(server.close(), 'close')),
  };
}

function question(message: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length: number; (length = message[at] as number) > 0; at += length + 1) labels.push(message.toString('latin1', at + 1, at + 1 + length));
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 };
}

const LOOPBACK6 = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const NXDOMAIN = 3;
const SERVFAIL = 2;

describe('the addresses of a name', () => {
  const both: Zone = { 'some.name A': { records: [[[127, 0, 0, 1], 300], [[127, 0, 0, 2], 60]] }, 'some.name AAAA': { records: [[LOOPBACK6, 120]] } };

  test.each([
    ['ipv6-first', ['::1', '127.0.0.1', '127.0.0.2'], 60_000], ['ipv4-first', ['127.0.0.1', '127.0.0.2', '::1'], 60_000],
    ['ipv6', ['::1'], 120_000], ['ipv4', ['127.0.0.1', '127.0.0.2'], 60_000],
  ] as const)('%s: in that order, and the time to live is the shortest', async (families, addresses, ttlMs) => {
    await using server = await dnsServer(both);
    const answer = await resolver({ servers: [server.address], families })('some.name');
    expect(new Set(answer)).toEqual(new Set(addresses));
    expect(answer[0]?.includes(':')).toBe(addresses[0].includes(':'));
    expect(answer.ttlMs).toBe(ttlMs);
    expect(server.asked.toSorted()).toEqual(families.endsWith('first') ? ['some.name A', 'some.name AAAA'] : [`some.name ${families === 'ipv6' ? 'AAAA' : 'A'}`]);
  });

  test('of one family are an answer, when the other has none', async () => {
    await using server = await dnsServer({ 'some.name A': { records: [[[127, 0, 0, 1], 300]] } });
    const answer = await resolver({ servers: [server.address] })('some.name');
    expect([...answer]).toEqual(['127.0.0.1']);
    expect(answer.ttlMs).toBe(300_000);
  });

  test.each<[string, Zone[`x A`]]>([['is late', 'silent'], ['cannot be had', { code: SERVFAIL }]])('of one family are not kept, when the other %s', async (_, row) => {
    await using server = await dnsServer({ 'some.name A': { records: [[[127, 0, 0, 1], 300]] }, 'some.name AAAA': row });
    const lookup = resolver({ servers: [server.address], resolutionDelay: '20ms', queryTimeout: '100ms', tries: 1 });
    const begun = performance.now();
    const answer = await lookup('some.name');
    expect(performance.now() - begun).toBeLessThan(90);
    expect([...answer]).toEqual(['127.0.0.1']);
    expect(answer.ttlMs).toBe(0);
  });

  test('wait for the family that comes within resolutionDelay', async () => {
    let release: (value: unknown) => void = () => {};
    const after = new Promise((resolve) => (release = resolve));
    await using server = await dnsServer({ 'some.name A': { records: [[[127, 0, 0, 1], 300]] }, 'some.name AAAA': { records: [[LOOPBACK6, 60]], after } });
    const asking = resolver({ servers: [server.address], resolutionDelay: '5s' })('some.name');
    setTimeout(release, 20);
    expect([...await asking]).toEqual(['::1', '127.0.0.1']);
  });
});

describe('a look-up that fails is ERR_SOCK_NAME, with the name and why', () => {
  test.each<[string, Zone, boolean, RegExp]>([
    ['no such name', { 'some.name A': { code: NXDOMAIN }, 'some.name AAAA': { code: NXDOMAIN } }, false, /dns some\.name: the name does not exist.*ENOTFOUND/],
    ['no address', {}, false, /has no address.*ENODATA/],
    ['a server that fails', { 'some.name A': { code: SERVFAIL }, 'some.name AAAA': { code: SERVFAIL } }, true, /no name server gave an answer.*ESERVFAIL/],
    ['one family does not exist, the other fails', { 'some.name A': { code: SERVFAIL } }, true, /no name server gave an answer/],
    ['silence', { 'some.name A': 'silent', 'some.name AAAA': 'silent' }, true, /no name server gave an answer.*ETIMEOUT/],
  ])('%s', async (_, zone, retryable, words) => {
    await using server = await dnsServer(zone);
    const error = await rejection(resolver({ servers: [server.address], queryTimeout: '50ms', tries: 1 })('some.name'));
    expect(error).toMatchObject({ code: 'ERR_SOCK_NAME', phase: 'dns', category: 'name', retryable });
    expect(error.message).toMatch(words);
    expect(error.cause).toBeInstanceOf(Error);
  });
});

test('localhost is this machine, without a query, unless that is switched off', async () => {
  await using server = await dnsServer({ 'localhost A': { records: [[[192, 0, 2, 66], 60]] } });
  for (const name of ['localhost', 'LOCALHOST.', 'app.localhost']) expect([...await resolver({ servers: [server.address] })(name)]).toEqual(['::1', '127.0.0.1']);
  expect([...await resolver({ servers: [server.address], families: 'ipv4' })('localhost')]).toEqual(['127.0.0.1']);
  expect(server.asked).toEqual([]);
  expect((await resolver({ servers: [server.address] })('localhosts').catch(() => 'asked'))).toBe('asked');
});

test('tries is how often a silent server is asked', async () => {
  await using server = await dnsServer({ 'some.name A': 'silent' });
  await rejection(resolver({ servers: [server.address], queryTimeout: '20ms', tries: 3, families: 'ipv4' })('some.name'));
  expect(server.asked).toHaveLength(3);
});

test('a cache keeps an answer as long as its records say, and one that is not there as well', async () => {
  await using server = await dnsServer({ 'some.name A': { records: [[[127, 0, 0, 1], 7]] }, 'none.name A': { code: NXDOMAIN }, 'none.name AAAA': { code: NXDOMAIN } });
  let now = 0;
  const cache = dnsCache({ lookup: resolver({ servers: [server.address] }), negativeTtl: '2s', now: () => now });
  for (now of [0, 6_999, 7_000]) await cache.lookup('some.name');
  expect(server.asked.filter((each) => each === 'some.name A')).toHaveLength(2);
  for (now of [10_000, 11_999, 12_000]) expect((await rejection(cache.lookup('none.name'))).code).toBe('ERR_SOCK_NAME');
  expect(server.asked.filter((each) => each === 'none.name A')).toHaveLength(2);
});

test('connect dials what it finds: both families race', async () => {
  await using server = await dnsServer({ 'some.name A': { records: [[[127, 0, 0, 1], 60]] }, 'some.name AAAA': { records: [[LOOPBACK6, 60]] } });
  await using listener = await listen('127.0.0.1:0');
  const { port } = listener.endpoint as { port: number };
  const socket = await connect({ host: 'some.name', port }, { lookup: resolver({ servers: [server.address] }) });
  expect(socket.remote).toEqual({ host: '127.0.0.1', port });
  (await listener.accept()).destroy();
  socket.destroy();
  const error = await rejection(connect('no.name:80', { lookup: resolver({ servers: [server.address] }) }));
  expect(error).toMatchObject({ code: 'ERR_SOCK_NAME', endpoint: { host: 'no.name', port: 80 } });
});

test.each([[{ servers: ['name.server'] }, 'ERR_SOCK_ARGUMENT', 'servers'], [{ servers: [] }, 'ERR_SOCK_ARGUMENT', 'servers'], [{ tries: 0 }, 'ERR_SOCK_CONFIG', 'tries'], [{ families: 'both' }, 'ERR_SOCK_CONFIG', 'families'], [{ server: 'x' }, 'ERR_SOCK_CONFIG', 'server']])('%j is refused', (options, code, words) => {
  expect(() => resolver(options as never)).toThrow(expect.objectContaining({ code, message: expect.stringContaining(words) }));
});
