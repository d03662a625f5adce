export { tlsCapabilities } from './capabilities/tls-capabilities.ts';
export type { TlsCapabilities } from './capabilities/tls-capabilities.ts';
