import { createHash } from 'node:crypto';

/** A short digest of all that decides trust, for connection keys: equal only for equal trust. */
export function trustDigest(parts: Readonly<Record<string, unknown>>): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
}
