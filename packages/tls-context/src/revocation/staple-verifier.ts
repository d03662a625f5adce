import { createHash } from 'node:crypto';
import type { X509Certificate } from 'node:crypto';
import type { Endpoint } from '@sock/core';
import { LRUCache } from 'lru-cache';
import { TlsError } from '../errors.ts';
import type { CertificateFacts } from './certificate-facts.ts';
import { certificateFacts } from './certificate-facts.ts';
import { hex, sameBytes } from './der-values.ts';
import type { Issuer, Signatory } from './ocsp-responder.ts';
import { findSignatory } from './ocsp-responder.ts';
import type { OcspAnswer, OcspResponse } from './ocsp-response.ts';
import { parseOcspResponse } from './ocsp-response.ts';
import { day, refused, whyOf } from './revocation-error.ts';
import { reasonInWords } from './revocation-reason.ts';

/** A response and what it must be about. */
export interface StapleInput {
  readonly der: Uint8Array;
  readonly leaf: X509Certificate;
  readonly issuer: X509Certificate;
  /** Words for the certificate in messages: `the server's certificate "CN=…" at …`. */
  readonly certificate: string;
  /** Words for the response: `the OCSP response that came with …`. */
  readonly response: string;
  readonly endpoint: Endpoint | undefined;
}

/** Which dates are good. */
export interface StapleDates {
  /** How long a response without an end holds, in milliseconds. */
  readonly maxAge: number;
  /** How far the responder's clock may be ahead, in milliseconds. */
  readonly skew: number;
}

/** A response that says that the certificate is good, now. */
export interface GoodStaple {
  /** Milliseconds of the epoch. */
  readonly thisUpdate: number;
  readonly validUntil: number;
  /** Who signed it, for people. */
  readonly responder: string;
}

/** Verifies a response. @throws `ERR_SOCK_TLS_STAPLE_INVALID`, `…_FORGED`, `…_STALE`, `ERR_SOCK_TLS_REVOKED` */
export type StapleVerifier = (input: StapleInput) => GoodStaple;

/** Peers beyond that number cost their signatures again. */
const MEMORY = 256;

/**
 * Makes a verifier of OCSP responses (RFC 6960 section 3.2, RFC 5019 section 4). It remembers what it found of identical bytes, so that a resumed
 * session costs no signature; dates are checked every time.
 */
export function createStapleVerifier(dates: StapleDates): StapleVerifier {
  const memory = new LRUCache<string, Statement>({ max: MEMORY });
  return (input) => {
    const key = `${createHash('sha256').update(input.der).digest('base64')} ${input.leaf.fingerprint256} ${input.issuer.fingerprint256}`;
    let statement = memory.get(key);
    if (statement === undefined) {
      statement = authenticate(input);
      memory.set(key, statement);
    }
    return judge(statement, input, dates);
  };
}

/** What an entitled responder says of the certificate, whatever the time is. */
interface Statement {
  readonly answers: readonly OcspAnswer[];
  readonly signatory: Signatory;
}

function authenticate(input: StapleInput): Statement {
  const { response: what, endpoint } = input;
  const { response, leaf, issuer } = readAll(input);
  const signatory = findSignatory(response, issuer);
  if (typeof signatory === 'string') throw refused('ERR_SOCK_TLS_STAPLE_FORGED', `${what} is forged, or from somebody who is not entitled: ${signatory}`, endpoint);
  const answers = response.answers.filter((answer) => isAbout(answer, leaf, issuer.facts));
  if (answers.length === 0) {
    throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${what} is about another certificate: none of its ${response.answers.length} answers has the serial number ${hex(leaf.serial).toUpperCase()} and this issuer`, endpoint);
  }
  const unknown = response.unknownExtension ?? answers.find(({ unknownExtension }) => unknownExtension !== undefined)?.unknownExtension;
  if (unknown !== undefined) throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${what} has a critical extension that is not known (${unknown})`, endpoint);
  return { answers, signatory };
}

function readAll({ der, leaf, issuer, response: what, endpoint }: StapleInput): { response: OcspResponse; leaf: CertificateFacts; issuer: Issuer } {
  try {
    const response = parseOcspResponse(der);
    if ('refusal' in response) throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${what} is no answer: the responder said "${response.refusal}"`, endpoint);
    return { response, leaf: certificateFacts(leaf), issuer: { certificate: issuer, facts: certificateFacts(issuer) } };
  } catch (error) {
    if (error instanceof TlsError) throw error;
    throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${what} is malformed: ${whyOf(error)}`, endpoint, error);
  }
}

function isAbout({ hash, serial, issuerNameHash, issuerKeyHash }: OcspAnswer, leaf: CertificateFacts, issuer: CertificateFacts): boolean {
  if (hash === undefined || !sameBytes(serial, leaf.serial)) return false;
  const digest = (bytes: Uint8Array): Uint8Array => createHash(hash).update(bytes).digest();
  return sameBytes(issuerNameHash, digest(leaf.issuer)) && sameBytes(issuerKeyHash, digest(issuer.keyBits));
}

function judge({ answers, signatory }: Statement, { response: what, certificate, leaf, endpoint }: StapleInput, { maxAge, skew }: StapleDates): GoodStaple {
  const now = Date.now();
  if (signatory.notBefore > now + skew || signatory.notAfter <= now) {
    const period = `${day(signatory.notBefore)} to ${day(signatory.notAfter)}`;
    throw refused('ERR_SOCK_TLS_STAPLE_FORGED', `${what} is from somebody who is not entitled: the certificate of ${signatory.name} is valid from ${period}`, endpoint);
  }
  // Before the dates: what was said against a certificate stands, however long ago it was said.
  const revoked = answers.find(({ status }) => status === 'revoked');
  if (revoked !== undefined) {
    const when = revoked.revokedAt === undefined ? '' : ` on ${day(revoked.revokedAt)}`;
    throw refused('ERR_SOCK_TLS_REVOKED', `${certificate} was revoked${when} (${reasonInWords(revoked.reason)}; serial number ${leaf.serialNumber}), says ${signatory.name}`, endpoint);
  }
  if (answers.some(({ status }) => status === 'unknown')) {
    throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${what} says nothing for it: ${signatory.name} does not know the certificate`, endpoint);
  }
  const { thisUpdate, nextUpdate } = answers.reduce((best, one) => (one.thisUpdate > best.thisUpdate ? one : best));
  const end = nextUpdate ?? thisUpdate + maxAge;
  if (thisUpdate > now + skew) throw refused('ERR_SOCK_TLS_STAPLE_STALE', `${what} is not valid before ${day(thisUpdate)}; is the clock right?`, endpoint);
  if (now >= end) {
    const why = nextUpdate === undefined ? `has no end and is from ${day(thisUpdate)}, longer ago than maxAge allows` : `ran out on ${day(end)}`;
    throw refused('ERR_SOCK_TLS_STAPLE_STALE', `${what} ${why}; the server must fetch a newer one`, endpoint);
  }
  return { thisUpdate, validUntil: Math.min(end, signatory.notAfter), responder: signatory.name };
}
