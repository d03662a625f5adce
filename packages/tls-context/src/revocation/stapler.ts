import type { X509Certificate } from 'node:crypto';
import type { Duration, DurationField, Section } from '@sock/config';
import { duration, section } from '@sock/config';
import type { TlsError } from '../errors.ts';
import { TlsConfigError } from '../errors.ts';
import type { Stapler } from '../context/staple-feed.ts';
import type { Material } from '../material/material.ts';
import { loadCertificates } from '../material/material.ts';
import { certificateFacts, ocspUrls } from './certificate-facts.ts';
import { FetchedFeed } from './fetched-feed.ts';
import type { GivenResponse } from './given-feed.ts';
import { GivenFeed, readResponse } from './given-feed.ts';
import type { StapleDateFields } from './ocsp-check.ts';
import { STAPLE_DATES } from './ocsp-check.ts';
import { nameOf, refused, tell, whyOf } from './revocation-error.ts';
import { onlyKnown } from './revocation-options.ts';
import type { OcspFeed, StapleTask, StapleUpdate } from './staple-subject.ts';
import { closedFeed } from './staple-subject.ts';
import { createStapleVerifier } from './staple-verifier.ts';

/** Options of {@link stapler}. */
export interface StaplerOptions {
  /** A response that somebody else fetches, DER: bytes, or a file, which is read again when it changes. Default: **fetched from the responder** */
  readonly response?: GivenResponse | undefined;
  /** Address of the responder, `http:`. Default: **the first such address in the certificate** (authorityInfoAccess) */
  readonly responder?: string | undefined;
  /**
   * The certificate that issued the server's, when neither its chain nor `ca` has it, as below a root; of several the right one is found.
   * Default: **the one in `cert` or `ca`**
   */
  readonly issuer?: Material | undefined;
  /** Time for a whole exchange with the responder, 1 ms to 5 min. Default: **10 s** */
  readonly timeout?: Duration | undefined;
  /** Shortest time between two questions, or two looks at the file, 1 s to 1 day. Default: **1 min** */
  readonly minInterval?: Duration | undefined;
  /** How long a response that says no end is stapled, 1 min to 24 days. Default: **10 days** */
  readonly maxAge?: Duration | undefined;
  /** How far the responder's clock may be ahead of this one, 0 to 1 day. Default: **5 min** */
  readonly skew?: Duration | undefined;
  /**
   * Told why there is no response, or no newer one: `ERR_SOCK_TLS_RESPONDER`, `ERR_SOCK_TLS_STAPLE_…`, and `ERR_SOCK_TLS_REVOKED` when the
   * server's own certificate is revoked. Without it nobody is told, and nothing is stapled. Default: **none**
   */
  readonly onError?: ((error: TlsError) => void) | undefined;
  /** Told when another response is stapled from now on. Default: **none** */
  readonly onUpdate?: ((update: StapleUpdate) => void) | undefined;
}

/** Staples OCSP responses for the certificates of server contexts. */
export interface OcspStapler extends Stapler {
  attach(leaf: X509Certificate, issuer: X509Certificate | undefined): OcspFeed;
  /**
   * Resolves when each certificate that was attached so far has a response that is good; rejects with the `TlsError` of an attempt that
   * failed. It is tried again behind the scenes, so `ready()` may be called again.
   */
  ready(): Promise<void>;
  /** Stops all feeds: no timer and no request is left. */
  close(): void;
}

/**
 * Keeps good OCSP responses for a server to staple. What it fetches or is given is verified as a client would (RFC 6960) before it is stapled, and only
 * "good" is: when the responder says that the certificate is revoked, nothing is stapled and `onError` is told.
 *
 * A response is refreshed at half of its life, a failure tried again after `minInterval` and then twice as long each time, up to an hour; meanwhile the
 * old one is stapled for as long as it is good. Timers do not keep a process alive.
 *
 * @throws `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_TLS_MATERIAL` when a file cannot be read, `ERR_SOCK_TLS_PEM`, `ERR_SOCK_CONFIG`
 * @example
 * ```ts
 * const staples = stapler({ onError: (error) => console.error(error.message) });
 * const context = createServerContext({ cert, key, staple: staples });
 * await staples.ready();
 * ```
 */
export function stapler(options: StaplerOptions = {}): OcspStapler {
  onlyKnown(options, ['response', 'responder', 'issuer', 'timeout', 'minInterval', 'maxAge', 'skew', 'onError', 'onUpdate'], 'stapler()');
  const { timeout, minInterval, maxAge, skew } = staplerSection.pick(options, 'stapler()');
  const given = checkResponse(options);
  const responder = options.responder === undefined ? undefined : checkResponder(options.responder);
  const issuers = options.issuer === undefined ? [] : loadCertificates(options.issuer, 'issuer').map(({ x509 }) => x509);
  const verify = createStapleVerifier({ maxAge, skew });
  const shared = new Map<string, SharedFeed>();
  const onError = (error: TlsError): void => tell(options.onError, error);
  const onUpdate = (update: StapleUpdate): void => tell(options.onUpdate, update);
  let closed = false;

  const open = (leaf: X509Certificate, issuer: X509Certificate | undefined): OcspFeed => {
    const url = given === undefined ? (responder ?? responderOf(leaf)) : undefined;
    const fault = issuer === undefined ? noIssuer(leaf) : url instanceof Error ? url : undefined;
    if (issuer === undefined || url instanceof Error) {
      onError(fault as TlsError);
      return emptyFeed(fault as TlsError);
    }
    const task: StapleTask = { leaf, issuer, verify, minInterval, onError, onUpdate };
    return given === undefined ? new FetchedFeed(task, url as URL, timeout) : new GivenFeed(task, given);
  };
  return {
    attach: (leaf, issuer) => {
      if (closed) throw new TlsConfigError('ERR_SOCK_TLS_DISPOSED', 'stapler', 'it is closed; make another one');
      const above = issuer ?? issuers.find((one) => leaf.checkIssued(one) && leaf.verify(one.publicKey));
      const key = `${leaf.fingerprint256} ${above?.fingerprint256}`;
      // A context that takes the place of another one has a response from its first handshake on.
      let feed = shared.get(key);
      if (feed === undefined) shared.set(key, (feed = { feed: open(leaf, above), users: 0 }));
      return handle(feed, () => shared.delete(key));
    },
    ready: async () => {
      if (closed) throw closedFeed();
      await Promise.all([...shared.values()].map(({ feed }) => feed.ready()));
    },
    close: () => {
      closed = true;
      for (const { feed } of shared.values()) feed.close();
      shared.clear();
    },
  };
}

interface StaplerFields extends StapleDateFields {
  readonly timeout: DurationField;
  readonly minInterval: DurationField;
}

const staplerSection: Section<'stapler', StaplerFields> = /*#__PURE__*/ section('stapler', {
  timeout: /*#__PURE__*/ duration({ default: '10s', min: '1ms', max: '5m', doc: 'Time for a whole exchange with the responder' }),
  minInterval: /*#__PURE__*/ duration({ default: '1m', min: '1s', max: '1d', doc: 'Shortest time between two questions' }),
  ...STAPLE_DATES,
});

/** A feed and how many contexts use it. */
interface SharedFeed {
  readonly feed: OcspFeed;
  users: number;
}

function handle(shared: SharedFeed, forget: () => void): OcspFeed {
  shared.users += 1;
  let open = true;
  return {
    current: () => (open ? shared.feed.current() : undefined),
    ready: async () => {
      if (!open) throw closedFeed();
      await shared.feed.ready();
    },
    close: () => {
      if (!open) return;
      open = false;
      shared.users -= 1;
      if (shared.users > 0) return;
      shared.feed.close();
      forget();
    },
  };
}

/** The feed of a certificate that nobody can be asked about. */
function emptyFeed(fault: TlsError): OcspFeed {
  return { current: () => undefined, ready: () => Promise.reject(fault), close: () => {} };
}

function noIssuer(leaf: X509Certificate): TlsError {
  return refused('ERR_SOCK_TLS_RESPONDER', `nothing is stapled for this server's certificate ${nameOf(leaf.subject)}: who issued it (${nameOf(leaf.issuer)}) is not known, so no response could be verified; give its certificate as issuer, or add the intermediate to cert`, undefined);
}

function responderOf(leaf: X509Certificate): URL | TlsError {
  const who = `nothing is stapled for this server's certificate ${nameOf(leaf.subject)}`;
  try {
    const urls = ocspUrls(certificateFacts(leaf)).filter((text) => URL.canParse(text)).map((text) => new URL(text));
    const found = urls.find(({ protocol }) => protocol === 'http:');
    if (found !== undefined) return found;
    const why = urls.length === 0 ? 'it names no OCSP responder' : `its OCSP responder ${urls[0]?.origin} is not asked, because only http: is: with TLS, verifying the responder would need a responder`;
    return refused('ERR_SOCK_TLS_RESPONDER', `${who}: ${why}; give responder or response`, undefined);
  } catch (error) {
    return refused('ERR_SOCK_TLS_RESPONDER', `${who}: it cannot be read (${whyOf(error)})`, undefined, error);
  }
}

function checkResponder(text: string): URL {
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:') return url;
  const why = url?.protocol === 'https:' ? 'only http: is asked: with TLS, verifying the responder would need a responder' : 'it is no address such as http://127.0.0.1:8080';
  throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'responder', `${JSON.stringify(text)}: ${why}`);
}

function checkResponse({ response, responder }: StaplerOptions): GivenResponse | undefined {
  if (response === undefined) return undefined;
  if (responder !== undefined) throw new TlsConfigError('ERR_SOCK_TLS_OPTION', 'responder', 'it stands beside response: a response that is given is not fetched');
  // A copy: what was verified is what is stapled.
  if (response instanceof Uint8Array) return Buffer.from(response);
  if (typeof response !== 'object' || response === null || typeof response.file !== 'string') throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'response', 'expected the bytes of an OCSP response (DER), or { file }');
  try {
    readResponse(response);
  } catch (error) {
    throw new TlsConfigError('ERR_SOCK_TLS_MATERIAL', 'response', whyOf(error), error);
  }
  return { file: response.file };
}
