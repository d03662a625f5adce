import { existsSync, readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { TlsConfigError } from '../errors.ts';
import type { LoadedCertificate } from './material.ts';
import { certificateOf, loadCertificates } from './material.ts';

/**
 * The authorities that the runtime came with, and those of the file in `NODE_EXTRA_CA_CERTS`. Where Node can tell what it trusts by
 * default (22.15), that is asked, so that its own flags count too.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_PEM` for the file in `NODE_EXTRA_CA_CERTS`
 */
export function runtimeStore(option: string, env: NodeJS.ProcessEnv = process.env): LoadedCertificate[] {
  const asked = askNode('default', option);
  if (asked !== undefined) return asked;
  const own = tls.rootCertificates.map((pem) => certificateOf(pem, 'the authorities of the runtime', option));
  const extra = env['NODE_EXTRA_CA_CERTS'];
  return extra === undefined || extra === '' ? own : [...own, ...loadCertificates({ file: extra }, option)];
}

/**
 * The authorities of the operating system: by Node where it can (22.15), else the file in `SSL_CERT_FILE`, else the first bundle of
 * {@link BUNDLES} that there is.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL` with all that was looked for, `ERR_SOCK_TLS_PEM`
 */
export function systemStore(option: string, env: NodeJS.ProcessEnv = process.env, bundles: readonly string[] = BUNDLES): LoadedCertificate[] {
  const named = env['SSL_CERT_FILE'];
  if (named === undefined || named === '') {
    const asked = askNode('system', option);
    if (asked !== undefined && asked.length > 0) return asked;
  }
  const file = named === undefined || named === '' ? bundles.find((path) => existsSync(path)) : named;
  if (file !== undefined) return loadCertificates({ file }, option);
  throw new TlsConfigError(
    'ERR_SOCK_TLS_MATERIAL', option,
    `no store of the operating system was found; looked for the variable SSL_CERT_FILE and the files ${bundles.join(', ')}: install the package ca-certificates, or give { file }`,
  );
}

/** Where distributions put all their authorities in one file, by how common they are. */
export const BUNDLES: readonly string[] = [
  '/etc/ssl/certs/ca-certificates.crt', // Debian, Ubuntu, Arch, Gentoo
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem', // Fedora, RHEL
  '/etc/pki/tls/certs/ca-bundle.crt', // older ones of these
  '/etc/ssl/ca-bundle.pem', // SUSE
  '/etc/ssl/cert.pem', // Alpine, macOS, FreeBSD, OpenBSD
  '/usr/local/etc/ssl/cert.pem', // FreeBSD
  '/usr/local/share/certs/ca-root-nss.crt', // DragonFly
  '/etc/openssl/certs/ca-certificates.crt', // NetBSD
];

/** The extra file alone is read leniently when nobody wrote `ca`: then Node's own store decides, and it passes over such a file with a warning. */
export function defaultStore(env: NodeJS.ProcessEnv = process.env): LoadedCertificate[] {
  const extra = env['NODE_EXTRA_CA_CERTS'];
  return runtimeStore('ca', extra === undefined || isReadable(extra) ? env : {});
}

function isReadable(file: string): boolean {
  try {
    return readFileSync(file).length > 0 && loadCertificates({ file }, 'ca').length > 0;
  } catch {
    // As Node does: see above. What is not trusted here cannot widen trust.
    return false;
  }
}

function askNode(type: 'default' | 'system', option: string): LoadedCertificate[] | undefined {
  const { getCACertificates } = tls as { getCACertificates?: (type: string) => readonly string[] };
  return getCACertificates?.(type).map((pem) => certificateOf(pem, type === 'system' ? 'the store of the operating system' : 'the authorities of the runtime', option));
}
