/**
 * The Sockets API of WinterTC, https://sockets-api.proposal.wintertc.org/
 *
 * @module
 */
export { bind, connect } from './web/bind.ts';
export type { BindingObject, Bindings, SecureLayer, SecureTarget } from './web/bind.ts';
export type { AnySocketAddress, SocketAddress } from './web/address.ts';
export type { SecureTransportKind, SocketOptions } from './web/options.ts';
export type { Socket, SocketInfo } from './web/socket.ts';
export { SocketError } from './web/socket-error.ts';
