/**
 * Connections that are kept for the next who needs one, over any `Connector`.
 *
 * @module
 */
export { PoolError } from './errors.ts';
export type { PoolErrorCode } from './errors.ts';
export { healthSection } from './health/health-section.ts';
export type { HealthFields, HealthLimits, HealthLimitsInput } from './health/health-section.ts';
export type { CircuitState, MemberHealthStats } from './health/member-health.ts';
export type { Lease } from './lease.ts';
export { createPool } from './pool.ts';
export type { AcquireOptions, DrainResult, Pool, PrewarmOptions, PrewarmResult, RefreshOptions } from './pool.ts';
export type { EvictReason, PoolEvent, PoolObserver } from './pool-observer.ts';
export type { PooledConnection, PoolOptions, PoolRecorders, Recorder } from './pool-options.ts';
export { poolSection } from './pool-section.ts';
export type { Balance, IdleOrder, LeakStacks, Overflow, PoolFields, PoolLimits, PoolLimitsInput } from './pool-section.ts';
export type { EndpointStats, KeyStats, PoolCounters, PoolState, PoolStats } from './pool-stats.ts';
