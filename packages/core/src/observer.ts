// Entry `@sock/core/observer`: seeing what sockets do, for metrics and traces.
export { observe, observeAccepted } from './observer/observe.ts';
export { observed } from './observer/observed.ts';
export type {
  AcceptObservation, CloseObservation, ConnectObservation, HandshakeObservation, Observation, Observer, TransferObservation, Watch,
} from './observer/observation.ts';
