import type { X509Certificate } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TlsConfigError } from '../errors.ts';
import type { LoadedCertificate, Material } from './material.ts';
import { loadCertificates, requirePath, subject, unreadable } from './material.ts';
import { trustDigest } from './trust-digest.ts';
import { defaultStore, runtimeStore, systemStore } from './trust-stores.ts';

/**
 * Whom to trust: certificates as PEM, bytes or `{ file }`; `{ directory }` with such files; `'runtime'` for what Node trusts by default,
 * `NODE_EXTRA_CA_CERTS` included; `'system'` for the store of the operating system, which is never used unless it is written.
 */
export type Authority = Material | { readonly directory: string } | 'system' | 'runtime';

/** One authority or several. */
export type Authorities = Authority | readonly Authority[];

/** The authorities that peers are verified against. */
export interface Trust {
  /** One text each, for Node's option `ca`; `undefined` when Node's default store is used. */
  readonly pem: readonly string[] | undefined;
  /** Equal only for equal trust. */
  readonly digest: string;
  /** The certificates. Those of the runtime are read at every call. */
  anchors(): readonly X509Certificate[];
}

/**
 * Loads the trusted authorities, each once. One that cannot be loaded is an error, never wider trust.
 *
 * @param ca - `undefined`: those of the runtime
 * @throws `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_PEM`
 */
export function loadTrust(ca: Authorities | undefined): Trust {
  if (ca === undefined) return trustOf(undefined, () => unique(defaultStore()).map(({ x509 }) => x509));
  const several = Array.isArray(ca);
  const list = (several ? ca : [ca]) as readonly Authority[];
  if (list.length === 0) {
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'ca', 'an empty list trusts nobody, so no peer could be verified; leave it out for those of the runtime');
  }
  const loaded = unique(list.flatMap((authority, index) => load(authority, several ? `ca[${index}]` : 'ca')));
  return trustOf(loaded.map(({ pem }) => pem), () => loaded.map(({ x509 }) => x509));
}

function load(authority: Authority, option: string): LoadedCertificate[] {
  if (authority === 'runtime') return runtimeStore(option);
  if (authority === 'system') return systemStore(option);
  const given = typeof authority === 'object' && authority !== null && 'directory' in authority ? fromDirectory(authority.directory, option) : loadCertificates(authority, option);
  for (const { x509, source } of given) checkAuthority(x509, source, option);
  return given;
}

/**
 * OpenSSL takes such a certificate into its store, where it vouches for nothing: not for what it signed, and not for itself, because a
 * path has to end at a certificate that signed itself. All peers would be refused, with an error that speaks of something else.
 */
function checkAuthority(x509: X509Certificate, source: string, option: string): void {
  if (x509.ca || x509.subject === x509.issuer) return;
  throw new TlsConfigError(
    'ERR_SOCK_TLS_MATERIAL', option,
    `${source}: ${subject(x509)} is no authority but a certificate that ${(x509.issuer ?? '').replaceAll('\n', ', ')} issued: give that one's, or pin this one's key`,
  );
}

/** What `openssl rehash` and distributions call certificates. */
const CERTIFICATE_FILE = /\.(?:pem|crt|cer)$|^[0-9a-f]{8}\.\d+$/;

function fromDirectory(directory: string, option: string): LoadedCertificate[] {
  if (typeof directory !== 'string') throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, 'expected the path of a directory');
  requirePath(directory, option, 'directory');
  let files: string[];
  try {
    // `statSync` follows the links that hashed names are; a subfolder with such a name is passed over.
    files = readdirSync(directory).filter((name) => CERTIFICATE_FILE.test(name)).toSorted().map((name) => join(directory, name)).filter((path) => statSync(path).isFile());
  } catch (error) {
    throw unreadable(directory, option, error);
  }
  if (files.length === 0) {
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, `${directory} has no certificate: no file ends in .pem, .crt or .cer, and none has a hashed name such as 1a2b3c4d.0`);
  }
  return files.flatMap((file) => loadCertificates({ file }, option));
}

function unique(certificates: readonly LoadedCertificate[]): LoadedCertificate[] {
  return [...new Map(certificates.map((one) => [one.x509.fingerprint256, one])).values()];
}

function trustOf(pem: readonly string[] | undefined, anchors: () => readonly X509Certificate[]): Trust {
  return { pem, anchors, digest: trustDigest({ authorities: pem }) };
}
