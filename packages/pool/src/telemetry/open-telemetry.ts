import { wrongOption } from '@sock/config';
import { CONVENTIONS, POOL_NAME, TIME_CONVENTIONS } from './conventions.ts';
import type { Instrument, Labels } from './instrument.ts';
import type { SeriesOptionsInput } from './series-options.ts';
import { seriesOptions } from './series-options.ts';
import type { SourceSnapshot, TelemetrySources } from './source.ts';
import { snapshots } from './source.ts';
import { allInstruments, sourceInstruments } from './source-instruments.ts';
import type { PoolTimes, TimeSnapshot } from './time-snapshot.ts';

/** Options of `openTelemetry`. */
export interface OpenTelemetryOptions extends SeriesOptionsInput {
  /** `conventions`: only what the semantic conventions name (`db.client.connection.…`). Default: **`all`: also what is our own (`sock.pool.…`, `sock.registry.…`, `sock.server.…`)** */
  readonly only?: 'all' | 'conventions' | undefined;
}

/** Which instrument a metric is. */
export interface OpenTelemetryInstrument {
  readonly name: string;
  /** As UCUM has it. */
  readonly unit: string;
  readonly kind: 'updowncounter' | 'counter' | 'gauge' | 'histogram';
  readonly description: string;
}

/** One value of a metric. */
export interface OpenTelemetryMetric extends OpenTelemetryInstrument {
  /** Of a histogram: its snapshot, in **seconds**. */
  readonly value: number | TimeSnapshot;
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * What pools, registries and servers did, by the names, units and attributes of OpenTelemetry, as data; for those who hand it on by themselves. With a meter, see
 * `publishToMeter`.
 *
 * `used` are the connections that are leased or in the hands of a hook. `idle.max`, `idle.min` and `max` need `limits` of the source; `idle.min` is
 * `minPerKey` of each endpoint, busy connections included.
 *
 * @throws as `prometheusText`
 */
export function openTelemetry(sources: TelemetrySources, options: OpenTelemetryOptions = {}): OpenTelemetryMetric[] {
  return metricsFor('openTelemetry', sources, options);
}

/** {@link openTelemetry}. @param what - the function that was called, for errors */
export function metricsFor(what: string, sources: TelemetrySources, options: OpenTelemetryOptions): OpenTelemetryMetric[] {
  const series = seriesOptions(what, options, ['only']);
  const { only = 'all' } = options;
  if (only !== 'all' && only !== 'conventions') throw wrongOption(what, 'only', only, 'all or conventions');
  const taken = snapshots(what, sources);
  const conventions = taken.flatMap((source) => [...conventional(source), ...histograms(source)]);
  return only === 'conventions' ? conventions : [...conventions, ...sourceInstruments(taken, series).flatMap(own)];
}

/** The instruments of all metrics that can be read at any time: all but histograms. */
export function observableInstruments(only: 'all' | 'conventions' = 'all'): OpenTelemetryInstrument[] {
  const conventions = CONVENTIONS.map(({ name, unit, kind, description }) => ({ name, unit, kind, description }));
  return only === 'conventions' ? conventions : [...conventions, ...allInstruments().map(instrument)];
}

function conventional(source: SourceSnapshot): OpenTelemetryMetric[] {
  return CONVENTIONS.flatMap(({ name, unit, kind, description, read }) =>
    read(source).map(({ value, attributes }) => ({ name, unit, kind, description, value, attributes: { [POOL_NAME]: source.name, ...attributes } })));
}

function histograms({ name: pool, times }: SourceSnapshot): OpenTelemetryMetric[] {
  return (Object.keys(TIME_CONVENTIONS) as (keyof PoolTimes)[]).flatMap((key): OpenTelemetryMetric[] => {
    const found = times[key];
    return found === undefined ? [] : [{ ...TIME_CONVENTIONS[key], unit: 's', kind: 'histogram', value: seconds(found), attributes: { [POOL_NAME]: pool } }];
  });
}

function seconds({ count, sum, min, mean, p50, p90, p99, p999, max }: TimeSnapshot): TimeSnapshot {
  return { count, sum: sum / 1000, min: min / 1000, mean: mean / 1000, p50: p50 / 1000, p90: p90 / 1000, p99: p99 / 1000, p999: p999 / 1000, max: max / 1000 };
}

function own(found: Instrument): OpenTelemetryMetric[] {
  return found.samples.map(({ labels, value }) => ({ ...instrument(found), value, attributes: attributesOf(found.name, labels) }));
}

function instrument({ name, kind, unit, help }: Instrument): OpenTelemetryInstrument {
  return { name: `sock.${name}`, unit, kind, description: `${help}.` };
}

/** Names of attributes need a name space, and those that the conventions have are theirs. */
function attributesOf(name: string, labels: Labels): Readonly<Record<string, string>> {
  const [subject = ''] = name.split('.');
  return Object.fromEntries(Object.entries(labels).map(([label, value]) => {
    if (label === 'pool') return [POOL_NAME, value];
    if (label === 'code') return ['error.type', value];
    return [label === subject ? `sock.${subject}.name` : `sock.${subject}.${label}`, value];
  }));
}
