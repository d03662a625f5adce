export type { Authorities } from './authorities.ts';
export { trustDigest } from './trust-digest.ts';
