/**
 * Operations that are submitted, queued and linked, with exactly one completion each.
 *
 * @module
 */
export { asyncSection } from './async-section.ts';
export type { AsyncFields, AsyncLimits, AsyncLimitsInput } from './async-section.ts';
export type { AnyCompletion, Completion, Failure, Outcome, Success } from './completion.ts';
export { OperationError } from './errors.ts';
export type { OperationErrorCode } from './errors.ts';
export type {
  AcceptOperation,
  CallOperation,
  ConnectOperation,
  HandshakeLike,
  HandshakeOperation,
  Operation,
  OperationKind,
  OperationResults,
  RecvExactlyOperation,
  RecvOperation,
  ResultOf,
  SendfileCall,
  SendfileOperation,
  SendOperation,
  SendvOperation,
  TimerOperation,
} from './operation.ts';
export { createOperations } from './operations.ts';
export type { BatchEntry, Operations, OperationsOptions, Submitted, SubmitOptions } from './operations.ts';
export type { OperationStats, OutcomeCounts } from './statistics.ts';
