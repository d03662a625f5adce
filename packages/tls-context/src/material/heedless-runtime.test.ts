import type * as tls from 'node:tls';
import { expect, test, vi } from 'vitest';
import { checkCiphers } from './cipher-suites.ts';
import { checkGroups, defaultGroups } from './groups.ts';
import { checkSignatureAlgorithms } from './signature-algorithms.ts';

// As Deno 2.9.6 does: whatever the lists say, there is no fault and no effect. Bun 1.4.5 does it with suites of TLS 1.3.
vi.mock('node:tls', async (original) => ({ ...await original<typeof tls>(), createSecureContext: () => ({}) }));

const refused = (option: string): unknown => expect.objectContaining({ code: 'ERR_SOCK_TLS_OPTION', option, message: expect.stringContaining('this runtime passes over the list') });

test('lists that a runtime passes over are refused, and what is not given is not missed', () => {
  expect(() => checkGroups(['P-256'])).toThrow(refused('groups'));
  expect(() => checkCiphers(['TLS_AES_256_GCM_SHA384'], false)).toThrow(refused('ciphers'));
  expect(() => checkSignatureAlgorithms(['ed25519'], false)).toThrow(refused('signatureAlgorithms'));
  expect(checkGroups(undefined)).toBe(defaultGroups());
  expect(checkCiphers(undefined, false).list).toContain('TLS_AES_128_GCM_SHA256');
  expect(checkSignatureAlgorithms(undefined, false)).toBeUndefined();
});
