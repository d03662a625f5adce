import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection, turns } from '@sock/testkit';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TlsConfigError } from '../errors.ts';
import type { Peer } from '../verify/peer.ts';
import { crlCheck } from './crl-check.ts';

leakGuard();

const authority = createAuthority({ name: 'Root' });
const leaf = authority.issue({ names: ['a.test'] });
const path = [new X509Certificate(leaf.cert), new X509Certificate(authority.ca)];
const peer: Peer = { role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple: undefined, path: () => path };
const good = authority.crl();
const bad = authority.crl({ revoked: [{ certificate: leaf }] });

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'crl-'));
  file = join(directory, 'list.pem');
  writeFileSync(file, good.pem);
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

/** Replaces the file at one stroke, as a careful program does. */
function replace(text: string | Uint8Array, target = file): void {
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
}

describe('reload', () => {
  test('a file that changed counts from the next look on, and not before', async () => {
    let changes = 0;
    const check = crlCheck({ lists: { file }, reload: '1m', onChange: () => (changes += 1) });
    const { digest } = check;
    replace(bad.pem);
    vi.advanceTimersByTime(59_000);
    expect(await check.check(peer)).toMatchObject({ outcome: 'ok' });
    expect(check.digest).toBe(digest);
    vi.advanceTimersByTime(1000);
    expect(check.digest).not.toBe(digest);
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    expect(changes).toBe(1);
  });

  test('what is gone from the file is gone: a reload never adds up', async () => {
    writeFileSync(file, bad.pem);
    const check = crlCheck({ lists: { file }, reload: 0 });
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    // Older than the list before, so that it would lose against it.
    replace(authority.crl({ thisUpdate: new Date(Date.now() - 3_600_000) }).pem);
    expect(await check.check(peer)).toMatchObject({ outcome: 'ok' });
  });

  test('a fault keeps the last good lists, is told once, and stands in the detail', async () => {
    const told: TlsConfigError[] = [];
    const check = crlCheck({ lists: { file }, reload: 0, onError: (error) => told.push(error) });
    replace('-----BEGIN X509 CRL-----\nAAAA\n');
    const result = await check.check(peer);
    expect(result).toMatchObject({ outcome: 'ok', detail: expect.stringMatching(/older ones, because reading them again failed: .*cut off/) });
    await check.check(peer);
    expect(told).toMatchObject([{ code: 'ERR_SOCK_TLS_CRL_INVALID', message: expect.stringContaining(`${file}, line 1: the block "X509 CRL" has no END line`) }]);
    rmSync(file);
    await check.check(peer);
    expect(told[1]).toMatchObject({ code: 'ERR_SOCK_TLS_MATERIAL' });
    writeFileSync(file, bad.pem);
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    expect(told).toHaveLength(2);
  });

  test('reload() reads at once, throws and keeps', async () => {
    const check = crlCheck({ lists: { file } });
    replace(bad.pem);
    check.reload?.();
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    replace('rubbish');
    expect(() => check.reload?.()).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_CRL_INVALID', message: expect.stringContaining('has no PEM block') }));
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
  });

  test('a list that ran out makes it look before the interval has passed', async () => {
    const nextUpdate = new Date(Date.now() + 30_000);
    writeFileSync(file, authority.crl({ nextUpdate }).pem);
    const check = crlCheck({ lists: { file }, reload: '1d' });
    replace(good.pem);
    expect(await check.check(peer)).toMatchObject({ validUntil: Math.floor(nextUpdate.getTime() / 1000) * 1000 });
    vi.advanceTimersByTime(31_000);
    expect(await check.check(peer)).toMatchObject({ outcome: 'ok', validUntil: good.nextUpdate?.getTime() });
  });

  test('a link that points elsewhere is a change, and so is a file in a directory', async () => {
    const lists = join(directory, 'lists');
    mkdirSync(lists);
    writeFileSync(join(directory, 'bad.pem'), bad.pem);
    symlinkSync(file, join(lists, 'a.crl'));
    const check = crlCheck({ lists: { directory: lists }, reload: 0 });
    expect(check.files).toEqual([join(lists, 'a.crl'), lists]);
    expect(await check.check(peer)).toMatchObject({ outcome: 'ok' });
    symlinkSync(join(directory, 'bad.pem'), join(lists, 'a.new'));
    renameSync(join(lists, 'a.new'), join(lists, 'a.crl'));
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED' });
    rmSync(join(lists, 'a.crl'));
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_MISSING' });
    writeFileSync(join(lists, 'b.r0'), good.pem);
    expect(await check.check(peer)).toMatchObject({ outcome: 'ok' });
  });

  test('a change of the time alone reads the same lists: no change is told', async () => {
    let changes = 0;
    const check = crlCheck({ lists: { file }, reload: 0, onChange: () => (changes += 1) });
    const { digest } = check;
    utimesSync(file, 1, 1);
    expect(check.digest).toBe(digest);
    await turns(1);
    expect(changes).toBe(0);
  });
});

describe('what stands in the files', () => {
  test('several lists in one file, and a certificate between them that becomes nothing', async () => {
    const evil = createAuthority({ name: 'Evil' });
    const other = evil.issue({ names: ['a.test'] });
    writeFileSync(file, `${evil.crl().pem}${evil.ca}some text\n${bad.pem}`);
    const check = crlCheck({ lists: { file } });
    expect(await rejection(check.check(peer))).toMatchObject({ code: 'ERR_SOCK_TLS_REVOKED', message: expect.stringMatching(/list\.pem, block 3 \(line \d+\)/) });
    // The path is the peer's: without one, the certificate of the file does not make any.
    const stranger = { ...peer, certificate: new X509Certificate(other.cert), path: () => undefined };
    expect(await rejection(check.check(stranger))).toMatchObject({ code: 'ERR_SOCK_TLS_CRL_MISSING' });
  });

  test('DER as a file, as bytes, and PEM as text', async () => {
    writeFileSync(file, good.der);
    for (const lists of [{ file }, good.der, good.pem, Buffer.from(good.pem)]) expect(await crlCheck({ lists }).check(peer)).toMatchObject({ outcome: 'ok' });
  });

  test('bytes that change behind its back change nothing', async () => {
    const bytes = Buffer.from(good.der);
    const check = crlCheck({ lists: bytes });
    bytes.fill(0);
    expect(await check.check(peer)).toMatchObject({ outcome: 'ok' });
  });

  test.each([
    ['a certificate alone', authority.ca, /no "X509 CRL" among them/],
    ['nothing', '', /it is empty/],
    ['a spoilt block', `${good.pem}-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n`, /block 2 \(line \d+\): the revocation list cannot be used: the list has the tag 0x0/],
    ['DER with more behind it', Buffer.concat([good.der, Buffer.of(0)]), /bytes follow behind the list/],
  ])('%s is refused with file and block', (_, content, why) => {
    writeFileSync(file, content);
    expect(() => crlCheck({ lists: [{ file }] })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_CRL_INVALID', option: 'lists[0]', message: expect.stringMatching(why) }));
  });

  test('in a directory, files of certificates and of other names are passed over; a spoilt list is not', async () => {
    writeFileSync(join(directory, 'ca.pem'), authority.ca);
    writeFileSync(join(directory, 'README'), 'no list');
    writeFileSync(join(directory, '.hidden.pem'), 'no list');
    expect(await crlCheck({ lists: { directory } }).check(peer)).toMatchObject({ outcome: 'ok' });
    writeFileSync(join(directory, 'x.crl'), 'no list');
    expect(() => crlCheck({ lists: { directory } })).toThrow(/x\.crl has no PEM block/);
  });

  test('a file above 64 MiB is not read', () => {
    writeFileSync(file, Buffer.alloc(67_108_865));
    expect(() => crlCheck({ lists: { file } })).toThrow(expect.objectContaining({ code: 'ERR_SOCK_TLS_MATERIAL', message: expect.stringContaining('at most 67108864') }));
  });
});
