/**
 * The contract in two halves: what an implementer of a byte stream writes, and what is built from sockets.
 *
 * @module
 */
export type { CloseReason, Facts, Pollable, ReadyMask, Taker, Transport, Want } from './transport.ts';
export type { Cancel, Closable, Connector, Listener, Upgrade } from './connector.ts';
export type { Endpoint, MemoryEndpoint, TcpEndpoint, UnixEndpoint } from './endpoint.ts';
export type { InfoKey } from './info-key.ts';
