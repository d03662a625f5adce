import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TlsConfigError } from '../errors.ts';
import type { PemBlock } from './pem.ts';
import { pemBlocks } from './pem.ts';

/** PEM text, the bytes of a PEM (or, for one certificate, DER) file, or the file itself. */
export type Material = string | Uint8Array | { readonly file: string };

/** A certificate and the words for where it stood. */
export interface LoadedCertificate {
  readonly x509: X509Certificate;
  readonly pem: string;
  readonly source: string;
}

/** A certificate with its key and the chain that is sent along. */
export interface LoadedIdentity {
  readonly leaf: LoadedCertificate;
  /** Leaf first, then the intermediates as they were given. */
  readonly chainPem: string;
  readonly keyPem: string;
  readonly key: KeyObject;
}

/**
 * Reads every certificate in `material`. Other blocks (a key in the same file) are passed over.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL` when a file cannot be read, `ERR_SOCK_TLS_PEM` with file and line
 */
export function loadCertificates(material: Material, option: string): LoadedCertificate[] {
  const { bytes, source } = read(material, option);
  if (isDer(bytes)) return [certificate(Buffer.from(bytes), source, option)];
  const found = pemBlocks(toText(bytes), option, source).filter(({ label }) => CERTIFICATE_LABELS.has(label));
  if (found.length === 0) throw new TlsConfigError('ERR_SOCK_TLS_PEM', option, `${source} has PEM blocks, but no certificate among them`);
  return found.map(({ text, line }) => certificate(text, `${source}, line ${line}`, option));
}

/**
 * Reads a certificate chain and its key, and checks that they belong together.
 *
 * @throws `ERR_SOCK_TLS_KEY_MISMATCH`, `ERR_SOCK_TLS_KEY` (not a key, or a pass phrase missing or wrong), and as {@link loadCertificates}
 */
export function loadIdentity(cert: Material, key: Material, passphrase: string | undefined): LoadedIdentity {
  const chain = loadCertificates(cert, 'cert');
  const leaf = chain[0] as LoadedCertificate;
  const { keyObject, source } = loadKey(key, passphrase);
  if (!leaf.x509.checkPrivateKey(keyObject)) {
    const other = chain.findIndex(({ x509 }) => x509.checkPrivateKey(keyObject));
    const cure = other > 0 ? `it belongs to certificate ${other + 1} of the chain: the server's own certificate stands first` : 'it belongs to another certificate';
    throw new TlsConfigError('ERR_SOCK_TLS_KEY_MISMATCH', 'key', `${source} does not match the certificate ${subject(leaf.x509)} (${leaf.source}): ${cure}`);
  }
  return { leaf, chainPem: chain.map(({ pem }) => pem).join(''), keyPem: keyObject.export({ type: 'pkcs8', format: 'pem' }) as string, key: keyObject };
}

/** `CN=…` or whatever the subject has, on one line. */
export function subject(certificate: X509Certificate): string {
  return certificate.subject === undefined ? '(no subject)' : `"${certificate.subject.replaceAll('\n', ', ')}"`;
}

const CERTIFICATE_LABELS: ReadonlySet<string> = /*#__PURE__*/ new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);

function loadKey(material: Material, passphrase: string | undefined): { keyObject: KeyObject; source: string } {
  const { bytes, source } = read(material, 'key');
  const der = isDer(bytes);
  const block = der ? undefined : pemBlocks(toText(bytes), 'key', source).find(({ label }) => label.endsWith('PRIVATE KEY'));
  if (!der && block === undefined) throw new TlsConfigError('ERR_SOCK_TLS_KEY', 'key', `${source} has PEM blocks, but no private key among them`);
  try {
    const given = passphrase === undefined ? {} : { passphrase };
    const keyObject = createPrivateKey(
      block === undefined ? { key: Buffer.from(bytes), format: 'der', type: 'pkcs8', ...given } : { key: block.text, format: 'pem', ...given },
    );
    return { keyObject, source };
  } catch (error) {
    throw new TlsConfigError('ERR_SOCK_TLS_KEY', 'key', `${source}: ${keyFault(block, passphrase, error)}`, error);
  }
}

function keyFault(block: PemBlock | undefined, passphrase: string | undefined, error: unknown): string {
  const encrypted = block === undefined ? false : block.label.startsWith('ENCRYPTED') || block.text.includes('Proc-Type: 4,ENCRYPTED');
  if (encrypted) return passphrase === undefined ? 'the key is encrypted: give its passphrase' : 'the passphrase does not open the key';
  return `the key cannot be read (${error instanceof Error ? error.message : String(error)})`;
}

function certificate(data: string | Buffer, source: string, option: string): LoadedCertificate {
  try {
    const x509 = new X509Certificate(data);
    return { x509, pem: x509.toString(), source };
  } catch (error) {
    throw new TlsConfigError('ERR_SOCK_TLS_PEM', option, `${source}: this is no certificate, or a damaged one`, error);
  }
}

function read(material: Material, option: string): { bytes: Uint8Array; source: string } {
  if (typeof material === 'string') return { bytes: Buffer.from(material), source: 'the text given' };
  if (material instanceof Uint8Array) return { bytes: material, source: 'the bytes given' };
  if (typeof material !== 'object' || material === null || typeof material.file !== 'string') {
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, 'expected PEM text, bytes, or { file }');
  }
  try {
    return { bytes: readFileSync(material.file), source: material.file };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, `${material.file} cannot be read (${why})`, error);
  }
}

/** DER starts with a SEQUENCE; PEM is text. */
function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30;
}

function toText(bytes: Uint8Array): string {
  // A byte order mark, as some editors put one, would hide the first BEGIN line.
  return new TextDecoder().decode(bytes);
}
