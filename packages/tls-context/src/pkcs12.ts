/**
 * Certificates and keys out of PKCS#12 files.
 *
 * @module
 */
export { pkcs12 } from './material/pkcs12/pkcs12.ts';
export type { Pkcs12Content, Pkcs12Source } from './material/pkcs12-source.ts';
