import type { Cancel } from '@sock/core';
import type { Connection } from './connection.ts';

/**
 * What happens to a peer whose send queue is full:
 * - `wait`: it gets the message when there is room, within `timeout`; then it is skipped
 * - `skip`: it does not get this one
 * - `drop`: it is destroyed, after `timeout`
 */
export type SlowPeers = 'wait' | 'skip' | 'drop';

/** Options of `broadcast()`. */
export interface BroadcastOptions<D> extends Cancel {
  /** Those who do not get it: the one it came from, for one. Default: **none** */
  readonly except?: Connection<D> | Iterable<Connection<D>> | undefined;
  /** Who gets it. Default: **all** */
  readonly filter?: ((connection: Connection<D>) => boolean) | undefined;
  /** What happens to slow peers. Default: **`skip`**: nobody waits for the slowest */
  readonly slow?: SlowPeers | undefined;
  /** How long slow peers are waited for. Default: with `wait` **`broadcastTimeout` of the registry**, with `drop` **0**; not for `skip` */
  readonly timeout?: Cancel['timeout'];
  /** Nobody is waited for any more when it fires: as if the time were up. */
  readonly signal?: AbortSignal | undefined;
}

/** What became of a broadcast: each connection that it was for is in one of the four. */
export interface BroadcastResult<D> {
  /** The socket took it: it is on its way, whole and in order. */
  readonly sent: readonly Connection<D>[];
  /** Slow, and not a byte of it was sent. */
  readonly skipped: readonly Connection<D>[];
  /** Slow, and destroyed. */
  readonly dropped: readonly Connection<D>[];
  /** Ended, or was handed to a layer, before it was sent. */
  readonly gone: readonly Connection<D>[];
}
