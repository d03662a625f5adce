/**
 * TCP and Unix sockets of Node.js: dialling, listening, and any Duplex as a transport.
 *
 * @module
 */
export { connect } from './connect.ts';
export type { ConnectOptions } from './connect.ts';
export { tcp, unix } from './connectors.ts';
export type { ConnectorOptions } from './connectors.ts';
export { ConnectError } from './dial/connect-error.ts';
export type { ConnectAttempt } from './dial/connect-error.ts';
export { fromDuplex } from './duplex-socket.ts';
export type { FromDuplexOptions } from './duplex-socket.ts';
export { DuplexTransport } from './duplex-transport.ts';
export type { DuplexTransportOptions } from './duplex-transport-options.ts';
export { ERRNO_TABLE, fromErrno } from './errno.ts';
export type { ErrnoRow } from './errno.ts';
export type { IoErrorCode } from './errors.ts';
export { ioSection } from './io-section.ts';
export type { IoFields, IoInput, IoValues } from './io-section.ts';
export { listen } from './listen.ts';
export type { ListenerStats, ListenOptions, NodeListener } from './listen.ts';
export { NODE_DUPLEX } from './node-duplex.ts';
export type { NodeDuplex } from './node-duplex.ts';
export type { AddressPolicy } from './policy/address-policy.ts';
export type { Lookup, LookupAnswer } from './resolve-host.ts';
export { toDuplex } from './to-duplex.ts';
