import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { TlsConfigError } from '../errors.ts';
import { pemBlocks } from './pem.ts';

/** PEM text, the bytes of a PEM (or, for one certificate, DER) file, or the file itself. */
export type Material = string | Uint8Array | { readonly file: string };

/** A certificate and the words for where it stood. */
export interface LoadedCertificate {
  readonly x509: X509Certificate;
  readonly pem: string;
  readonly source: string;
}

/**
 * Reads every certificate in `material`. Other blocks (a key in the same file) are passed over.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL` when a file cannot be read, `ERR_SOCK_TLS_PEM` with file and line
 */
export function loadCertificates(material: Material, option: string): LoadedCertificate[] {
  const { bytes, source } = readMaterial(material, option);
  if (isDer(bytes)) return [certificateOf(Buffer.from(bytes), source, option)];
  const found = pemBlocks(new TextDecoder().decode(bytes), option, source).filter(({ label }) => CERTIFICATE_LABELS.has(label));
  if (found.length === 0) throw new TlsConfigError('ERR_SOCK_TLS_PEM', option, `${source} has PEM blocks, but no certificate among them`);
  return found.map(({ text, line }) => certificateOf(text, `${source}, line ${line}`, option));
}

/** `CN=…` or whatever the subject has, on one line. */
export function subject(certificate: X509Certificate): string {
  return certificate.subject === undefined ? '(no subject)' : `"${certificate.subject.replaceAll('\n', ', ')}"`;
}

const CERTIFICATE_LABELS: ReadonlySet<string> = /*#__PURE__*/ new Set(['CERTIFICATE', 'X509 CERTIFICATE', 'TRUSTED CERTIFICATE']);

/**
 * One certificate, PEM or DER.
 *
 * @throws `ERR_SOCK_TLS_PEM`
 */
export function certificateOf(data: string | Buffer, source: string, option: string): LoadedCertificate {
  try {
    const x509 = new X509Certificate(data);
    return { x509, pem: x509.toString(), source };
  } catch (error) {
    throw new TlsConfigError('ERR_SOCK_TLS_PEM', option, `${source}: this is no certificate, or a damaged one`, error);
  }
}

/**
 * The bytes of a material, and the words for where they came from.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL` when it is none, or a file cannot be read
 */
export function readMaterial(material: Material, option: string): { bytes: Uint8Array; source: string } {
  if (typeof material === 'string') return { bytes: Buffer.from(material), source: 'the text given' };
  if (material instanceof Uint8Array) return { bytes: material, source: 'the bytes given' };
  if (typeof material !== 'object' || material === null || typeof material.file !== 'string') {
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, 'expected PEM text, bytes, or { file }');
  }
  requirePath(material.file, option, 'file');
  try {
    return { bytes: readFileSync(material.file), source: material.file };
  } catch (error) {
    throw unreadable(material.file, option, error);
  }
}

/**
 * Refuses PEM text in place of a path, before anybody repeats it: the text may be a private key, and errors go into logs.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL`
 */
export function requirePath(path: string, option: string, field: 'file' | 'directory'): void {
  if (path.length <= MAX_PATH && !/[\r\n]|-----BEGIN/.test(path)) return;
  throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, `its ${field} is no path, but text of ${path.length} characters; PEM text is given as it is, without { ${field} }`);
}

/** Of Linux; elsewhere they are shorter. */
const MAX_PATH = 4096;

/** What is said of a file or directory that the system does not give. */
export function unreadable(path: string, option: string, error: unknown): TlsConfigError {
  const why = error instanceof Error ? error.message : String(error);
  return new TlsConfigError('ERR_SOCK_TLS_MATERIAL', option, `${path} cannot be read (${why})`, error);
}

/** DER starts with a SEQUENCE; PEM is text. */
export function isDer(bytes: Uint8Array): boolean {
  return bytes[0] === 0x30;
}
