import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { DevCertsError } from './errors.ts';
import type { IssuedCertificate } from './issued-certificate.ts';
import { describe, onlyKnown } from './options.ts';

/** How the files are called. */
export interface WriteCertificateOptions {
  /**
   * Goes before the file names with a hyphen: `server` gives `server-cert.pem`. Letters, digits, `_`, `.` and `-`, beginning
   * with one of the first three kinds. Default: **nothing**, which gives `cert.pem`, `key.pem` and `ca.pem`.
   */
  readonly name?: string;
}

/** Absolute paths of what was written. */
export interface CertificateFiles {
  /** Leaf and intermediates, mode 0644. */
  readonly cert: string;
  /** Private key, not encrypted, mode 0600. */
  readonly key: string;
  /** Root, mode 0644. */
  readonly ca: string;
}

/**
 * Writes chain, key and root as three PEM files into `dir`, which is made if it is not there. Files of these names are
 * replaced, each at one stroke, and only the owner can read the key, at every moment.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_OPTION`; `ERR_SOCK_DEV_CERTS_WRITE` with the error of `node:fs` as `cause`
 */
export async function writeCertificate(
  dir: string,
  issued: Pick<IssuedCertificate, 'chain' | 'key' | 'ca'>,
  options: WriteCertificateOptions = {},
): Promise<CertificateFiles> {
  onlyKnown('', options, { name: true } satisfies Record<keyof WriteCertificateOptions, true>);
  const path = (file: string): string => resolve(dir, `${prefix(options.name)}${file}.pem`);
  const files = { cert: path('cert'), key: path('key'), ca: path('ca') };
  try {
    await mkdir(dir, { recursive: true });
    await replace(files.key, issued.key, 0o600);
    await replace(files.cert, issued.chain, 0o644);
    await replace(files.ca, issued.ca, 0o644);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DevCertsError('ERR_SOCK_DEV_CERTS_WRITE', 'dir', `could not write to ${dir}: ${reason}`, cause);
  }
  return files;
}

function prefix(name: string | undefined): string {
  if (name === undefined) return '';
  if (typeof name === 'string' && /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) return `${name}-`;
  const message = `is ${describe(name)}; allowed are letters, digits, _, . and -, and no . or - at the beginning`;
  throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', 'name', message);
}

/** A file that is there already may be open to all, and writing to it would keep its mode: so a new one takes its place. */
async function replace(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeFile(draft, text, { mode, flag: 'wx' });
    await rename(draft, path);
  } catch (cause) {
    await rm(draft, { force: true });
    throw cause;
  }
}
