/**
 * Seeing what sockets do, for metrics and traces.
 *
 * @module
 */
export { observe, observeAccepted } from './observer/observe.ts';
export { observed } from './observer/observed.ts';
export type {
  AcceptObservation, CloseObservation, ConnectObservation, HandshakeObservation, Observation, Observer, TransferObservation, Watch,
} from './observer/observation.ts';
