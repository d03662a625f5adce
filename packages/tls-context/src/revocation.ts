export { crlCheck, type CrlCheckOptions } from './revocation/crl-check.ts';
export type { CrlSource } from './revocation/crl-files.ts';
