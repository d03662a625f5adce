import { RelativeDistinguishedNames, ResponseData } from 'pkijs';
import type { Extension, SingleResponse } from 'pkijs';
import { checkDer, DerError, DerReader, TAG } from './der.ts';
import { readBits, readOid } from './der-values.ts';
import type { Signed } from './signature.ts';
import { SHA2 } from './signature.ts';

/** What a response says of one certificate (SingleResponse). */
export interface OcspAnswer {
  /** The hash that names the issuer (CertID), as `node:crypto` calls it; `undefined` for one that is not known. */
  readonly hash: string | undefined;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  /** Content of the serial number's INTEGER. */
  readonly serial: Uint8Array;
  readonly status: 'good' | 'revoked' | 'unknown';
  /** Milliseconds of the epoch, when the status is revoked. */
  readonly revokedAt: number | undefined;
  readonly reason: number | undefined;
  readonly thisUpdate: number;
  readonly nextUpdate: number | undefined;
  /** A critical extension that is not understood. */
  readonly unknownExtension: string | undefined;
}

/** A BasicOCSPResponse (RFC 6960 section 4.2.1) as it was read; nothing has verified it. */
export interface OcspResponse extends Signed {
  /** Who says to have signed it: DER of a name, or the SHA-1 of a key. */
  readonly responder: { readonly name: Uint8Array } | { readonly keyHash: Uint8Array };
  readonly answers: readonly OcspAnswer[];
  /** Certificates that came along, DER. */
  readonly certificates: readonly Uint8Array[];
  readonly unknownExtension: string | undefined;
}

/** Ten times what responders send; a chain of responder certificates fits. */
export const MAX_RESPONSE_BYTES = 65_536;
/** A responder has one certificate; a few more may stand beside it. */
const MAX_CERTIFICATES = 8;

/**
 * Reads an OCSP response.
 *
 * @returns the response, or the words for a status that is no answer (`tryLater` …)
 * @throws a `DerError`, or what pkijs throws; the caller makes a typed error of both
 */
export function parseOcspResponse(der: Uint8Array): OcspResponse | { readonly refusal: string } {
  if (der.length > MAX_RESPONSE_BYTES) throw new DerError(`it has ${der.length} bytes; at most ${MAX_RESPONSE_BYTES} are read`);
  const outer = new DerReader(der);
  const whole = outer.enter(TAG.sequence, 'the response');
  outer.done('the response');
  const status = whole.read(TAG.enumerated, 'the response status').content;
  if (status.length !== 1) throw new DerError('the response status is none');
  if (status[0] !== 0) return { refusal: STATUSES[status[0] as number] ?? `status ${status[0]}` };
  const typed = whole.enter(0xa0, 'the response bytes').enter(TAG.sequence, 'the response bytes');
  whole.done('the response bytes');
  const type = readOid(typed, 'the response type');
  if (type !== '1.3.6.1.5.5.7.48.1.1') throw new DerError(`it is of the type ${type}, not a basic one`);
  const basic = typed.read(TAG.octetString, 'the response').content;
  checkDer(basic, 'the basic response');
  return basicResponse(new DerReader(basic).enter(TAG.sequence, 'the basic response'));
}

/** The words for a status that is no answer; `undefined` for an answer, and for what is malformed: that the verification says better. */
export function refusalOf(der: Uint8Array): string | undefined {
  try {
    const response = parseOcspResponse(der);
    return 'refusal' in response ? response.refusal : undefined;
  } catch {
    return undefined;
  }
}

/** OCSPResponseStatus (section 4.2.1). */
const STATUSES: Readonly<Record<number, string>> = { 1: 'malformedRequest', 2: 'internalError', 3: 'tryLater', 5: 'sigRequired', 6: 'unauthorized' };

function basicResponse(basic: DerReader): OcspResponse {
  // The bytes that a signature is checked over are cut out here; what they mean is pkijs's to say.
  const tbs = basic.read(TAG.sequence, 'the response data').element;
  const algorithm = basic.read(TAG.sequence, 'the signature algorithm').element;
  const signature = readBits(basic, 'the signature');
  const certificates = basic.optional(0xa0, 'the certificates') ? certificatesIn(basic.inside().enter(TAG.sequence, 'the certificates')) : [];
  basic.done('the certificates');
  const data = ResponseData.fromBER(tbs);
  const id: unknown = data.responderID;
  const responder = id instanceof RelativeDistinguishedNames ? { name: new Uint8Array(id.valueBeforeDecode) } : { keyHash: bytesOf(id) };
  return { tbs, algorithm, innerAlgorithm: undefined, signature, certificates, responder, answers: data.responses.map(answer), unknownExtension: unknownCritical(data.responseExtensions) };
}

function certificatesIn(reader: DerReader): Uint8Array[] {
  const found: Uint8Array[] = [];
  while (reader.tag !== -1) {
    if (found.length === MAX_CERTIFICATES) throw new DerError(`more than ${MAX_CERTIFICATES} certificates came along`);
    found.push(reader.read(TAG.sequence, 'a certificate').element);
  }
  return found;
}

/** SHA-1 names an issuer here, it does not sign: RFC 5019 even demands it. */
const HASHES: Readonly<Record<string, string>> = { ...SHA2, '1.3.14.3.2.26': 'sha1' };

function answer({ certID, certStatus, thisUpdate, nextUpdate, singleExtensions }: SingleResponse): OcspAnswer {
  const status = (['good', 'revoked', 'unknown'] as const)[(certStatus as StatusElement).idBlock.tagNumber];
  if (status === undefined) throw new DerError('a certificate has a status that does not exist');
  const [date, explicitReason] = status === 'revoked' ? (certStatus as StatusElement).valueBlock.value : [];
  return {
    hash: HASHES[certID.hashAlgorithm.algorithmId],
    issuerNameHash: bytesOf(certID.issuerNameHash),
    issuerKeyHash: bytesOf(certID.issuerKeyHash),
    serial: bytesOf(certID.serialNumber),
    status,
    revokedAt: date === undefined ? undefined : moment(date.toDate()),
    reason: explicitReason?.valueBlock.value[0]?.valueBlock.valueDec,
    thisUpdate: moment(thisUpdate),
    nextUpdate: nextUpdate === undefined ? undefined : moment(nextUpdate),
    unknownExtension: unknownCritical(singleExtensions),
  };
}

/** What asn1js makes of a CertStatus; its own types say less. */
interface StatusElement {
  readonly idBlock: { readonly tagNumber: number };
  readonly valueBlock: { readonly value: readonly { toDate(): Date; readonly valueBlock: { readonly value: readonly { readonly valueBlock: { readonly valueDec: number } }[] } }[] };
}

function moment(date: Date): number {
  const time = date.getTime();
  if (!Number.isFinite(time)) throw new DerError('a date in it does not exist');
  return time;
}

function bytesOf(element: unknown): Uint8Array {
  return (element as { valueBlock: { valueHexView: Uint8Array } }).valueBlock.valueHexView;
}

/** A nonce is for who asked: a staple is for everybody. */
const NONCE = '1.3.6.1.5.5.7.48.1.2';

function unknownCritical(extensions: readonly Extension[] | undefined): string | undefined {
  return extensions?.find(({ critical, extnID }) => critical && extnID !== NONCE)?.extnID;
}
