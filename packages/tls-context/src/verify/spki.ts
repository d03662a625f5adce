import type { DerElement } from '../material/der-element.ts';
import { elementAt, SEQUENCE } from '../material/der-element.ts';

/**
 * The SubjectPublicKeyInfo of a certificate (RFC 5280, section 4.1), as it stands in its DER: a view. Having OpenSSL decode the key and encode it again gives
 * the same bytes, and takes a hundred times as long.
 *
 * @param der - of a certificate that OpenSSL has read
 * @throws RangeError for bytes that are none
 */
export function spkiOf(der: Uint8Array): Uint8Array {
  // Certificate, TBSCertificate.
  let at = sequenceAt(der, sequenceAt(der, 0).start).start;
  // The version, which stands there only when it is not 1.
  if (der[at] === VERSION) at = foundAt(der, at).end;
  for (let skipped = 0; skipped < BEFORE_KEY; skipped += 1) at = foundAt(der, at).end;
  return der.subarray(at, sequenceAt(der, at).end);
}

const VERSION = 0xa0;
/** Serial number, signature algorithm, issuer, validity, subject. */
const BEFORE_KEY = 5;

function sequenceAt(der: Uint8Array, at: number): DerElement {
  if (der[at] !== SEQUENCE) throw new RangeError('these bytes are no certificate');
  return foundAt(der, at);
}

function foundAt(der: Uint8Array, at: number): DerElement {
  const found = elementAt(der, at);
  if (found === undefined) throw new RangeError('these bytes are no certificate');
  return found;
}
