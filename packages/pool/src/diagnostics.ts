/**
 * For Node.js: the events of a pool on channels of `node:diagnostics_channel`.
 *
 * @module
 */
export { poolDiagnostics } from './diagnostics/pool-diagnostics.ts';
export type { PoolChannel, PoolMessage } from './diagnostics/pool-diagnostics.ts';
