import type { Certificate, CertificateFacts } from './certificate.ts';
import type { KeyPair } from './key-pair.ts';
import { passphrase } from './options.ts';
import { pkcs12, type Pkcs12Options } from './pkcs12.ts';

/** A leaf certificate with its private key and what others need to trust it. The facts are the leaf's. */
export interface IssuedCertificate extends CertificateFacts {
  /** The leaf alone, PEM. */
  readonly cert: string;
  /** The leaf and the intermediates above it, without the root, PEM: what a TLS server presents. */
  readonly chain: string;
  /** The private key, PKCS#8 PEM, not encrypted. */
  readonly key: string;
  /** The root, PEM: what the other side trusts. */
  readonly ca: string;
  /**
   * Key, leaf and intermediates as one PKCS#12 file (RFC 7292), encrypted with AES-256-CBC and PBKDF2, with a SHA-256 MAC.
   *
   * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`
   */
  pkcs12(options: Pkcs12Options): Buffer;
  /**
   * The private key as encrypted PKCS#8 PEM (AES-256-CBC, PBKDF2).
   *
   * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`: the passphrase is empty.
   */
  encryptedKey(passphrase: string): string;
}

/** Puts a leaf, its key, the intermediates above it (nearest first) and the root together. */
export function issuedCertificate(
  leaf: Certificate,
  keys: KeyPair,
  above: readonly Certificate[],
  root: Certificate,
): IssuedCertificate {
  const { pem, ...facts } = leaf;
  return {
    ...facts,
    cert: pem,
    chain: [leaf, ...above].map((certificate) => certificate.pem).join(''),
    key: privateKeyPem(keys),
    ca: root.pem,
    pkcs12: (options) => pkcs12(options, keys.privateKey, [leaf, ...above], root),
    encryptedKey: (secret) => encryptedPrivateKeyPem(keys, secret),
  };
}

/** The private key, PKCS#8 PEM (RFC 5958). */
export function privateKeyPem(keys: KeyPair): string {
  return keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/**
 * The private key, encrypted PKCS#8 PEM.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`: the passphrase is empty.
 */
export function encryptedPrivateKeyPem(keys: KeyPair, secret: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: passphrase(secret) } as const;
  return keys.privateKey.export(options).toString();
}
