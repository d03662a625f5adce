import type { KeyObject } from 'node:crypto';
import type { CertificateFacts } from './certificate-facts.ts';
import { mayUseKeyFor, subjectKeyIdentifier } from './certificate-facts.ts';
import type { CrlList } from './crl-parser.ts';
import { hex } from './der-values.ts';
import { signatureFault } from './signature.ts';

/** An authority, as the certificate that stands in a peer's path has it. */
export interface ListIssuer {
  readonly facts: CertificateFacts;
  readonly key: KeyObject;
}

/** The list that counts, or why there is none: nobody's fault but that it is not there (`missing`), or what is wrong with those that are. */
export type Selection = { readonly list: CrlList } | { readonly missing: string } | { readonly invalid: string };

/**
 * Which list of an authority counts: the newest whose signature holds. Signatures are checked once for each list and key.
 *
 * @param latestStart - lists that begin later count only when there is no other
 */
export type SelectList = (lists: readonly CrlList[], issuer: ListIssuer, isAuthority: boolean, latestStart: number) => Selection;

/** Keys of authorities with one name: more than one list ever has, and no reason to keep more. */
const MAX_KEYS = 16;

/** Makes a {@link SelectList} with its own memory of signatures. */
export function createSelection(): SelectList {
  const memory = new WeakMap<CrlList, Map<string, string | undefined>>();
  const faultOf = (list: CrlList, { facts, key }: ListIssuer): string | undefined => {
    let known = memory.get(list);
    if (known === undefined) memory.set(list, (known = new Map()));
    const name = hex(facts.spki);
    if (known.has(name)) return known.get(name);
    const fault = signatureFault(list, key);
    if (known.size >= MAX_KEYS) known.clear();
    known.set(name, fault);
    return fault;
  };
  return (lists, issuer, isAuthority, latestStart) => {
    const kind = isAuthority ? 'authorities' : 'users';
    const covering = lists.filter(({ covers }) => covers === 'all' || covers === kind);
    if (covering.length === 0) return { missing: lists.length === 0 ? 'no list of it is there' : `its lists are not for ${kind}` };
    const own = subjectKeyIdentifier(issuer.facts);
    const sameKey = covering.filter(({ keyIdentifier }) => keyIdentifier === undefined || own === undefined || keyIdentifier === own);
    if (sameKey.length === 0) return { missing: `the list in ${covering[0]?.source} is of another key of that name` };
    if (!mayUseKeyFor(issuer.facts, 'cRLSign')) return { invalid: 'its certificate does not allow it to sign lists (key usage cRLSign)' };
    let fault = '';
    for (const list of sameKey.toSorted((a, b) => Number(a.thisUpdate > latestStart) - Number(b.thisUpdate > latestStart) || newestFirst(a, b))) {
      const found = faultOf(list, issuer);
      if (found === undefined) return { list };
      fault ||= `the list in ${list.source} is not from it: ${found}`;
    }
    return { invalid: fault };
  };
}

function newestFirst(a: CrlList, b: CrlList): number {
  if (a.thisUpdate !== b.thisUpdate) return b.thisUpdate - a.thisUpdate;
  const [first, second] = [a.number ?? -1n, b.number ?? -1n];
  return first === second ? 0 : first > second ? -1 : 1;
}
