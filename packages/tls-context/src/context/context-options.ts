import { nearestName } from '@sock/config';
import type { Material } from '../material/material.ts';
import type { TlsInput, TlsValues } from '../tls-section.ts';
import { tlsSection } from '../tls-section.ts';
import type { Authorities } from '../material/authorities.ts';
import { optionFault } from '../material/option-fault.ts';
import type { Pkcs12Source } from '../material/pkcs12-source.ts';
import type { VerifyOptions } from '../verify/rules.ts';
import { VERIFY_OPTIONS } from '../verify/rules.ts';

/** What both roles take, beside the fields of `tlsSection`. */
export interface ContextOptions extends TlsInput, VerifyOptions {
  /** This side's certificate, then the intermediates above it. */
  readonly cert?: Material | undefined;
  /** The private key of `cert`: PKCS#8, PKCS#1 or SEC 1. */
  readonly key?: Material | undefined;
  /** Opens an encrypted `key`. */
  readonly passphrase?: string | undefined;
  /** Certificate, chain and key in one file, by `pkcs12()` of `@sock/tls-context/pkcs12`; in place of `cert` and `key`. */
  readonly pfx?: Pkcs12Source | undefined;
  /**
   * Cipher suites by their IANA or OpenSSL names, the preferred first, of TLS 1.2 and 1.3 alike. Weak ones are refused. Default: **AES-128-GCM,
   * AES-256-GCM and ChaCha20-Poly1305, with ECDHE**
   */
  readonly ciphers?: readonly string[] | undefined;
  /** Groups for the key exchange, the preferred first. Default: **X25519, P-256, P-384** */
  readonly groups?: readonly string[] | undefined;
  /** Signature schemes by their names in RFC 8446, section 4.2.3, the preferred first. Default: **those of OpenSSL** */
  readonly signatureAlgorithms?: readonly string[] | undefined;
  /**
   * The authorities that peers are verified against, in place of all others. `undefined` is refused: a variable that is not set
   * must not widen trust, or switch client certificates off.
   */
  readonly ca?: Authorities;
  /** Application protocols, the preferred first (ALPN, RFC 7301). Default: **none** */
  readonly alpn?: readonly string[] | undefined;
}

const COMMON = ['cert', 'key', 'passphrase', 'pfx', 'ca', 'alpn', 'ciphers', 'groups', 'signatureAlgorithms'] as const;

/**
 * Checks the options of a context: names that are not known, and values that contradict each other.
 *
 * @param more - further names that this role knows
 * @throws `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_CONFIG`
 */
export function checkContextOptions(options: Omit<ContextOptions, 'alpn'>, more: readonly string[], where: string): TlsValues {
  if (typeof options !== 'object' || options === null || Array.isArray(options)) throw optionFault('options', `${where} takes an object with options`);
  const known: readonly string[] = [...COMMON, ...VERIFY_OPTIONS, ...more, ...Object.keys(tlsSection.fields)];
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw optionFault(name, `${where} has no such option${nearest === undefined ? '' : `; did you mean ${nearest}?`}`);
  }
  if ('ca' in options && options.ca === undefined) {
    throw optionFault('ca', 'it is given as undefined; leave it out if no authorities are meant');
  }
  if (options.passphrase !== undefined && typeof options.passphrase !== 'string') throw optionFault('passphrase', 'expected text');
  const values = tlsSection.pick(options, where);
  if (values.minVersion > values.maxVersion) {
    throw optionFault('minVersion', `${values.minVersion} is newer than maxVersion ${values.maxVersion}: no version is left`);
  }
  return values;
}
