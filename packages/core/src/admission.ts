/**
 * Limits before a listener.
 *
 * @module
 */
export { addressKey } from './admission/address-key.ts';
export { AdmissionError } from './admission/admission-error.ts';
export type { AdmissionLimit } from './admission/admission-error.ts';
export { admit } from './admission/admit.ts';
export type { AdmitOptions, AdmitStats, AdmittedListener } from './admission/admit.ts';
export type { Rate } from './admission/token-bucket.ts';
