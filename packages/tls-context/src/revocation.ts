export { crlCheck, type CrlCheckOptions } from './revocation/crl-check.ts';
export type { CrlSource } from './revocation/crl-files.ts';
export { ocspCheck, type OcspCheckOptions, type StaplePolicy } from './revocation/ocsp-check.ts';
