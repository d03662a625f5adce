import { createHash } from 'node:crypto';
import { authorityKeyIdentifier } from './certificate-facts.ts';
import type { CrlEntries } from './crl-entries.ts';
import { indexEntries } from './crl-entries.ts';
import { DerError, DerReader, TAG } from './der.ts';
import type { Extension } from './der-values.ts';
import { booleanOf, readBits, readExtensions, readInteger, readTime } from './der-values.ts';
import type { Signed } from './signature.ts';

/** A revocation list as it was read. Nothing has verified its signature: whose key that takes is known only beside a peer's path. */
export interface CrlList extends Signed {
  /** Where it stood, for people. */
  readonly source: string;
  /** Hash of its bytes. */
  readonly digest: string;
  /** Name of its issuer, DER. */
  readonly issuer: Uint8Array;
  /** Identifier of the key that signed, hexadecimal. */
  readonly keyIdentifier: string | undefined;
  /** CRL number (RFC 5280 section 5.2.3). */
  readonly number: bigint | undefined;
  /** Milliseconds of the epoch. */
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** Which certificates it speaks of (section 5.2.5). */
  readonly covers: 'all' | 'users' | 'authorities';
  readonly entries: CrlEntries;
}

/**
 * Reads a revocation list (RFC 5280 section 5.1). Lists that do not speak of all certificates of their issuer for all reasons are refused,
 * since they would be taken for complete ones: indirect, delta and partitioned lists, and those with an unknown critical extension.
 *
 * @throws a `DerError` that says why
 */
export function parseCrl(der: Uint8Array, source: string): CrlList {
  const outer = new DerReader(der);
  const whole = outer.enter(TAG.sequence, 'the list');
  outer.done('the list');
  const body = whole.enter(TAG.sequence, 'the body of the list');
  const tbs = whole.element;
  const algorithm = whole.read(TAG.sequence, 'the signature algorithm').element;
  const signature = readBits(whole, 'the signature');
  whole.done('the signature');
  const version = body.tag === TAG.integer ? readInteger(body, 'the version')[0] : undefined;
  if (version !== undefined && version !== 1) throw new DerError('the version of the list is not known');
  const innerAlgorithm = body.read(TAG.sequence, 'the inner signature algorithm').element;
  const issuer = body.read(TAG.sequence, 'the issuer').element;
  const thisUpdate = readTime(body, 'thisUpdate');
  const nextUpdate = body.tag === TAG.utcTime || body.tag === TAG.generalizedTime ? readTime(body, 'nextUpdate') : undefined;
  const entries = body.optional(TAG.sequence, 'the entries') ? indexEntries(body.inside()) : NO_ENTRIES;
  const extensions = body.optional(0xa0, 'the extensions') ? readExtensions(body.inside().enter(TAG.sequence, 'the extensions'), 'the list') : new Map<string, Extension>();
  body.done('the extensions');
  if (version === undefined && extensions.size > 0) throw new DerError('a list of version 1 has extensions');
  return {
    source, issuer, thisUpdate, nextUpdate, entries, tbs, algorithm, innerAlgorithm, signature,
    ...meaningOf(extensions),
    digest: createHash('sha256').update(der).digest('hex'),
  };
}

const NO_ENTRIES: CrlEntries = { count: 0, find: () => undefined };

/** Extensions of lists that are understood, or change nothing about what a complete list says. */
const KNOWN: ReadonlySet<string> = /*#__PURE__*/ new Set(['2.5.29.18', '2.5.29.20', '2.5.29.28', '2.5.29.35', '2.5.29.46', '1.3.6.1.5.5.7.1.1']);

function meaningOf(extensions: ReadonlyMap<string, Extension>): Pick<CrlList, 'keyIdentifier' | 'number' | 'covers'> {
  if (extensions.has('2.5.29.27')) throw new DerError('it is a delta list, which holds only what changed: give the complete one');
  for (const [id, { critical }] of extensions) {
    if (critical && !KNOWN.has(id)) throw new DerError(`it has a critical extension that is not known (${id})`);
  }
  const number = extensions.get('2.5.29.20');
  return { keyIdentifier: authorityKeyIdentifier(extensions), number: number === undefined ? undefined : numberOf(number.value), covers: coverOf(extensions.get('2.5.29.28')) };
}

function numberOf(value: Uint8Array): bigint {
  const content = readInteger(new DerReader(value), 'the CRL number');
  // RFC 5280 allows 20 bytes.
  if (content.length > 20 || (content[0] as number) >= 0x80) throw new DerError('the CRL number is negative or too long');
  return BigInt(`0x${Buffer.from(content).toString('hex')}`);
}

function coverOf(issuingDistributionPoint: Extension | undefined): CrlList['covers'] {
  if (issuingDistributionPoint === undefined) return 'all';
  const point = new DerReader(issuingDistributionPoint.value).enter(TAG.sequence, 'the issuing distribution point');
  const flag = (tag: number, what: string): boolean => point.optional(tag, what) && booleanOf(point.content, what);
  if (point.optional(0xa0, 'the distribution point')) throw new DerError('it is for one distribution point alone: give a list of all certificates of its issuer');
  const users = flag(0x81, 'onlyContainsUserCerts');
  const authorities = flag(0x82, 'onlyContainsCACerts');
  if (point.optional(0x83, 'onlySomeReasons')) throw new DerError('it has some reasons for revocation only (onlySomeReasons): give a list of all');
  if (flag(0x84, 'indirectCRL')) throw new DerError('it is an indirect list, which speaks of several issuers: that is not supported');
  if (flag(0x85, 'onlyContainsAttributeCerts')) throw new DerError('it is about attribute certificates only');
  point.done('the issuing distribution point');
  if (users && authorities) throw new DerError('it is for users only and for authorities only, so for nobody');
  if (users) return 'users';
  return authorities ? 'authorities' : 'all';
}
