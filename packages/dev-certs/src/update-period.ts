import { DevCertsError } from './errors.ts';
import { allowed } from './options.ts';
import { DAY_MS, moment, wholeSeconds } from './validity.ts';

/**
 * How long an answer about revocation holds, in whole seconds. Any two moments are taken, also an end before the beginning,
 * so that a test can see it refused.
 */
export interface UpdatePeriodOptions {
  /** When the answer was true. Default: **now**, or 7 days before a `nextUpdate` that has passed. */
  readonly thisUpdate?: Date | undefined;
  /** When a newer answer will be there at the latest; `null` leaves it out. Default: **7 days after `thisUpdate`**. */
  readonly nextUpdate?: Date | null | undefined;
  /**
   * `'expired'` gives an answer that ended yesterday, `'not-yet-valid'` one that begins tomorrow. Default: **`'current'`**.
   * Not together with dates.
   */
  readonly validity?: 'current' | 'expired' | 'not-yet-valid' | undefined;
}

/** A period, in whole seconds. */
export interface UpdatePeriod {
  readonly thisUpdate: Date;
  readonly nextUpdate: Date | null;
}

/** The keys of {@link UpdatePeriodOptions}. */
export const UPDATE_PERIOD_KEYS: Readonly<Record<keyof UpdatePeriodOptions, true>> = {
  thisUpdate: true,
  nextUpdate: true,
  validity: true,
};

/**
 * The period that `options` ask for. `where` goes before the names of options, for example `others[0].`.
 *
 * @throws DevCertsError `ERR_SOCK_DEV_CERTS_VALIDITY`, `ERR_SOCK_DEV_CERTS_OPTION`
 */
export function updatePeriod(options: UpdatePeriodOptions, where = ''): UpdatePeriod {
  const now = Date.now();
  const kind = allowed(`${where}validity`, options.validity ?? 'current', ['current', 'expired', 'not-yet-valid']);
  if (kind !== 'current') {
    const other = (['thisUpdate', 'nextUpdate'] as const).find((key) => options[key] !== undefined);
    if (other !== undefined) {
      const message = 'stands beside `validity`, which says the same thing; give one';
      throw new DevCertsError('ERR_SOCK_DEV_CERTS_OPTION', `${where}${other}`, message);
    }
    const from = kind === 'expired' ? -DAYS - 1 : 1;
    return { thisUpdate: wholeSeconds(now + from * DAY_MS), nextUpdate: wholeSeconds(now + (from + DAYS) * DAY_MS) };
  }
  const { nextUpdate } = options;
  const end = nextUpdate === undefined || nextUpdate === null ? nextUpdate : moment(`${where}nextUpdate`, nextUpdate);
  const passed = end instanceof Date && end.getTime() < now;
  const byDefault = (): Date => wholeSeconds(passed ? end.getTime() - DAYS * DAY_MS : now);
  const thisUpdate = options.thisUpdate === undefined ? byDefault() : moment(`${where}thisUpdate`, options.thisUpdate);
  return { thisUpdate, nextUpdate: end === undefined ? wholeSeconds(thisUpdate.getTime() + DAYS * DAY_MS) : end };
}

const DAYS = 7;
