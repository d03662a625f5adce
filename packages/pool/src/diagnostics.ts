// Entry `@sock/pool/diagnostics`, for Node.js: the events of a pool on channels of `node:diagnostics_channel`.
export { poolDiagnostics } from './diagnostics/pool-diagnostics.ts';
export type { PoolChannel, PoolMessage } from './diagnostics/pool-diagnostics.ts';
