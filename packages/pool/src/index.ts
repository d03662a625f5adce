export { PoolError } from './errors.ts';
export type { PoolErrorCode } from './errors.ts';
