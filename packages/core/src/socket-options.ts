import type { Cancel } from './connector.ts';
import type { SocketLimits, SocketLimitsInput } from './limits.ts';
import type { Transport } from './transport.ts';

/** Options of a `Socket`: its limits, see `coreSection`. */
export interface SocketOptions extends SocketLimitsInput {
  /** Bytes that come before the transport's. Default: **none** */
  readonly unread?: readonly Uint8Array[] | undefined;
}

/** How a send treats its buffer. */
export interface SendOptions extends Cancel {
  /**
   * The buffer is given away: the caller never touches it again, and the call resolves as soon as there is room. The fastest
   * way for large buffers. Default: **false**.
   */
  readonly owned?: boolean | undefined;
}

/** What `Socket.detach()` hands to the new owner. */
export interface Detached {
  readonly transport: Transport;
  /** Bytes that were received and not read, in order. */
  readonly unread: readonly Uint8Array[];
  /** The limits of the old socket, for the new one. */
  readonly limits: SocketLimits;
}
