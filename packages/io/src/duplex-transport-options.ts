import type { Duplex } from 'node:stream';
import type { Endpoint, InfoKey, Phase, SocketLimits } from '@sock/core';

/** What a transport over a Node stream may be told about it. */
export interface DuplexTransportOptions {
  readonly local?: Endpoint | undefined;
  readonly remote?: Endpoint | undefined;
  /** Default: **those of `coreSection`** */
  readonly limits?: SocketLimits | undefined;
  /** Makes the typed error for what the stream reported. Default: **by errno** */
  readonly mapError?: ((error: unknown, phase: Phase) => Error) | undefined;
  /** Breaks off the stream, which it is called with, so that the peer can tell it from an end. Default: **`stream.destroy()`** */
  readonly abort?: ((stream: Duplex) => void) | undefined;
  /** Ends the stream after a failure that it told; it may take a moment for a last word to the peer. Default: **`stream.destroy()`** */
  readonly giveUp?: (() => void) | undefined;
  /**
   * The stream is no socket. It may hold on to a chunk after it has called back for it, as a `PassThrough` does: each chunk is
   * copied. It may never say that it is closed: after a second it counts as closed. Default: **false**
   */
  readonly foreign?: boolean | undefined;
  /** Facts of the layer that the stream is. Default: **none** */
  readonly get?: (<T>(key: InfoKey<T>) => T | undefined) | undefined;
}
