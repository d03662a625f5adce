import { createHash } from 'node:crypto';
import { TlsConfigError } from '../errors.ts';
import type { Material } from './material.ts';
import { loadCertificates } from './material.ts';

/** One material or several. */
export type Authorities = Material | readonly Material[];

/**
 * The trusted authorities as PEM, one text each. An authority that cannot be loaded is an error, never wider trust.
 *
 * @throws `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_PEM`
 */
export function loadAuthorities(ca: Authorities): string[] {
  const several = Array.isArray(ca);
  const list = (several ? ca : [ca]) as readonly Material[];
  if (list.length === 0) {
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'ca', 'an empty list trusts nobody, so no peer could be verified; leave it out for those of the runtime');
  }
  return list.flatMap((material, index) => loadCertificates(material, several ? `ca[${index}]` : 'ca').map(({ pem }) => pem));
}

/** A short digest of all that decides trust, for connection keys: equal only for equal trust. */
export function trustDigest(parts: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
