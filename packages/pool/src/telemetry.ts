/**
 * What pools, registries and servers did, for Prometheus and OpenTelemetry, on any runtime.
 *
 * @module
 */
export { CONNECTION_STATE, POOL_NAME } from './telemetry/conventions.ts';
export { meterRecorders, publishToMeter } from './telemetry/meter.ts';
export type { HistogramMeter, Meter, MeterOptions, MeterResult } from './telemetry/meter.ts';
export { observers } from './telemetry/observers.ts';
export { openTelemetry } from './telemetry/open-telemetry.ts';
export type { OpenTelemetryInstrument, OpenTelemetryMetric, OpenTelemetryOptions } from './telemetry/open-telemetry.ts';
export { PROMETHEUS_CONTENT_TYPE, prometheusText } from './telemetry/prometheus.ts';
export type { PrometheusOptions } from './telemetry/prometheus.ts';
export { recorders } from './telemetry/recorders.ts';
export type { SeriesOptionsInput } from './telemetry/series-options.ts';
export type { TelemetrySource, TelemetrySources } from './telemetry/source.ts';
export type { PoolTimes, TimeSnapshot } from './telemetry/time-snapshot.ts';
