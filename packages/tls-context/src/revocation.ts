/**
 * CRL, OCSP, and staples.
 *
 * @module
 */
export { crlCheck, type CrlCheckOptions } from './revocation/crl-check.ts';
export type { CrlSource } from './revocation/crl-files.ts';
export type { GivenResponse } from './revocation/given-feed.ts';
export { ocspCheck, type OcspCheckOptions, type StaplePolicy } from './revocation/ocsp-check.ts';
export type { OcspFeed, StapleUpdate } from './revocation/staple-subject.ts';
export { type OcspStapler, stapler, type StaplerOptions } from './revocation/stapler.ts';
