import { randomUUID } from 'node:crypto';
import type { Danger } from '../danger/waiver.ts';
import { DANGER } from '../danger/waiver.ts';
import type { TlsConfigError } from '../errors.ts';
import { optionFault } from '../material/option-fault.ts';
import type { Anchors } from './path.ts';
import type { Peer, PeerCheck } from './peer.ts';
import type { PinOptions, PinSet } from './pins.ts';
import { checkPins } from './pins.ts';

/** Whether a side asks for the peer's certificate: not at all; if there is one it must be good; there must be one. */
export type VerifyMode = 'none' | 'peer' | 'require';

/** What a program may ask of its peers beside a good chain and the right name. */
export interface VerifyOptions {
  /** Public keys of which the peer's path must have one. Default: **none** */
  readonly pins?: PinOptions | undefined;
  /** Revocation lists, by `crlCheck()` of `@sock/tls-context/revocation`. Default: **none: a certificate that was revoked is accepted** */
  readonly crl?: PeerCheck | undefined;
  /** OCSP staples, by `ocspCheck()` of `@sock/tls-context/revocation`. Default: **none** */
  readonly ocsp?: PeerCheck | undefined;
  /**
   * The last step, the program's own; it refuses by throwing, or by answering `false`. Runs on every handshake, resumed ones too, within
   * the time of the handshake. Default: **none**
   */
  readonly verifyPeer?: ((peer: Peer) => void | boolean | Promise<void | boolean>) | undefined;
  /** What weakens the context, by `danger()` of `@sock/tls-context/danger`. Default: **nothing** */
  readonly danger?: Danger | undefined;
}

/** The names of {@link VerifyOptions}. */
export const VERIFY_OPTIONS = ['pins', 'crl', 'ocsp', 'verifyPeer', 'danger'] as const;

/** All that decides about a peer. */
export interface VerifyRules {
  readonly mode: VerifyMode;
  readonly maxDepth: number;
  readonly maxText: number;
  readonly anchors: Anchors;
  readonly pins: PinSet | undefined;
  readonly crl: PeerCheck | undefined;
  readonly ocsp: PeerCheck | undefined;
  readonly custom: VerifyOptions['verifyPeer'];
  /** Tells the rules with a function of the program's own from all others. */
  readonly own: string;
  readonly danger: Danger | undefined;
}

/**
 * Checks what a program asks of its peers.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function verifyRules(options: VerifyOptions, base: Pick<VerifyRules, 'mode' | 'maxDepth' | 'maxText' | 'anchors'>): VerifyRules {
  const { verifyPeer: custom, danger } = options;
  if (danger !== undefined && (danger as Partial<Danger> | null)?.[DANGER] !== true) throw fault('danger', 'only danger() of @sock/tls-context/danger makes such a value');
  if (custom !== undefined && typeof custom !== 'function') throw fault('verifyPeer', 'expected a function');
  const pins = checkPins(options.pins);
  const rules = { ...base, pins, crl: checkOf(options, 'crl'), ocsp: checkOf(options, 'ocsp'), custom, own: randomUUID(), danger };
  const idle = VERIFY_OPTIONS.find((name) => name !== 'danger' && options[name] !== undefined);
  if (base.mode === 'none' && idle !== undefined) throw fault(idle, 'it is given, but verify "none" asks for no certificate');
  return rules;
}

/** What of the rules decides trust, for the digest that keeps connections and sessions of different trust apart. It changes when lists are reloaded. */
export function rulesDigest({ mode, maxDepth, pins, crl, ocsp, custom, own, danger }: VerifyRules): readonly unknown[] {
  return [
    mode, maxDepth, pins && [[...pins.current], [...pins.backup], pins.report !== undefined], crl?.digest, ocsp?.digest,
    // Two functions may decide differently however alike their texts are: what one has accepted is shared with no other.
    custom && own, danger && [danger.reason, ...danger.allow],
  ];
}

/** Whether a verification by these rules may have to wait for somebody. */
export function asksOthers({ crl, ocsp, custom }: VerifyRules): boolean {
  return crl !== undefined || ocsp !== undefined || custom !== undefined;
}

function checkOf(options: VerifyOptions, step: 'crl' | 'ocsp'): PeerCheck | undefined {
  const check = options[step];
  if (check === undefined) return undefined;
  if (typeof check !== 'object' || check === null || check.step !== step || typeof check.check !== 'function') {
    throw fault(step, `expected what ${step}Check() of @sock/tls-context/revocation makes`);
  }
  return check;
}

function fault(option: string, why: string): TlsConfigError {
  return optionFault(option, why);
}
