import fc from 'fast-check';
import { isIP } from 'node:net';
import { expect, test } from 'vitest';
import { bytes, concatBytes } from '@sock/testkit';
import type { ProxyHeader } from '../proxy.ts';
import { encodeProxyHeader } from '../proxy.ts';
import { ipBytes, ipText } from './ip-bytes.ts';
import { headerChecksum, V2_SIGNATURE } from './proxy-wire.ts';

const line = (header: ProxyHeader): string => Buffer.from(encodeProxyHeader({ version: 1, ...header })).toString('latin1');

test('version 1 is the line of the specification', () => {
  expect(line({ source: '192.0.2.1:4096', destination: '192.0.2.2:443' })).toBe('PROXY TCP4 192.0.2.1 192.0.2.2 4096 443\r\n');
  expect(line({ source: '[2001:db8::1]:1', destination: '[::1]:2' })).toBe('PROXY TCP6 2001:db8::1 ::1 1 2\r\n');
  expect(line({ source: '192.0.2.1:1', destination: '[::1]:2' })).toBe('PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n');
  expect(line({ source: { host: 'fe80::1%eth0', port: 1 }, destination: '[::1]:2' })).toBe('PROXY TCP6 fe80::1 ::1 1 2\r\n');
});

test('what version 1 cannot say is UNKNOWN', () => {
  for (const header of [{}, { source: '192.0.2.1:1' }, { source: 'unix:/a', destination: 'unix:/b' }, { source: '192.0.2.1:1', destination: '192.0.2.1:1', speaksForItself: true }]) {
    expect(line(header)).toBe('PROXY UNKNOWN\r\n');
  }
});

test('version 2 is the bytes of the specification', () => {
  const header = encodeProxyHeader({ source: '192.0.2.1:4096', destination: '192.0.2.2:443', alpn: 'h2' });
  expect([...header]).toEqual([...V2_SIGNATURE, 0x21, 0x11, 0, 17, 192, 0, 2, 1, 192, 0, 2, 2, 0x10, 0, 0x01, 0xbb, 1, 0, 2, 104, 50]);
  expect([...encodeProxyHeader({ speaksForItself: true })]).toEqual([...V2_SIGNATURE, 0x20, 0, 0, 0]);
  expect([...encodeProxyHeader({})]).toEqual([...V2_SIGNATURE, 0x21, 0, 0, 0]);
});

test('the checksum is CRC32c', () => {
  // The check value of the algorithm, with the four zeros of the field behind it taken off by a field that lies outside.
  expect(headerChecksum(bytes('123456789'), 100).toString(16)).toBe('e3069283');
  expect(headerChecksum(concatBytes([bytes('12'), Uint8Array.of(9, 9, 9, 9)]), 2)).toBe(headerChecksum(concatBytes([bytes('12'), new Uint8Array(4)]), 2));
});

test.each<[string, object, string, RegExp]>([
  ['an unknown one', { sauce: 'x' }, 'ERR_SOCK_ARGUMENT', /sauce is no option/],
  ['a version that does not exist', { version: 3 }, 'ERR_SOCK_ARGUMENT', /version takes 1 or 2/],
  ['a name for an address', { source: 'a.test:1', destination: '192.0.2.1:1' }, 'ERR_SOCK_ENDPOINT', /a\.test:1 is a name/],
  ['fields in version 1', { version: 1, authority: 'a' }, 'ERR_SOCK_ARGUMENT', /addresses alone/],
  ['a checksum in version 1', { version: 1, checksum: true }, 'ERR_SOCK_ARGUMENT', /addresses alone/],
  ['an authority with a line end', { authority: 'a\r\nb' }, 'ERR_SOCK_ARGUMENT', /authority takes/],
  ['a unique id that is too long', { uniqueId: new Uint8Array(129) }, 'ERR_SOCK_ARGUMENT', /uniqueId takes/],
  ['a type out of range', { tlvs: [{ type: 256, value: new Uint8Array() }] }, 'ERR_SOCK_ARGUMENT', /type 256/],
  ['a field said twice', { alpn: 'h2', tlvs: [{ type: 1, value: new Uint8Array() }] }, 'ERR_SOCK_ARGUMENT', /another option already says/],
  ['a checksum of its own', { tlvs: [{ type: 3, value: new Uint8Array(4) }] }, 'ERR_SOCK_ARGUMENT', /another option already says/],
  ['an unknown one about TLS', { ssl: { cypher: 'x' } }, 'ERR_SOCK_ARGUMENT', /ssl\.cypher is no option/],
  ['more than 64 KiB', { source: '192.0.2.1:1', destination: '192.0.2.1:1', tlvs: [{ type: 0xe0, value: new Uint8Array(65_530) }] }, 'ERR_SOCK_ARGUMENT', /65551 are the most/],
])('what makes no sense is refused: %s', (_, header, code, message) => {
  expect(() => encodeProxyHeader(header)).toThrow(expect.objectContaining({ code }));
  expect(() => encodeProxyHeader(header)).toThrow(message);
});

test('addresses survive the way through bytes, and their text is the one of RFC 5952', () => {
  fc.assert(fc.property(fc.oneof(fc.ipV6(), fc.ipV4()), (address) => {
    fc.pre(isIP(address) !== 0);
    const text = ipText(ipBytes(address) as Uint8Array);
    if (isIP(address) === 4) {
      expect(text).toBe(address);
      return;
    }
    const url = new URL(`http://[${address}]/`).hostname.slice(1, -1);
    // The URL standard writes mapped addresses in hexadecimal; RFC 5952, section 5, recommends dots.
    if (!text.includes('.')) expect(text).toBe(url);
    expect(ipBytes(text)).toEqual(ipBytes(url));
  }), { numRuns: 10_000 });
  expect(ipBytes('localhost')).toBeUndefined();
});
