import { PoolError } from '../errors.ts';
import type { PoolRecorders, Recorder } from '../pool-options.ts';
import { POOL_NAME, TIME_CONVENTIONS } from './conventions.ts';
import type { OpenTelemetryInstrument, OpenTelemetryOptions } from './open-telemetry.ts';
import { metricsFor, observableInstruments } from './open-telemetry.ts';
import type { TelemetrySources } from './source.ts';

/** How an instrument is described to a {@link Meter}. */
export interface MeterOptions {
  readonly description?: string;
  readonly unit?: string;
  readonly advice?: { explicitBucketBoundaries?: number[] };
}

/** Takes the values of one collection. */
export interface MeterResult {
  /** One value of one series. */
  observe(instrument: object, value: number, attributes?: Record<string, string>): void;
}

/** The part of a `Meter` of `@opentelemetry/api` (1.3 and later) that is read at each collection. */
export interface Meter {
  /** For what only goes up. */
  createObservableCounter(name: string, options?: MeterOptions): object;
  /** For what goes up and down, and may be added up. */
  createObservableUpDownCounter(name: string, options?: MeterOptions): object;
  /** For what goes up and down, and may not be added up. */
  createObservableGauge(name: string, options?: MeterOptions): object;
  /** Has `callback` called at each collection. */
  addBatchObservableCallback(callback: (result: MeterResult) => void, instruments: object[]): void;
  /** Ends that. */
  removeBatchObservableCallback(callback: (result: MeterResult) => void, instruments: object[]): void;
}

/** The part of a `Meter` of `@opentelemetry/api` that takes times. */
export interface HistogramMeter {
  /** For times: it sees each of them. */
  createHistogram(name: string, options?: MeterOptions): { record(value: number, attributes?: Record<string, string>): void };
}

/**
 * Hands what `openTelemetry` tells to a meter, at each of its collections. Not the times: a meter wants to see each of them, which is what
 * {@link meterRecorders} is for.
 *
 * @returns a function that ends it
 * @throws as `openTelemetry`, at once
 */
export function publishToMeter(meter: Meter, sources: TelemetrySources, options: OpenTelemetryOptions = {}): () => void {
  if (typeof (meter as Partial<Meter> | null | undefined)?.addBatchObservableCallback !== 'function') {
    throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'publishToMeter() needs a meter, as metrics.getMeter() of @opentelemetry/api gives one');
  }
  // Here, and not in the midst of a collection, where nobody would hear of it.
  metricsFor('publishToMeter', sources, options);
  const instruments = new Map(observableInstruments(options.only).map((each) => [each.name, made(meter, each)]));
  const list = [...instruments.values()];
  const callback = (result: MeterResult): void => {
    for (const { name, value, attributes } of metricsFor('publishToMeter', sources, options)) {
      const instrument = instruments.get(name);
      if (instrument !== undefined && typeof value === 'number') result.observe(instrument, value, { ...attributes });
    }
  };
  meter.addBatchObservableCallback(callback, list);
  return () => meter.removeBatchObservableCallback(callback, list);
}

/**
 * Recorders for `createPool` that give each time to a histogram of the meter: `db.client.connection.wait_time`, `.create_time` and `.use_time`, in seconds. Join them
 * with others by `recorders`.
 *
 * @param name - of the pool
 */
export function meterRecorders(meter: HistogramMeter, name: string): Readonly<Record<keyof PoolRecorders, Recorder>> {
  if (typeof (meter as Partial<HistogramMeter> | null | undefined)?.createHistogram !== 'function') {
    throw new PoolError('ERR_SOCK_POOL_ARGUMENT', 'meterRecorders() needs a meter, as metrics.getMeter() of @opentelemetry/api gives one');
  }
  const attributes = { [POOL_NAME]: name };
  const recorder = (key: keyof PoolRecorders): Recorder => {
    const { name: metric, description } = TIME_CONVENTIONS[key];
    const histogram = meter.createHistogram(metric, { description, unit: 's', advice: { explicitBucketBoundaries: [...BOUNDARIES] } });
    return { record: (nanoseconds) => histogram.record(nanoseconds / 1e9, attributes) };
  };
  return { wait: recorder('wait'), create: recorder('create'), use: recorder('use') };
}

function made(meter: Meter, { name, unit, kind, description }: OpenTelemetryInstrument): object {
  if (kind === 'counter') return meter.createObservableCounter(name, { unit, description });
  return kind === 'gauge' ? meter.createObservableGauge(name, { unit, description }) : meter.createObservableUpDownCounter(name, { unit, description });
}

/** In seconds. Without advice a meter takes 0, 5, 10, 25 … 10,000, which are for milliseconds. */
const BOUNDARIES: readonly number[] = [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];
