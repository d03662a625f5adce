import { X509Certificate } from 'node:crypto';
import { createAuthority } from '@sock/dev-certs';
import { expect, it } from 'vitest';
import { spkiOf } from './spki.ts';

it.each([['ec'], ['ec-p384'], ['rsa']] as const)('the key of a certificate (%s) is found as OpenSSL would write it', (keyType) => {
  const { raw, publicKey } = new X509Certificate(createAuthority().issue({ names: ['localhost'], keyType }).cert);
  expect(Buffer.from(spkiOf(raw))).toEqual(publicKey.export({ type: 'spki', format: 'der' }));
});

it('bytes that are no certificate are refused', () => {
  const { raw } = new X509Certificate(createAuthority().ca);
  expect(() => spkiOf(new Uint8Array(0))).toThrow(RangeError);
  expect(() => spkiOf(Uint8Array.of(0x04, 0x01, 0x00))).toThrow('no certificate');
  for (let length = 0; length < raw.length; length += 7) {
    const cut = raw.subarray(0, length);
    // What is cut off behind the key is not looked at; a key is never longer than what there is.
    try {
      expect(spkiOf(cut).length).toBeLessThanOrEqual(length);
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError);
    }
  }
});
