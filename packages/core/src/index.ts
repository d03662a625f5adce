/**
 * Sockets over any transport, with errors, endpoints, deadlines and upgrades; no I/O of its own.
 *
 * @module
 */
export { AcceptQueue } from './accept-queue.ts';
export type { AvailableCapability, Capability, MissingCapability } from './capability.ts';
export { closedError, closeReason, detachedError } from './close.ts';
export { concat, copyOf } from './concat.ts';
export { Budget, wait } from './deadline.ts';
export type { WaitContext } from './deadline.ts';
export { isTcpEndpoint, isUnixEndpoint } from './endpoint.ts';
export { at, formatEndpoint, parseEndpoint, toEndpoint } from './endpoint-text.ts';
export { isSocketError, SocketError } from './errors.ts';
export type { CoreErrorCode, ErrorCategory, ErrorFacts, Phase } from './errors.ts';
export { DIALLED, infoKey, LOOP_REF, SETTLED } from './info-key.ts';
export type { LoopRef } from './info-key.ts';
export { coreSection } from './limits.ts';
export type { CoreFields, SocketLimits, SocketLimitsInput } from './limits.ts';
export { ENDED, ERROR, HANGUP, READABLE, ReadySignal, WRITABLE } from './ready.ts';
export { ReceiveQueue } from './receive-queue.ts';
export { Socket } from './socket.ts';
export type { Detached, SendOptions, SocketOptions } from './socket-options.ts';
export type { SocketStats } from './socket-stats.ts';
export { upgradeConnector } from './upgrade-connector.ts';
export { upgradeListener } from './upgrade-listener.ts';
export type { UpgradedListener, UpgradeListenerOptions } from './upgrade-listener.ts';
export type * from './contract.ts';
export type { ByteSize, Duration } from '@sock/config';
