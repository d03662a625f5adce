import { randomBytes, sign, X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { rejection } from '@sock/testkit';
import { expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import { crlCheck } from './crl-check.ts';
import { certificateFacts } from './certificate-facts.ts';
import { parseCrl } from './crl-parser.ts';

const authority = createAuthority();
const ca = new X509Certificate(authority.ca);
const leaf = authority.issue({ names: ['a.test'] });
const path = [new X509Certificate(leaf.cert), ca];
const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple: undefined, path: () => path };

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.of(tag, content.length), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const short = length.subarray(length.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(tag, 0x80 + short.length), short, content]);
}

/** A large list by hand: the makers of certificates for tests are not made for that. */
function largeList(serials: readonly Uint8Array[]): Buffer {
  const reason = der(0x30, der(0x30, Buffer.from('0603551d15', 'hex'), der(0x04, Buffer.from('0a0101', 'hex'))));
  const date = der(0x17, Buffer.from('260101000000Z'));
  const algorithm = Buffer.from('300a06082a8648ce3d040302', 'hex');
  const { subject } = certificateFacts(ca);
  const time = (ms: number): Buffer => der(0x18, Buffer.from(`${new Date(ms).toISOString().replaceAll(/[-:T]|\..*/g, '')}Z`));
  const entries = der(0x30, Buffer.concat(serials.map((serial) => der(0x30, der(0x02, serial), date, reason))));
  const tbs = der(0x30, Buffer.from('020101', 'hex'), algorithm, subject, time(Date.now() - 1000), time(Date.now() + 3_600_000), entries);
  return der(0x30, tbs, algorithm, der(0x03, Buffer.of(0), sign('sha256', tbs, authority.key)));
}

const serialOf = (): Buffer => {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] as number) & 0x3f) + 0x40;
  return serial;
};

test('a list of 100,000 finds what is on it, and a look-up takes far less than a millisecond', async () => {
  const serials = Array.from({ length: 100_000 }, serialOf);
  const { serial } = certificateFacts(path[0] as X509Certificate);
  const list = largeList([...serials, serial]);
  const { entries } = parseCrl(list, 'here');
  expect(entries.count).toBe(100_001);
  expect(serials.every((one) => entries.find(one)?.reason === 1)).toBe(true);
  const began = performance.now();
  for (let index = 0; index < 20_000; index += 1) entries.find(serials[index] as Buffer);
  expect((performance.now() - began) / 20_000).toBeLessThan(0.5);
  expect(await rejection(crlCheck({ lists: list }).check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringContaining('key compromise') });
  expect(await crlCheck({ lists: largeList(serials) }).check(peer)).toMatchObject({ outcome: 'ok' });
});

test('one serial number 100,000 times does not make it slow', () => {
  const serial = serialOf();
  const began = performance.now();
  const { entries } = parseCrl(largeList(Array.from({ length: 100_000 }, () => serial)), 'here');
  expect(entries.find(serial)).toBeDefined();
  expect(performance.now() - began).toBeLessThan(10_000);
});
