/**
 * What TLS can do in this runtime.
 *
 * @module
 */
export { tlsCapabilities } from './capabilities/tls-capabilities.ts';
export type { TlsCapabilities } from './capabilities/tls-capabilities.ts';
