import type { X509Certificate } from 'node:crypto';
import type { Anchors } from './path.ts';

/** The trusted certificates, found by subject. They are read at the first look-up: most connections need none. */
export function anchorsOf(load: () => readonly X509Certificate[]): Anchors {
  let index: { readonly bySubject: ReadonlyMap<string, readonly X509Certificate[]>; readonly fingerprints: ReadonlySet<string> } | undefined;
  const read = (): NonNullable<typeof index> => {
    const all = load();
    const bySubject = new Map<string, X509Certificate[]>();
    for (const one of all) {
      const same = bySubject.get(one.subject);
      if (same === undefined) bySubject.set(one.subject, [one]);
      else same.push(one);
    }
    return { bySubject, fingerprints: new Set(all.map((one) => one.fingerprint256)) };
  };
  return {
    issuersOf: ({ issuer }) => (index ??= read()).bySubject.get(issuer) ?? [],
    has: ({ fingerprint256 }) => (index ??= read()).fingerprints.has(fingerprint256),
  };
}
