import type { X509Certificate } from 'node:crypto';
import { isIssuedBy } from '../material/chain-order.ts';

/** Where certificates stand that are trusted. */
export interface Anchors {
  /** The trusted certificates that may have issued this one, by their subject. */
  issuersOf(certificate: X509Certificate): readonly X509Certificate[];
  /** Whether this very certificate is trusted. */
  has(certificate: X509Certificate): boolean;
}

/** A peer decides what it sends: so many signatures are checked at most. */
const MAX_CHECKS = 64;

/**
 * The path from a certificate up to a trusted one, each signature checked. OpenSSL has judged the chain before; this finds which
 * certificates it rests on, because a peer may send others beside them that have no part in it.
 *
 * @param sent - what the peer sent, in any order
 * @returns the certificate itself first, the trusted one last; `undefined` when there is no such path
 */
export function buildPath(leaf: X509Certificate, sent: readonly X509Certificate[], anchors: Anchors): readonly X509Certificate[] | undefined {
  let checks = 0;
  const climb = (path: readonly X509Certificate[]): readonly X509Certificate[] | undefined => {
    const below = path[path.length - 1] as X509Certificate;
    if (isSelfIssued(below)) {
      if (anchors.has(below)) return path;
      // An authority that changes its key signs the new one with the old one, under one name: such a certificate has something above it.
      if (isIssuedBy(below, below)) return undefined;
    }
    const candidates = [...anchors.issuersOf(below), ...sent.filter((one) => one !== leaf && one.ca && one.subject === below.issuer)];
    for (const issuer of candidates) {
      if (path.some((one) => one.fingerprint256 === issuer.fingerprint256)) continue;
      checks += 1;
      if (checks > MAX_CHECKS) return undefined;
      if (!isIssuedBy(below, issuer)) continue;
      const found = climb([...path, issuer]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return climb([leaf]);
}

function isSelfIssued(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer;
}
