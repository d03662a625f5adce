import type { Duration, DurationField, OneOfField, Section } from '@sock/config';
import { duration, oneOf, section } from '@sock/config';
import { trustDigest } from '../material/trust-digest.ts';
import type { CheckResult, Peer, PeerCheck } from '../verify/peer.ts';
import { certificateFacts, mustStaple } from './certificate-facts.ts';
import { day, refused, whose, whyOf } from './revocation-error.ts';
import { onlyKnown } from './revocation-options.ts';
import type { StapleVerifier } from './staple-verifier.ts';
import { createStapleVerifier } from './staple-verifier.ts';

/** When a server must staple: only if its certificate says so, always, or never. */
export type StaplePolicy = 'must-staple' | 'hard' | 'soft';

/** Options of {@link ocspCheck}. */
export interface OcspCheckOptions {
  /**
   * `must-staple`: servers whose certificate says that they staple (TLS feature status_request, RFC 7633) must; of others nothing is known
   * without a staple. `hard`: every server must. `soft`: none must. A staple that is bad refuses the server under all of them. Default: **`must-staple`**
   */
  readonly policy?: StaplePolicy | undefined;
  /** How long a response that says no end holds, 1 min to 24 days. Default: **10 days**, the longest that public authorities may let one hold */
  readonly maxAge?: Duration | undefined;
  /** How far the responder's clock may be ahead of this one, 0 to 1 day. Default: **5 min** */
  readonly skew?: Duration | undefined;
}

/**
 * A step that verifies the OCSP response which the server stapled (RFC 6066 section 8, RFC 6960). Nothing is fetched. Clients only: Node staples
 * nothing to the certificates of clients, so that a server skips the step.
 *
 * Throws at a handshake: `ERR_SOCK_TLS_REVOKED`, `ERR_SOCK_TLS_STAPLE_MISSING`, `ERR_SOCK_TLS_STAPLE_STALE`, `ERR_SOCK_TLS_STAPLE_FORGED`,
 * `ERR_SOCK_TLS_STAPLE_INVALID`.
 *
 * @throws `ERR_SOCK_TLS_OPTION`, `ERR_SOCK_CONFIG`
 */
export function ocspCheck(options: OcspCheckOptions = {}): PeerCheck {
  onlyKnown(options, ['policy', 'maxAge', 'skew'], 'ocspCheck()');
  const { policy, maxAge, skew } = ocspSection.pick(options, 'ocspCheck()');
  const verify = createStapleVerifier({ maxAge, skew });
  return {
    step: 'ocsp',
    asksForStaple: true,
    digest: trustDigest({ step: 'ocsp', policy, maxAge, skew }),
    check: async (peer) => judge(peer, policy, verify),
  };
}

/** Fields about the dates of a response, which `stapler` has too. */
export interface StapleDateFields {
  readonly maxAge: DurationField;
  readonly skew: DurationField;
}

/** {@link StapleDateFields} with their defaults. */
export const STAPLE_DATES: StapleDateFields = {
  maxAge: /*#__PURE__*/ duration({ default: '10d', min: '1m', max: '24d', doc: 'How long a response that says no end holds' }),
  skew: /*#__PURE__*/ duration({ default: '5m', max: '1d', doc: 'How far the responder\'s clock may be ahead' }),
};

interface OcspFields extends StapleDateFields {
  readonly policy: OneOfField<StaplePolicy>;
}

const ocspSection: Section<'ocsp', OcspFields> = /*#__PURE__*/ section('ocsp', {
  policy: /*#__PURE__*/ oneOf(['must-staple', 'hard', 'soft'], { default: 'must-staple', doc: 'When a server must staple' }),
  ...STAPLE_DATES,
});

function judge(peer: Peer, policy: StaplePolicy, verify: StapleVerifier): CheckResult {
  if (peer.role === 'server') return { outcome: 'skipped', detail: 'clients staple nothing: only servers do, in Node' };
  const { staple, certificate, endpoint } = peer;
  const who = whose(peer, certificate);
  const needed = policy === 'hard' || (policy === 'must-staple' && promisesStaple(peer, who));
  const why = policy === 'hard' ? 'the policy "hard" demands one' : 'its certificate says that it staples (RFC 7633)';
  if (staple === undefined || staple.length === 0) {
    if (needed) throw refused('ERR_SOCK_TLS_STAPLE_MISSING', `no OCSP response came with ${who}, and ${why}; switch stapling on at the server`, endpoint);
    return { outcome: 'unknown', detail: 'no OCSP response came with the certificate, and none had to' };
  }
  const issuer = peer.path()?.[1];
  if (issuer === undefined) {
    const what = `the OCSP response that came with ${who} cannot be verified: no path to a trusted authority shows who issued the certificate`;
    if (needed) throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${what}, and ${why}`, endpoint);
    return { outcome: 'unknown', detail: what };
  }
  const good = verify({ der: staple, leaf: certificate, issuer, certificate: who, response: `the OCSP response that came with ${who}`, endpoint });
  return { outcome: 'ok', detail: `good until ${day(good.validUntil)}, says ${good.responder}`, validUntil: good.validUntil };
}

function promisesStaple(peer: Peer, who: string): boolean {
  try {
    return mustStaple(certificateFacts(peer.certificate));
  } catch (error) {
    throw refused('ERR_SOCK_TLS_STAPLE_INVALID', `${who} does not say readably whether its server staples: ${whyOf(error)}`, peer.endpoint, error);
  }
}
