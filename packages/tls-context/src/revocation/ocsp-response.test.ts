import { X509Certificate } from 'node:crypto';
import { isSocketError } from '@sock/core';
import { createAuthority } from '@sock/dev-certs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Peer } from '../verify/peer.ts';
import { ocspCheck } from './ocsp-check.ts';

const authority = createAuthority();
const leaf = authority.issue({ names: ['a.test'] });
const responder = authority.issue({ usage: 'ocsp' });
const path = [new X509Certificate(leaf.cert), new X509Certificate(authority.ca)];
const peer = (staple: Uint8Array): Peer => ({ role: 'client', endpoint: undefined, expected: 'a.test', certificate: path[0] as X509Certificate, chain: path, resumed: false, staple, path: () => path });

const edits = (length: number): fc.Arbitrary<{ at: number; byte: number; insert: boolean; cut: number }[]> =>
  fc.array(fc.record({ at: fc.nat(length - 1), byte: fc.nat(255), insert: fc.boolean(), cut: fc.oneof({ weight: 6, arbitrary: fc.constant(length) }, fc.nat(length)) }), { minLength: 1, maxLength: 3 });

async function outcomeOf(staple: Uint8Array): Promise<string> {
  const found: unknown = await ocspCheck({ policy: 'hard' }).check(peer(staple)).then(({ outcome }) => outcome, (error: unknown) => error);
  if (typeof found === 'string') return found;
  expect(isSocketError(found)).toBe(true);
  return (found as { code: string }).code;
}

test.each([
  ['revoked', authority.ocspResponse({ certificate: leaf, status: 'revoked' }), 'ERR_SOCK_TLS_REVOKED'],
  ['stale, of a delegate', authority.ocspResponse({ certificate: leaf, responder, validity: 'expired' }), 'ERR_SOCK_TLS_STAPLE_STALE'],
  ['of somebody else', authority.ocspResponse({ certificate: leaf, signer: createAuthority() }), 'ERR_SOCK_TLS_STAPLE_FORGED'],
])('a spoilt response raises nothing untyped, and never turns a refusal into ok: %s', async (_, staple, code) => {
  expect(await outcomeOf(staple)).toBe(code);
  await fc.assert(
    fc.asyncProperty(edits(staple.length), async (list) => {
      let spoilt = Buffer.from(staple);
      for (const { at, byte, insert, cut } of list) {
        spoilt = insert ? Buffer.concat([spoilt.subarray(0, at), Buffer.of(byte), spoilt.subarray(at)]) : spoilt;
        spoilt[Math.min(at, spoilt.length - 1)] = byte;
        spoilt = spoilt.subarray(0, Math.max(cut, 1));
      }
      expect(await outcomeOf(spoilt)).toMatch(/^ERR_SOCK_TLS_(STAPLE_|REVOKED)/);
    }),
    { numRuns: 250 },
  );
});

test('any bytes at all are refused typed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.integer({ min: 1, max: 20_000 }).map((depth) => Buffer.alloc(depth, Buffer.from('3080', 'hex')))), async (bytes) => {
      expect(await outcomeOf(bytes)).toBe('ERR_SOCK_TLS_STAPLE_INVALID');
    }),
    { numRuns: 200 },
  );
});
