import { wrongOption } from '@sock/config';
import type { Family, Line } from './exposition.ts';
import { exposition } from './exposition.ts';
import type { Instrument } from './instrument.ts';
import type { SeriesOptionsInput } from './series-options.ts';
import { seriesOptions } from './series-options.ts';
import type { SourceSnapshot, TelemetrySources } from './source.ts';
import { snapshots } from './source.ts';
import { sourceInstruments } from './source-instruments.ts';
import type { PoolTimes, TimeSnapshot } from './time-snapshot.ts';
import { TIMES } from './time-snapshot.ts';

/** Options of `prometheusText`. */
export interface PrometheusOptions extends SeriesOptionsInput {
  /** What all names begin with: letters, digits, `_` and `:`, no digit first. Default: **`sock`** */
  readonly prefix?: string | undefined;
}

/** The `Content-Type` of {@link prometheusText}. */
export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * What pools, registries and servers did, as text for Prometheus (exposition format 0.0.4). Counters end in `_total`; times are summaries, in seconds, since they were
 * reset last, with the smallest and the largest as the quantiles 0 and 1. All of it is taken at the moment of the call: there is nothing to register, and nothing to stop.
 *
 * @throws `ERR_SOCK_CONFIG` for a wrong option, `ERR_SOCK_POOL_ARGUMENT` for two sources of one kind and name
 * @example
 * ```ts
 * response.setHeader('content-type', PROMETHEUS_CONTENT_TYPE);
 * response.end(prometheusText({ name: 'redis', pool, times }));
 * ```
 */
export function prometheusText(sources: TelemetrySources, options: PrometheusOptions = {}): string {
  const series = seriesOptions('prometheusText', options, ['prefix']);
  const { prefix = 'sock' } = options;
  if (typeof prefix !== 'string' || !/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(prefix)) throw wrongOption('prometheusText', 'prefix', prefix, 'letters, digits, _ and :, no digit first');
  const taken = snapshots('prometheusText', sources);
  return exposition([...sourceInstruments(taken, series).map((instrument) => family(prefix, instrument)), ...summaries(prefix, taken)]);
}

function family(prefix: string, { name, kind, unit, help, samples }: Instrument): Family {
  const counter = kind === 'counter';
  const base = `${prefix}_${name.replaceAll('.', '_')}${unit === 's' ? '_seconds' : ''}`;
  return { name: counter ? `${base}_total` : base, type: counter ? 'counter' : 'gauge', help, lines: samples };
}

function summaries(prefix: string, sources: readonly SourceSnapshot[]): Family[] {
  return (Object.keys(TIMES) as (keyof PoolTimes)[]).map((name) => ({
    name: `${prefix}_pool_${name}_seconds`,
    type: 'summary',
    help: TIMES[name],
    lines: sources.flatMap((source) => summary(source.name, source.times[name])),
  }));
}

function summary(pool: string, times: TimeSnapshot | undefined): Line[] {
  if (times === undefined) return [];
  const { count, sum, min, p50, p90, p99, p999, max } = times;
  const quantiles = [['0', min], ['0.5', p50], ['0.9', p90], ['0.99', p99], ['0.999', p999], ['1', max]] as const;
  return [
    // Of nothing there is no quantile; 0 would look like a very fast pool.
    ...quantiles.map(([quantile, ms]): Line => ({ labels: { pool, quantile }, value: count === 0 ? NaN : ms / 1000 })),
    { suffix: '_sum', labels: { pool }, value: sum / 1000 },
    { suffix: '_count', labels: { pool }, value: count },
  ];
}
