/**
 * What sockets do, on the tracing channels of `node:diagnostics_channel`.
 *
 * @module
 */
export { diagnosticsObserver } from './diagnostics/diagnostics-observer.ts';
export type { DiagnosticsObserver, SocketChannel } from './diagnostics/diagnostics-observer.ts';
export { publishDiagnostics } from './diagnostics/publish-diagnostics.ts';
export type {
  AcceptObservation, CloseObservation, ConnectObservation, HandshakeObservation, Observation, TransferObservation,
} from '@sock/core/observer';
