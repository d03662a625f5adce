import type { X509Certificate } from 'node:crypto';
import type { Duration, DurationField, OneOfField, Section } from '@sock/config';
import { duration, oneOf, section } from '@sock/config';
import type { TlsConfigError } from '../errors.ts';
import { TlsError } from '../errors.ts';
import { trustDigest } from '../material/trust-digest.ts';
import type { CheckResult, Peer, PeerCheck } from '../verify/peer.ts';
import { certificateFacts, isAuthority } from './certificate-facts.ts';
import type { CrlSource } from './crl-files.ts';
import type { CrlList } from './crl-parser.ts';
import type { SelectList } from './crl-selection.ts';
import { createSelection } from './crl-selection.ts';
import type { CrlSet } from './crl-store.ts';
import { createCrlStore } from './crl-store.ts';
import { hex } from './der-values.ts';
import { day, nameOf, refused, whose, whyOf } from './revocation-error.ts';
import { onlyKnown } from './revocation-options.ts';
import { reasonInWords } from './revocation-reason.ts';

/** Options of {@link crlCheck}. */
export interface CrlCheckOptions {
  /**
   * The revocation lists: PEM text or a PEM file with any number of them, DER, or a directory, of which files named `*.pem`, `*.crl`, `*.der` and
   * `*.r0` are read. One or several. Certificates in the same files are passed over and trusted by nobody.
   */
  readonly lists: CrlSource | readonly CrlSource[];
  /** `hard`: there must be a current list for each certificate in scope. `soft`: without one the outcome is `unknown`. Default: **`hard`** */
  readonly policy?: 'soft' | 'hard' | undefined;
  /** `chain`: every certificate below the trusted authority. `leaf`: the peer's own alone. Default: **`chain`** */
  readonly scope?: 'leaf' | 'chain' | undefined;
  /** How often at most files are looked at for a change, 0 to 1 day. Looked at when a peer is checked; there is no timer. Default: **1 min** */
  readonly reload?: Duration | undefined;
  /** Told when files were read again and the lists are other ones. Default: **none** */
  readonly onChange?: (() => void) | undefined;
  /** Told when files could not be read again; the last good lists stay in use. The same fault is told once. Default: **none** */
  readonly onError?: ((error: TlsConfigError) => void) | undefined;
}

/**
 * A step that refuses peers whose certificates stand on a revocation list (RFC 5280 sections 5 and 6.3). Everything is read and checked now.
 *
 * Throws at a handshake: `ERR_SOCK_TLS_REVOKED`, `ERR_SOCK_TLS_CRL_MISSING`, `ERR_SOCK_TLS_CRL_STALE`, `ERR_SOCK_TLS_CRL_INVALID`.
 *
 * @throws `ERR_SOCK_TLS_CRL_INVALID` with file and block, `ERR_SOCK_TLS_MATERIAL`, `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_CONFIG`
 */
export function crlCheck(options: CrlCheckOptions): PeerCheck {
  onlyKnown(options, ['lists', 'policy', 'scope', 'reload', 'onChange', 'onError'], 'crlCheck()');
  const { policy, scope, reload } = crlSection.pick(options, 'crlCheck()');
  const store = createCrlStore(options.lists, reload, options.onError, options.onChange);
  const select = createSelection();
  return {
    step: 'crl',
    asksForStaple: false,
    get digest() {
      return trustDigest({ step: 'crl', lists: store.current().digest, policy, scope });
    },
    get files() {
      return store.current().files;
    },
    reload: () => store.reload(),
    check: async (peer) => {
      const set = store.current();
      const kept = store.fault === undefined ? '' : `; the lists are older ones, because reading them again failed: ${store.fault.message}`;
      return judge(peer, { set, select, hard: policy === 'hard', scope, kept });
    },
  };
}

interface CrlFields {
  readonly policy: OneOfField<'soft' | 'hard'>;
  readonly scope: OneOfField<'leaf' | 'chain'>;
  readonly reload: DurationField;
}

const crlSection: Section<'crl', CrlFields> = /*#__PURE__*/ section('crl', {
  policy: /*#__PURE__*/ oneOf(['soft', 'hard'], { default: 'hard', doc: 'Whether there must be a current list' }),
  scope: /*#__PURE__*/ oneOf(['leaf', 'chain'], { default: 'chain', doc: 'Which certificates are looked up' }),
  reload: /*#__PURE__*/ duration({ default: '1m', max: '1d', doc: 'How often files are looked at' }),
});

interface Rules {
  readonly set: CrlSet;
  readonly select: SelectList;
  readonly hard: boolean;
  readonly scope: 'leaf' | 'chain';
  /** Words for lists that are older than their files. */
  readonly kept: string;
}

/** A clock may be that much behind the authority's. */
const SKEW_MS = 300_000;

function judge(peer: Peer, rules: Rules): CheckResult {
  const path = peer.path();
  if (path === undefined || path.length === 0) {
    const why = `no path from ${whose(peer, peer.certificate)} to a trusted authority could be built`;
    if (rules.hard) throw refused('ERR_SOCK_TLS_CRL_MISSING', `${why}, so there is nobody whose revocation list could be asked${rules.kept}`, peer.endpoint);
    return { outcome: 'unknown', detail: `${why}${rules.kept}` };
  }
  const inScope = path.slice(0, rules.scope === 'leaf' ? 1 : undefined).filter((_, index) => index < path.length - 1);
  if (inScope.length === 0) return { outcome: 'skipped', detail: 'the peer\'s certificate is itself trusted: no list speaks of it' };
  const found = inScope.map((certificate, index) => judgeOne(peer, certificate, path[index + 1] as X509Certificate, rules));
  const ends = found.map(({ validUntil }) => validUntil).filter((end) => end !== undefined);
  return {
    outcome: found.some(({ outcome }) => outcome === 'unknown') ? 'unknown' : 'ok',
    detail: `${found.map(({ detail }) => detail).join('; ')}${rules.kept}`,
    validUntil: ends.length === 0 ? undefined : Math.min(...ends),
  };
}

function judgeOne(peer: Peer, certificate: X509Certificate, issuer: X509Certificate, rules: Rules): CheckResult {
  try {
    return lookUp(peer, certificate, issuer, rules);
  } catch (error) {
    if (error instanceof TlsError) throw error;
    // Certificates that OpenSSL took, but that are not of the strict form that identifies them.
    throw refused('ERR_SOCK_TLS_CRL_INVALID', `${whose(peer, certificate)} cannot be looked up: ${whyOf(error)}`, peer.endpoint, error);
  }
}

function lookUp(peer: Peer, certificate: X509Certificate, issuer: X509Certificate, { set, select, hard, kept }: Rules): CheckResult {
  const facts = certificateFacts(certificate);
  const above = certificateFacts(issuer);
  const authority = `the authority ${nameOf(issuer.subject)}`;
  const selection = select(set.byIssuer.get(hex(above.subject)) ?? [], { facts: above, key: issuer.publicKey }, isAuthority(facts), Date.now() + SKEW_MS);
  if ('invalid' in selection) {
    throw refused('ERR_SOCK_TLS_CRL_INVALID', `${whose(peer, certificate)} cannot be looked up in the revocation list of ${authority}: ${selection.invalid}${kept}`, peer.endpoint);
  }
  if ('missing' in selection) {
    const why = `there is no revocation list for ${whose(peer, certificate)}, issued by ${authority}: ${selection.missing}`;
    if (hard) throw refused('ERR_SOCK_TLS_CRL_MISSING', `${why}; give it in lists, or choose the policy "soft"${kept}`, peer.endpoint);
    return { outcome: 'unknown', detail: why };
  }
  const { list } = selection;
  const revocation = list.entries.find(facts.serial);
  // Before the dates: what an outdated list says against a certificate still stands against it.
  if (revocation !== undefined) {
    const what = `was revoked on ${day(revocation.at)} (${reasonInWords(revocation.reason)}; serial number ${hex(facts.serial).toUpperCase()})`;
    throw refused('ERR_SOCK_TLS_REVOKED', `${whose(peer, certificate)} ${what}, says the list of ${authority} in ${list.source}`, peer.endpoint);
  }
  const late = dateFault(list);
  if (late !== undefined) {
    const why = `the revocation list of ${authority} in ${list.source}, needed for ${whose(peer, certificate)}, ${late}`;
    if (hard) throw refused('ERR_SOCK_TLS_CRL_STALE', `${why}; fetch a newer one, or set the clock right${kept}`, peer.endpoint);
    return { outcome: 'unknown', detail: why };
  }
  const until = list.nextUpdate === undefined ? 'says no end, so counts as current' : `holds until ${day(list.nextUpdate)}`;
  return { outcome: 'ok', detail: `${nameOf(certificate.subject)} is not on the list of ${nameOf(issuer.subject)}, which ${until}`, validUntil: list.nextUpdate };
}

function dateFault({ thisUpdate, nextUpdate }: CrlList): string | undefined {
  const now = Date.now();
  if (thisUpdate > now + SKEW_MS) return `is not valid before ${day(thisUpdate)}`;
  return nextUpdate !== undefined && now >= nextUpdate ? `ran out on ${day(nextUpdate)}` : undefined;
}
