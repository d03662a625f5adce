import { X509Certificate } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '@sock/dev-certs';
import { leakGuard, rejection } from '@sock/testkit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { TlsError } from '../errors.ts';
import type { OcspStapler, StaplerOptions } from './stapler.ts';
import { stapler } from './stapler.ts';
import type { StapleUpdate } from './staple-subject.ts';

leakGuard();

const authority = createAuthority({ name: 'Root' });
const issued = authority.issue({ names: ['a.test'] });
const leaf = new X509Certificate(issued.cert);
const issuer = new X509Certificate(authority.ca);
const answer = (more: object = {}): Buffer => authority.ocspResponse({ certificate: issued, ...more });
const HOUR = 3_600_000;

let directory = '';
let file = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'staple-'));
  file = join(directory, 'staple.der');
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(directory, { recursive: true });
});

/** Replaces the file at one stroke, as a careful program does. */
function replace(der: Uint8Array): void {
  writeFileSync(`${file}.new`, der);
  renameSync(`${file}.new`, file);
}

function start(options: StaplerOptions): { readonly staples: OcspStapler; readonly errors: TlsError[]; readonly updates: StapleUpdate[] } {
  const errors: TlsError[] = [];
  const updates: StapleUpdate[] = [];
  return { staples: stapler({ onError: (error) => errors.push(error), onUpdate: (update) => updates.push(update), ...options }), errors, updates };
}

test('bytes are stapled from the first handshake on, until they run out', async () => {
  const der = answer();
  const { staples, errors } = start({ response: der });
  const feed = staples.attach(leaf, issuer);
  const wanted = Buffer.from(der);
  der.fill(0);
  expect(feed.current()).toEqual(wanted);
  await feed.ready();
  vi.advanceTimersByTime(8 * 24 * HOUR);
  expect(feed.current()).toBeUndefined();
  expect(await rejection(feed.ready())).toMatchObject({ code: 'ERR_SOCK_TLS_STAPLE_STALE' });
  expect(errors).toMatchObject([{ code: 'ERR_SOCK_TLS_STAPLE_STALE' }]);
});

test('a file is read again when it changes, at most once in minInterval', () => {
  const [first, second] = [answer(), answer({ responderId: 'key' })];
  replace(first);
  const { staples } = start({ response: { file }, minInterval: '10s' });
  const feed = staples.attach(leaf, issuer);
  replace(second);
  expect(feed.current()).toEqual(first);
  vi.advanceTimersByTime(10_000);
  expect(feed.current()).toEqual(second);
});

test('a file that turns bad leaves the old response, is told once, and may get well', async () => {
  const first = answer();
  replace(first);
  const { staples, errors, updates } = start({ response: { file }, minInterval: '1s' });
  const feed = staples.attach(leaf, issuer);
  for (const bad of [answer({ signer: createAuthority() }), answer({ certificate: authority.issue({ names: ['b.test'] }) })]) {
    replace(bad);
    for (let looks = 0; looks < 3; looks += 1) {
      vi.advanceTimersByTime(1000);
      expect(feed.current()).toEqual(first);
    }
  }
  rmSync(file);
  vi.advanceTimersByTime(1000);
  expect(feed.current()).toEqual(first);
  replace(answer({ status: 'revoked' }));
  vi.advanceTimersByTime(1000);
  expect(feed.current()).toBeUndefined();
  const last = answer({ responderId: 'key' });
  replace(last);
  vi.advanceTimersByTime(1000);
  expect(feed.current()).toEqual(last);
  await feed.ready();
  expect(errors.map(({ code }) => code)).toEqual(['ERR_SOCK_TLS_STAPLE_FORGED', 'ERR_SOCK_TLS_STAPLE_INVALID', 'ERR_SOCK_TLS_RESPONDER', 'ERR_SOCK_TLS_REVOKED']);
  expect(updates).toHaveLength(2);
});

test('a file that is not there is an error at once', () => {
  expect(() => stapler({ response: { file } })).toThrow(expect.objectContaining({ name: 'TlsConfigError', code: 'ERR_SOCK_TLS_MATERIAL', option: 'response' }));
});
