import { DevCertsError } from './errors.ts';
import { allowed, describe } from './options.ts';

/** When a certificate is valid. Certificates count in whole seconds; fractions are cut off. */
export interface ValidityOptions {
  /**
   * Lifetime in whole days, 1 to 36500, from `notBefore` or, without one, from now. Default: **365** for authorities and
   * **90** for other certificates, or what is left of the issuer's life if that is less.
   */
  readonly days?: number;
  /** First moment of validity. Default: **5 minutes ago**, so that a peer with a slow clock accepts it. */
  readonly notBefore?: Date;
  /** Last moment of validity. Default: **`days` later**. Not together with `days`. */
  readonly notAfter?: Date;
  /**
   * `'expired'` gives a certificate that ended yesterday, `'not-yet-valid'` one that begins tomorrow. Default:
   * **`'current'`**. Not together with dates or `days`.
   */
  readonly validity?: 'current' | 'expired' | 'not-yet-valid';
}

/** A period of validity, in whole seconds. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** The keys of {@link ValidityOptions}. */
export const VALIDITY_KEYS: Readonly<Record<keyof ValidityOptions, true>> = {
  days: true,
  notBefore: true,
  notAfter: true,
  validity: true,
};

/**
 * The period that `options` ask for. A lifetime that nobody asked for is cut to the `issuer`'s end; one that was asked
 * for and does not fit is an error, because a verifier would refuse the certificate before its time.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_VALIDITY`, `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function validityFor(options: ValidityOptions, defaultDays: number, issuer?: Validity): Validity {
  const { notBefore, notAfter, asked } = requested(options, defaultDays);
  if (notAfter <= notBefore) {
    throw fault('notAfter', `${notAfter.toISOString()} is not after notBefore, ${notBefore.toISOString()}`);
  }
  if (issuer === undefined || notAfter <= issuer.notAfter) return { notBefore, notAfter };
  if (asked === undefined && issuer.notAfter > notBefore) return { notBefore, notAfter: issuer.notAfter };
  throw fault(
    asked ?? 'notBefore',
    `the certificate would end ${notAfter.toISOString()}, its issuer ends ${issuer.notAfter.toISOString()}; ` +
      "ask for less, or pass allow: ['outlive-issuer']",
  );
}

/** A day, in milliseconds. */
export const DAY_MS = 86_400_000;

const SKEW_MS = 300_000;
const MAX_DAYS = 36_500;

function requested(options: ValidityOptions, defaultDays: number): Validity & { asked?: string } {
  const now = Date.now();
  const kind = allowed('validity', options.validity ?? 'current', ['current', 'expired', 'not-yet-valid']);
  if (kind !== 'current') {
    const other = (['days', 'notBefore', 'notAfter'] as const).find((key) => options[key] !== undefined);
    if (other !== undefined) throw contradiction(other, 'validity');
    const [from, to] = kind === 'expired' ? [-30, -1] : [1, 30];
    return { notBefore: wholeSeconds(now + from * DAY_MS), notAfter: wholeSeconds(now + to * DAY_MS) };
  }
  const notBefore = options.notBefore === undefined ? wholeSeconds(now - SKEW_MS) : moment('notBefore', options.notBefore);
  if (options.notAfter !== undefined) {
    if (options.days !== undefined) throw contradiction('days', 'notAfter');
    return { notBefore, notAfter: moment('notAfter', options.notAfter), asked: 'notAfter' };
  }
  const days = options.days ?? defaultDays;
  if (!Number.isInteger(days) || days < 1 || days > MAX_DAYS) {
    throw fault('days', `is ${describe(days)}; allowed are whole numbers from 1 to ${MAX_DAYS}`);
  }
  const start = options.notBefore === undefined ? now : notBefore.getTime();
  const end = moment('days', new Date(start + days * DAY_MS));
  return { notBefore, notAfter: end, ...(options.days !== undefined && { asked: 'days' }) };
}

/**
 * A Date of an option, in whole seconds.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_VALIDITY`
 */
export function moment(option: string, found: Date): Date {
  const year = found instanceof Date ? found.getUTCFullYear() : Number.NaN;
  if (year >= 1950 && year <= 9999) return wholeSeconds(found.getTime());
  const what = found instanceof Date && !Number.isNaN(year) ? found.toISOString() : describe(found);
  throw fault(option, `is ${what}; allowed is a Date of the years 1950 to 9999`);
}

/** The moment `ms` without its fraction of a second, which certificates cannot say. */
export function wholeSeconds(ms: number): Date {
  return new Date(Math.floor(ms / 1000) * 1000);
}

function contradiction(option: string, other: string): DevCertsError {
  return new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', option, `stands beside \`${other}\`, which says the same thing; give one`);
}

function fault(option: string, message: string): DevCertsError {
  return new DevCertsError('ERR_SOCK_DEV_CERTS_VALIDITY', option, message);
}
