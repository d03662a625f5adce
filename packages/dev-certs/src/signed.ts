import { bitString, encode, type Asn1 } from './der.ts';
import type { KeyPair } from './key-pair.ts';

/**
 * Signs `content`: the three things that certificates, lists and OCSP answers alike put into their outer SEQUENCE (RFC 5280
 * §4.1.1). With `'corrupt'` one bit of the signature is wrong.
 */
export function signed(content: Asn1, keys: KeyPair, corrupt?: 'corrupt'): [content: Asn1, algorithm: Asn1, signature: Asn1] {
  const signature = keys.sign(encode(content));
  // The last bit leaves an ECDSA signature well-formed, so that it is refused for what it says, not for how it is written.
  if (corrupt) signature[signature.length - 1] = (signature.at(-1) ?? 0) ^ 1;
  return [content, keys.signatureAlgorithm, bitString(signature)];
}
