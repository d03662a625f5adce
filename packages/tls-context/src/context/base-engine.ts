import { X509Certificate } from 'node:crypto';
import { constants } from 'node:crypto';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { Danger } from '../danger/waiver.ts';
import { waives } from '../danger/waiver.ts';
import type { CertificateOptions, OwnCertificate } from '../material/own-certificate.ts';
import { loadOwnCertificate } from '../material/own-certificate.ts';
import { DEFAULT_CIPHERS } from '../material/cipher-suites.ts';
import { loadAuthorities, trustDigest } from '../material/trust.ts';
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
  /** The authorities, PEM; `undefined` for those of the runtime. */
  readonly authorities: readonly string[] | undefined;
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
  const { cert, key, passphrase, ca } = options;
  const { minVersion, maxVersion, maxChainDepth, maxErrorText } = values;
  const own = cert === undefined && key === undefined ? undefined : loadOwn({ cert, key, passphrase, names: options.names }, '', options.danger);
  const authorities = ca === undefined ? undefined : loadAuthorities(ca);
  const anchors = anchorsOf(() => (authorities ?? rootCertificates).map((pem) => new X509Certificate(pem)));
  const rules = verifyRules(options, { mode, maxDepth: maxChainDepth, maxText: maxErrorText, anchors });
  const fixed = trustDigest({ authorities, leaf: own?.leaf.x509.fingerprint256, alpn, minVersion, maxVersion });
  return {
    values, rules, own, authorities,
    trust: () => trustDigest({ fixed, rules: rulesDigest(rules) }),
    native: (more = {}) => createSecureContext({
      minVersion,
      maxVersion,
      ciphers: DEFAULT_CIPHERS,
      ...(authorities === undefined ? {} : { ca: authorities }),
      ...(own === undefined ? {} : { cert: own.chainPem, key: own.keyPem }),
      ...more,
      // What a second handshake shows would not be verified again (TLS 1.2; TLS 1.3 has none).
      secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (more.secureOptions ?? 0),
    }),
  };
}

/** One of this side's own certificates; `where` stands before the names of its options in errors. */
export function loadOwn(options: CertificateOptions, where: string, danger: Danger | undefined): OwnCertificate {
  return loadOwnCertificate(options, where, { lenient: waives(danger, 'own-certificate') });
}
