import { leakGuard, rejection } from '@sock/testkit';
import { memoryPair } from '@sock/core/memory';
import { describe, expect, test } from 'vitest';
import { tcp, unix } from './connectors.ts';
import { dnsCache } from './dns.ts';
import { sendfile } from './files.ts';
import { connect, listen, toDuplex } from './index.ts';
import { addressPolicy, denyPrivate } from './policy.ts';
import { encodeProxyHeader, proxyProtocol, sendProxyHeader, viaHttpConnect, viaSocks5, withProxyHeader } from './proxy.ts';

leakGuard();

const PROXY = 'localhost:1080';
const ENDS = { source: '192.0.2.1:1', destination: '192.0.2.2:2' };

/** What a program without types may give where something else belongs. */
const CALLS: Readonly<Record<string, (wrong: never) => unknown>> = {
  'a Duplex over': (wrong) => toDuplex(wrong),
  'a file to': async (wrong) => await sendfile(wrong, '/etc/hostname'),
  'options of sendfile that are': async (wrong) => await sendfile(memoryPair()[0], '/etc/hostname', wrong ?? null),
  'SOCKS5 by': (wrong) => viaSocks5(wrong, { proxy: PROXY }),
  'options of SOCKS5 that are': (wrong) => viaSocks5(tcp(), wrong ?? null),
  'HTTP CONNECT by': (wrong) => viaHttpConnect(wrong, { proxy: PROXY }),
  'options of HTTP CONNECT that are': (wrong) => viaHttpConnect(tcp(), wrong),
  'options of the PROXY protocol that are': (wrong) => proxyProtocol(wrong ?? null),
  'a PROXY header that is': (wrong) => encodeProxyHeader(wrong),
  'fields of a PROXY header that are': (wrong) => encodeProxyHeader({ ...ENDS, tlvs: wrong ?? null }),
  'a field of a PROXY header that is': (wrong) => encodeProxyHeader({ ...ENDS, tlvs: [wrong] }),
  'a PROXY header before': (wrong) => withProxyHeader(wrong, ENDS),
  'a PROXY header to': async (wrong) => await sendProxyHeader(wrong, ENDS),
  'a policy of': (wrong) => addressPolicy(wrong),
  'a list of denied that is': (wrong) => denyPrivate({ deny: wrong ?? 'none' as never }),
  'who hears of the denied that is': (wrong) => denyPrivate({ onDenied: wrong ?? null }),
  'a cache with the look-up': (wrong) => dnsCache({ lookup: wrong ?? null }),
  'a cache with the clock': (wrong) => dnsCache({ now: wrong ?? null }),
  'a cache with the options': (wrong) => dnsCache(wrong ?? null),
};

describe.each(Object.entries(CALLS))('%s', (_, call) => {
  test.each([['undefined', undefined], ['null', null], ['a number', 5], ['text', 'abc'], ['true', true], ['a symbol', Symbol('x')]])('%s is a typed error', async (__, wrong) => {
    expect((await rejection((async () => await call(wrong as never))())).code).toMatch(/^ERR_SOCK_(?:ARGUMENT|CONFIG)$/);
  });
});

test('an answer that no one can dial is not kept', async () => {
  let asked = 0;
  const cache = dnsCache({ ttl: '1h', lookup: async () => {
    asked += 1;
    return await Promise.resolve(['192.0.2.1', 'other.name']);
  } });
  for (let round = 0; round < 2; round += 1) expect(await cache.lookup('some.name')).toEqual(['192.0.2.1', 'other.name']);
  expect({ asked, entries: cache.stats.entries }).toEqual({ asked: 2, entries: 0 });
});

describe('an option that does not exist is refused: a policy that is misspelt would guard nobody', () => {
  const wrong = { polciy: denyPrivate() } as never;
  const refused = { code: 'ERR_SOCK_ARGUMENT', message: expect.stringContaining('polciy') as unknown };
  test('by connect and listen', async () => {
    expect(await rejection(connect('127.0.0.1:1', wrong))).toMatchObject(refused);
    expect(await rejection(listen('127.0.0.1:0', wrong))).toMatchObject(refused);
  });
  test.each([tcp, unix])('by connectors', (connector) => {
    expect(() => connector(wrong)).toThrow(expect.objectContaining(refused));
    expect(() => connector({ noDelay: true, copyBelowBytes: '1KiB', localPort: 5 })).not.toThrow();
  });
});
