import type { KeyObject } from 'node:crypto';
import { X509Certificate } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';
import { checkNames, dnsNames } from './certificate-names.ts';
import { checkChainOrder } from './chain-order.ts';
import type { KeyType } from './key-type-of.ts';
import { keyTypeOf } from './key-type-of.ts';
import type { LoadedCertificate, Material } from './material.ts';
import { loadCertificates, subject } from './material.ts';
import { optionFault } from './option-fault.ts';
import type { Pkcs12Source } from './pkcs12-source.ts';
import { loadPrivateKey } from './private-key.ts';

/** A certificate of this side and where it comes from: `cert` with `key`, or `pfx`. */
export interface CertificateOptions {
  /** This side's certificate, then the intermediates above it. */
  readonly cert?: Material | undefined;
  /** The private key of `cert`: PKCS#8, PKCS#1 or SEC 1. */
  readonly key?: Material | undefined;
  /** Opens an encrypted `key`. A `pfx` has its own. */
  readonly passphrase?: string | undefined;
  /** Certificate, chain and key in one file, by `pkcs12()` of `@sock/tls-context/pkcs12`. */
  readonly pfx?: Pkcs12Source | undefined;
  /** The server names that it is for. Default: **the DNS names of the certificate**, wildcards included */
  readonly names?: readonly string[] | undefined;
}

/** A certificate of this side that has passed every check. */
export interface OwnCertificate {
  readonly leaf: LoadedCertificate;
  /** The leaf first, each issued by the next. */
  readonly chain: readonly LoadedCertificate[];
  readonly chainPem: string;
  /** PKCS#8, not encrypted. */
  readonly keyPem: string;
  readonly key: KeyObject;
  readonly keyType: KeyType;
  /** In ASCII and lower case; a wildcard as `*.example.org`. */
  readonly names: readonly string[];
}

/** How strict {@link loadOwnCertificate} is. */
export interface OwnCertificateChecks {
  /** Default: **the clock** */
  readonly now?: Date | undefined;
  /** Passes over dates, the order of the chain and names, for programs that said `danger()`; never over a key that does not match. Default: **false** */
  readonly lenient?: boolean | undefined;
}

/**
 * Loads a certificate with its key, and refuses what a peer would refuse later: better no server than one that nobody can reach.
 *
 * @param where - goes before the names of options in errors, such as `''` or `'certificates[1].'`
 * @throws `ERR_SOCK_TLS_CHAIN_ORDER`, `ERR_SOCK_TLS_EXPIRED`, `ERR_SOCK_TLS_KEY`, `ERR_SOCK_TLS_KEY_MISMATCH`, `ERR_SOCK_TLS_MATERIAL`,
 * `ERR_SOCK_TLS_NAME_MISMATCH`, `ERR_SOCK_TLS_NOT_YET_VALID`, `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_TLS_PASSPHRASE`, `ERR_SOCK_TLS_PEM`
 */
export function loadOwnCertificate(options: CertificateOptions, where = '', { now = new Date(), lenient = false }: OwnCertificateChecks = {}): OwnCertificate {
  const { chain, key, keySource, certOption, keyOption } = options.pfx === undefined ? fromPair(options, where) : fromPfx(options, options.pfx, where);
  const keyType = keyTypeOf(key, keyOption, keySource);
  const leaf = chain[0] as LoadedCertificate;
  checkMatch(chain, key, keyOption, keySource);
  if (!lenient) {
    checkChainOrder(chain, certOption);
    for (const one of chain) checkDates(one, now, certOption);
  }
  const names = options.names === undefined ? dnsNames(leaf.x509) : checkNames(options.names, leaf.x509, `${where}names`, lenient);
  return {
    leaf,
    chain,
    chainPem: chain.map(({ pem }) => pem).join(''),
    keyPem: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    key,
    keyType,
    names,
  };
}

interface Loaded {
  readonly chain: readonly LoadedCertificate[];
  readonly key: KeyObject;
  readonly keySource: string;
  readonly certOption: string;
  readonly keyOption: string;
}

function fromPair({ cert, key, passphrase }: CertificateOptions, where: string): Loaded {
  const certOption = `${where}cert`;
  const keyOption = `${where}key`;
  if (cert === undefined) throw optionFault(certOption, key === undefined ? 'it is missing: give cert and key, or pfx' : 'cert and key are given together');
  if (key === undefined) throw optionFault(keyOption, 'cert and key are given together');
  if (passphrase !== undefined && typeof passphrase !== 'string') throw optionFault(`${where}passphrase`, 'expected text');
  const chain = loadCertificates(cert, certOption);
  const loaded = loadPrivateKey(key, keyOption, passphrase);
  return { chain, key: loaded.key, keySource: loaded.source, certOption, keyOption };
}

function fromPfx(options: CertificateOptions, pfx: Pkcs12Source, where: string): Loaded {
  const name = `${where}pfx`;
  const second = (['cert', 'key', 'passphrase'] as const).find((other) => options[other] !== undefined);
  if (second === 'passphrase') throw optionFault(`${where}passphrase`, 'it opens a key; that of a pfx is given to pkcs12(file, passphrase)');
  if (second !== undefined) throw optionFault(name, `it holds certificate and key, so ${second} cannot be given beside it`);
  if (typeof pfx !== 'object' || pfx === null || typeof pfx.load !== 'function') throw optionFault(name, 'expected what pkcs12() of @sock/tls-context/pkcs12 makes');
  const { certs, key } = pfx.load(name);
  const source = pfx.files[0] ?? 'the PKCS#12 bytes given';
  const chain = certs.map((der, index) => {
    const x509 = new X509Certificate(der);
    return { x509, pem: x509.toString(), source: `${source}, certificate ${index + 1}` };
  });
  return { chain, key, keySource: source, certOption: name, keyOption: name };
}

function checkMatch(chain: readonly LoadedCertificate[], key: KeyObject, name: string, source: string): void {
  const place = chain.findIndex(({ x509 }) => x509.checkPrivateKey(key));
  if (place === 0) return;
  const leaf = chain[0] as LoadedCertificate;
  const cure = place > 0 ? `it belongs to the certificate that stands at place ${place + 1} of the chain: the own one stands first` : 'it belongs to another certificate';
  throw new TlsConfigError('ERR_SOCK_TLS_KEY_MISMATCH', name, `${source} does not match the certificate ${subject(leaf.x509)} (${leaf.source}): ${cure}`);
}

function checkDates({ x509, source }: LoadedCertificate, now: Date, name: string): void {
  const [from, to] = [new Date(x509.validFrom), new Date(x509.validTo)];
  const words = `${subject(x509)} (${source}) is valid from ${day(from)} to ${day(to)}, and it is ${day(now)} now`;
  if (now > to) throw new TlsConfigError('ERR_SOCK_TLS_EXPIRED', name, `the certificate has expired: ${words}; renew it; is the clock right?`);
  if (now < from) throw new TlsConfigError('ERR_SOCK_TLS_NOT_YET_VALID', name, `the certificate is not valid yet: ${words}; is the clock right?`);
}

function day(date: Date): string {
  return Number.isNaN(date.getTime()) ? '(no date)' : date.toISOString();
}
