import type { X509Certificate } from 'node:crypto';
import { createHash } from 'node:crypto';
import type { TlsError } from '../errors.ts';
import { optionFault } from '../material/option-fault.ts';
import type { CheckResult, Peer } from './peer.ts';
import { spkiOf } from './spki.ts';
import { otherSide, verifyError } from './verify-error.ts';

/** Public keys of which a peer's path must have one (RFC 7469 has the idea). */
export interface PinOptions {
  /** SHA-256 digests of the public keys in use (of the whole SubjectPublicKeyInfo), base64, `sha256/` before it or not; {@link spkiPin} makes them. */
  readonly sha256: readonly string[];
  /**
   * The same for keys that are not in use yet: at least one, kept apart and offline. Without it, the loss of the pinned key would lock everybody
   * out. They count like the others.
   */
  readonly backup: readonly string[];
  /** Hears of connections that would be refused, and none is refused. For trying pins out. Default: **they are enforced** */
  readonly reportOnly?: ((report: PinReport) => void) | undefined;
}

/** A connection whose peer has none of the pinned keys. */
export interface PinReport {
  readonly peer: Peer;
  /** The pins of the path that was found, the peer's own first. */
  readonly found: readonly string[];
}

/** Pins that were checked. */
export interface PinSet {
  readonly current: ReadonlySet<string>;
  readonly backup: ReadonlySet<string>;
  readonly report: ((report: PinReport) => void) | undefined;
  /** Pins of certificates that were seen: the same few come again and again. */
  readonly seen: WeakMap<X509Certificate, string>;
}

/** The pin of a certificate: the SHA-256 of its SubjectPublicKeyInfo, base64. It stays when the certificate is renewed with the same key. */
export function spkiPin(certificate: X509Certificate): string {
  return createHash('sha256').update(spkiOf(certificate.raw)).digest('base64');
}

/**
 * Checks pins that a program gave.
 *
 * @throws `ERR_SOCK_TLS_OPTION`
 */
export function checkPins(options: PinOptions | undefined): PinSet | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== 'object' || options === null) throw optionFault('pins', 'expected { sha256, backup }');
  const current = readPins(options.sha256, 'pins.sha256');
  const backup = readPins(options.backup, 'pins.backup');
  for (const pin of backup) {
    if (current.has(pin)) throw optionFault('pins.backup', `${pin} is a pin in use: a backup is the pin of another key, which is kept apart`);
  }
  const { reportOnly: report } = options;
  if (report !== undefined && typeof report !== 'function') throw optionFault('pins.reportOnly', 'expected a function that hears the reports');
  return { current, backup, report, seen: new WeakMap() };
}

/**
 * The step "pins": the peer's path must have a pinned key. Only certificates on the verified path count: a peer may send any
 * certificate beside it.
 *
 * @throws `ERR_SOCK_TLS_PIN_MISMATCH`
 */
export function checkPeerPins(pins: PinSet, peer: Peer, maxText: number): CheckResult | 'reported' {
  const own = pinOf(pins, peer.certificate);
  const match = matchOf(pins, own) ?? peer.path()?.map((one) => matchOf(pins, pinOf(pins, one))).find((one) => one !== undefined);
  if (match !== undefined) return { outcome: 'ok', detail: match };
  const found = peer.path()?.map((one) => pinOf(pins, one)) ?? [own];
  if (pins.report === undefined) throw mismatch(peer, found, maxText);
  try {
    pins.report({ peer, found });
  } catch {
    // A report is for people; one that cannot be written must not end connections that were not to be refused.
  }
  return 'reported';
}

function pinOf({ seen }: PinSet, certificate: X509Certificate): string {
  let pin = seen.get(certificate);
  if (pin === undefined) seen.set(certificate, (pin = spkiPin(certificate)));
  return pin;
}

function matchOf({ current, backup }: PinSet, pin: string): string | undefined {
  if (current.has(pin)) return pin;
  return backup.has(pin) ? `${pin}, a backup pin` : undefined;
}

function readPins(list: readonly string[], option: string): ReadonlySet<string> {
  if (!Array.isArray(list) || list.length === 0) {
    const why = option === 'pins.backup' ? 'at least one is needed: without it, losing the pinned key locks everybody out' : 'at least one is needed';
    throw optionFault(option, why);
  }
  return new Set(list.map((text: unknown, index) => {
    const bare = typeof text === 'string' ? text.replace(/^sha256\//, '') : '';
    if (!/^[A-Za-z0-9+/]{43}=$/.test(bare)) {
      throw optionFault(`${option}[${index}]`, `${JSON.stringify(text)?.slice(0, 80)} is no SHA-256 in base64 (44 characters); spkiPin(certificate) makes one`);
    }
    return bare;
  }));
}

function mismatch(peer: Peer, found: readonly string[], maxText: number): TlsError {
  const path = found.join(', ').slice(0, maxText);
  return verifyError('ERR_SOCK_TLS_PIN_MISMATCH', `${otherSide(peer)} has none of the pinned public keys; its path has ${path}; if it changed its key on purpose, update the pins`, { endpoint: peer.endpoint });
}
