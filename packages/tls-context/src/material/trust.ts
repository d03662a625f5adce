import type { Authorities } from './authorities.ts';
import { loadTrust } from './authorities.ts';

export type { Authorities } from './authorities.ts';
export { trustDigest } from './trust-digest.ts';

/**
 * The trusted authorities as PEM, one text each.
 *
 * @throws as {@link loadTrust}
 */
export function loadAuthorities(ca: Authorities): string[] {
  return [...(loadTrust(ca).pem ?? [])];
}
