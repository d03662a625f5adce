/**
 * The SubjectPublicKeyInfo of a certificate (RFC 5280, section 4.1), as it stands in its DER: a view. Having OpenSSL decode the key and encode it again gives
 * the same bytes, and takes a hundred times as long.
 *
 * @param der - of a certificate that OpenSSL has read
 * @throws RangeError for bytes that are none
 */
export function spkiOf(der: Uint8Array): Uint8Array {
  // Certificate, TBSCertificate.
  let at = contentOf(der, contentOf(der, 0));
  // The version, which stands there only when it is not 1.
  if (der[at] === VERSION) at = endOf(der, at);
  for (let skipped = 0; skipped < BEFORE_KEY; skipped += 1) at = endOf(der, at);
  const end = endOf(der, at);
  if (der[at] !== SEQUENCE || end > der.length) throw new RangeError('these bytes are no certificate');
  return der.subarray(at, end);
}

const SEQUENCE = 0x30;
const VERSION = 0xa0;
/** Serial number, signature algorithm, issuer, validity, subject. */
const BEFORE_KEY = 5;

function contentOf(der: Uint8Array, at: number): number {
  if (der[at] !== SEQUENCE) throw new RangeError('these bytes are no certificate');
  const first = der[at + 1] as number;
  return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
}

function endOf(der: Uint8Array, at: number): number {
  const first = der[at + 1] as number;
  if (first < 0x80) return at + 2 + first;
  const count = first & 0x7f;
  let length = 0;
  for (let index = 0; index < count; index += 1) length = length * 256 + (der[at + 2 + index] as number);
  return at + 2 + count + length;
}
