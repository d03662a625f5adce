import { constants } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Danger } from '../danger/waiver.ts';
import { waives } from '../danger/waiver.ts';
import type { CertificateOptions, OwnCertificate } from '../material/own-certificate.ts';
import { loadOwnCertificate } from '../material/own-certificate.ts';
import { loadTrust } from '../material/authorities.ts';
import { checkCiphers } from '../material/cipher-suites.ts';
import { checkGroups } from '../material/groups.ts';
import { checkSignatureAlgorithms } from '../material/signature-algorithms.ts';
import { trustDigest } from '../material/trust-digest.ts';
import type { TlsValues } from '../tls-section.ts';
import { anchorsOf } from '../verify/anchors.ts';
import type { VerifyMode, VerifyRules } from '../verify/rules.ts';
import { rulesDigest, verifyRules } from '../verify/rules.ts';
import type { ContextOptions } from './context-options.ts';

/** What both roles are made of, loaded and checked. */
export interface BaseEngine {
  readonly values: TlsValues;
  readonly rules: VerifyRules;
  readonly own: OwnCertificate | undefined;
  /** A digest of the authorities. */
  readonly authorities: string;
  /** A digest of all that decides whom the context trusts, and as whom it speaks. It changes when revocation lists are reloaded. */
  trust(): string;
  /** A native context; parsing the material again is work. */
  native(more?: SecureContextOptions): SecureContext;
}

/**
 * Loads and checks all that both roles take.
 *
 * @throws `ERR_SOCK_TLS_PEM`, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_KEY`, `ERR_SOCK_TLS_KEY_MISMATCH`, `ERR_SOCK_TLS_OPTION`
 */
export function loadBase(options: Omit<ContextOptions, 'alpn'> & { readonly names?: readonly string[] | undefined }, values: TlsValues, mode: VerifyMode, alpn: unknown): BaseEngine {
  const { cert, key, passphrase, pfx, ca, danger } = options;
  const { minVersion, maxVersion, maxChainDepth, maxErrorText } = values;
  const own = cert === undefined && key === undefined && pfx === undefined ? undefined : loadOwn({ cert, key, passphrase, pfx, names: options.names }, '', danger);
  const trusted = loadTrust(ca);
  const weak = waives(danger, 'weak-ciphers');
  const ciphers = checkCiphers(options.ciphers, weak, { minVersion, maxVersion }).list;
  const groups = checkGroups(options.groups);
  const sigalgs = checkSignatureAlgorithms(options.signatureAlgorithms, weak);
  const anchors = anchorsOf(trusted.anchors);
  const rules = verifyRules(options, { mode, maxDepth: maxChainDepth, maxText: maxErrorText, anchors });
  const fixed = trustDigest({ trusted: trusted.digest, own: own?.leaf.x509.fingerprint256, alpn, minVersion, maxVersion, ciphers, groups, sigalgs });
  return {
    values, rules, own,
    authorities: trusted.digest,
    trust: trustOf(fixed, rules),
    native: (more = {}) => createSecureContext({
      minVersion,
      maxVersion,
      ciphers,
      ecdhCurve: groups,
      ...(sigalgs === undefined ? {} : { sigalgs }),
      ...(trusted.pem === undefined ? {} : { ca: [...trusted.pem] }),
      ...(own === undefined ? {} : { cert: own.chainPem, key: own.keyPem }),
      ...more,
      // What a second handshake shows would not be verified again (TLS 1.2; TLS 1.3 has none).
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (more.secureOptions ?? 0),
    }),
  };
}

/** Asked for with every connection; only revocation lists that are read again change it. */
function trustOf(fixed: string, rules: VerifyRules): () => string {
  let known: { readonly crl: string | undefined; readonly ocsp: string | undefined; readonly digest: string } | undefined;
  return () => {
    const crl = rules.crl?.digest;
    const ocsp = rules.ocsp?.digest;
    if (known === undefined || known.crl !== crl || known.ocsp !== ocsp) known = { crl, ocsp, digest: trustDigest({ fixed, rules: rulesDigest(rules) }) };
    return known.digest;
  };
}

/** One of this side's own certificates; `where` stands before the names of its options in errors. */
export function loadOwn(options: CertificateOptions, where: string, danger: Danger | undefined): OwnCertificate {
  return loadOwnCertificate(options, where, { lenient: waives(danger, 'own-certificate') });
}
