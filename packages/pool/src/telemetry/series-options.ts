import { checkNames, wrongOption } from '@sock/config';
import type { Clock } from '@sock/core/timing';
import { systemClock } from '@sock/core/timing';

/** How many time series there may be, and what they are called. */
export interface SeriesOptionsInput {
  /**
   * Keys of one pool that have time series of their own; those that it has known for longest. The rest is summed up under the key `other`. **100**, 0 to 100,000.
   * Why: a key makes some twenty series.
   */
  readonly maxKeys?: number | undefined;
  /** Endpoints of one key that have time series of their own; the rest is summed up under the endpoint `other`. **32**, 0 to 100,000 */
  readonly maxEndpoints?: number | undefined;
  /** Makes the label out of a key of the connector; keys that get the same label are summed up. Default: **the key itself** */
  readonly label?: ((key: string) => string) | undefined;
  /** That of the pools, for the times that are left. Default: **the runtime's** */
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/** {@link SeriesOptionsInput}, resolved. */
export interface SeriesOptions {
  readonly maxKeys: number;
  readonly maxEndpoints: number;
  readonly label: (key: string) => string;
  readonly clock: Pick<Clock, 'now'>;
}

const MOST = 100_000;

/** @throws `ERR_SOCK_CONFIG` for an option that is not known, or out of range */
export function seriesOptions(what: string, options: SeriesOptionsInput = {}, more: readonly string[] = []): SeriesOptions {
  checkNames(what, options, ['maxKeys', 'maxEndpoints', 'label', 'clock', ...more]);
  const { maxKeys = 100, maxEndpoints = 32, label = String, clock = systemClock } = options;
  for (const [name, value] of Object.entries({ maxKeys, maxEndpoints })) {
    if (!Number.isInteger(value) || value < 0 || value > MOST) throw wrongOption(what, name, value, `a whole number from 0 to ${MOST}`);
  }
  if (typeof label !== 'function') throw wrongOption(what, 'label', label, 'a function');
  if (typeof (clock as Partial<Clock> | null)?.now !== 'function') throw wrongOption(what, 'clock', clock, 'a clock, with now()');
  return { maxKeys, maxEndpoints, label, clock };
}
