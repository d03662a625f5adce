import type { Duration } from '@sock/config';
import type { Cancel, Connector, Endpoint, Listener, Socket, Upgrade } from '@sock/core';

/** Sends all of `bytes`. The buffer is the caller's again at the completion; no copy is made before that turn of it has come. */
export interface SendOperation {
  readonly op: 'send';
  readonly socket: Socket;
  readonly bytes: Uint8Array;
  /** The buffer is given away: large ones are sent without a copy. Default: **false** */
  readonly owned?: boolean | undefined;
}

/** Sends several buffers, one after the other, with nothing between them. */
export interface SendvOperation {
  readonly op: 'sendv';
  readonly socket: Socket;
  readonly chunks: readonly Uint8Array[];
}

/** The next received bytes, as they came; `null` at a clean end. */
export interface RecvOperation {
  readonly op: 'recv';
  readonly socket: Socket;
}

/** Exactly so many bytes. */
export interface RecvExactlyOperation {
  readonly op: 'recvExactly';
  readonly socket: Socket;
  readonly length: number;
}

/** The next connection of a listener. */
export interface AcceptOperation {
  readonly op: 'accept';
  readonly listener: Listener;
}

/** Dials. */
export interface ConnectOperation<T = Endpoint> {
  readonly op: 'connect';
  readonly connector: Connector<T>;
  readonly target: T;
}

/** Puts a layer on a socket, behind what was submitted for it before; or waits for a handshake that was started already. */
export type HandshakeOperation<T = Endpoint | undefined> =
  | { readonly op: 'handshake'; readonly socket: Socket; readonly upgrade: Upgrade<T>; readonly target: T }
  | { readonly op: 'handshake'; readonly handshake: HandshakeLike };

/** A handshake under way, as `startHandshake` of a TLS context answers with. */
export interface HandshakeLike {
  readonly done: Promise<Socket>;
  /** Ends it, and the connection below. */
  destroy(cause?: unknown): void;
}

/** Sends a file, among the sends of its socket: `(from, options) => sendfile(socket, path, { ...options, offset: from })`. */
export interface SendfileOperation {
  readonly op: 'sendfile';
  readonly socket: Socket;
  /** Sends it. @param from - 0, or the bytes that were sent before an early end, when it is continued */
  readonly run: (from: number, options: SendfileCall) => Promise<{ readonly bytesSent: number }>;
}

/** What a {@link SendfileOperation} passes on to its function. */
export interface SendfileCall {
  /** Fires when the operation is cancelled or its time is over. */
  readonly signal: AbortSignal;
  /** To be told how far it came. */
  readonly onProgress: (progress: { readonly bytesSent: number }) => void;
}

/** Any work of the program's, under the same rules. */
export interface CallOperation<T = unknown> {
  readonly op: 'call';
  /**
   * Begins the work. It ought to stop when `cancel.signal` fires.
   *
   * @param progress - tells the bytes moved so far
   */
  readonly run: (cancel: Cancel & { readonly signal: AbortSignal }, progress: (bytes: number) => void) => T | PromiseLike<T>;
  /** What it works on: `cancelAll` finds it by that. Default: **nothing** */
  readonly socket?: Socket | undefined;
  /** Which side of `socket` it has for itself while it runs, in the order of submission. Default: **`none`** */
  readonly side?: 'send' | 'receive' | 'both' | 'none' | undefined;
  /** Its share of `maxBytes`. Default: **0** */
  readonly bytes?: number | undefined;
  /** Gets what `run` answers with after the operation was completed as cancelled or timed out. Default: **it is dropped** */
  readonly discard?: ((late: T) => void) | undefined;
}

/** Completes after a delay. */
export interface TimerOperation {
  readonly op: 'timer';
  /** Counted from when it begins: at once, or when the operation it is linked to has succeeded. */
  readonly delay: Duration;
}

/** What can be submitted. */
export type Operation =
  | SendOperation
  | SendvOperation
  | RecvOperation
  | RecvExactlyOperation
  | AcceptOperation
  // A connector or a layer of any target will do, and each is given its own.
  | (Omit<ConnectOperation<never>, 'target'> & { readonly target: unknown })
  | { readonly op: 'handshake'; readonly socket: Socket; readonly upgrade: Upgrade<never>; readonly target: unknown }
  | { readonly op: 'handshake'; readonly handshake: HandshakeLike }
  | SendfileOperation
  | (Omit<CallOperation, 'discard'> & { readonly discard?: ((late: never) => void) | undefined })
  | TimerOperation;

/** The names of operations. */
export type OperationKind = Operation['op'];

/** What each kind answers with. */
export interface OperationResults {
  readonly send: void;
  readonly sendv: void;
  readonly recv: Uint8Array | null;
  readonly recvExactly: Uint8Array;
  readonly accept: Socket;
  readonly connect: Socket;
  readonly handshake: Socket;
  readonly sendfile: void;
  readonly call: unknown;
  readonly timer: void;
}

/** What an operation answers with. */
export type ResultOf<O extends Operation> = O extends { readonly op: 'call'; readonly run: (...given: never[]) => infer R } ? Awaited<R> : OperationResults[O['op']];
