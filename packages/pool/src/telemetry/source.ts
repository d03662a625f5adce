import { PoolError } from '../errors.ts';
import type { PoolLimitsInput } from '../pool-section.ts';
import type { PoolStats } from '../pool-stats.ts';
import type { ServerStats } from '../registry/server.ts';
import type { RegistryStats } from '../registry/tally.ts';
import type { PoolTimes } from './time-snapshot.ts';

/** What is exported, and under which name: a pool, a registry, a server, or several of them. Snapshots serve as well as what they are taken of. */
export interface TelemetrySource {
  /** Tells it from others of its kind: the label `pool`, `registry` or `server`. */
  readonly name: string;
  readonly pool?: PoolStats | { stats(): PoolStats } | undefined;
  /** What the pool measured: `poolHistograms()` of the entry `metrics`, say. */
  readonly times?: PoolTimes | { snapshot(): PoolTimes } | undefined;
  /** What the pool was made with, for the metrics of OpenTelemetry that tell limits. Default: **those are left out** */
  readonly limits?: PoolLimitsInput | undefined;
  readonly registry?: RegistryStats | { stats(): RegistryStats } | undefined;
  readonly server?: { readonly stats: ServerStats } | undefined;
}

/** One or several. */
export type TelemetrySources = TelemetrySource | readonly TelemetrySource[];

/** A {@link TelemetrySource} at one moment. */
export interface SourceSnapshot {
  readonly name: string;
  readonly pool: PoolStats | undefined;
  readonly times: PoolTimes;
  readonly limits: PoolLimitsInput | undefined;
  readonly registry: RegistryStats | undefined;
  readonly server: ServerStats | undefined;
}

const KINDS = ['pool', 'registry', 'server'] as const;

/** Takes all snapshots. @throws `ERR_SOCK_POOL_ARGUMENT` for a source without a name or with nothing to export, and for two of one kind and name */
export function snapshots(what: string, sources: TelemetrySources): SourceSnapshot[] {
  const list = Array.isArray(sources) ? (sources as readonly TelemetrySource[]) : [sources as TelemetrySource];
  checkSources(what, list);
  return list.map(({ name, pool, times = {}, limits, registry, server }) => ({
    name,
    pool: pool === undefined || !('stats' in pool) ? pool : pool.stats(),
    times: 'snapshot' in times ? times.snapshot() : times,
    limits,
    registry: registry === undefined || !('stats' in registry) ? registry : registry.stats(),
    server: server?.stats,
  }));
}

function checkSources(what: string, list: readonly TelemetrySource[]): void {
  const seen = new Set<string>();
  for (const source of list) {
    if (typeof (source as Partial<TelemetrySource> | null)?.name !== 'string' || source.name === '') {
      throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `${what}() got a source without a name: give { name, pool }`);
    }
    const kinds = KINDS.filter((kind) => source[kind] !== undefined);
    if (kinds.length === 0) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `${what}() got the source "${source.name}" with nothing to export: give its pool, registry or server`);
    for (const kind of source.times === undefined ? kinds : [...kinds, 'times']) {
      const id = `${kind} ${source.name}`;
      // Two of them would be the same time series twice, which no collector takes.
      if (seen.has(id)) throw new PoolError('ERR_SOCK_POOL_ARGUMENT', `${what}() got two sources for ${kind === 'times' ? 'the times of a pool' : `a ${kind}`} called "${source.name}": each needs a name of its own`);
      seen.add(id);
    }
  }
}
