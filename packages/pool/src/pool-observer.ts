import type { CircuitState } from './health/member-health.ts';
import { callHook } from './hook.ts';

/** Why a connection left the pool. */
export type EvictReason =
  /** `idleTimeout` */
  | 'idle'
  /** `maxLife` */
  | 'life'
  /** `maxUses` */
  | 'uses'
  /** More idle ones than `maxIdlePerKey`, `maxIdle` or `maxKeys` allow. */
  | 'surplus'
  /** Another key needed the place. */
  | 'room'
  /** The peer ended the stream, or the connection was closed here. */
  | 'ended'
  /** It failed, or the peer broke it off. */
  | 'reset'
  /** The peer sent something that nobody had asked for. */
  | 'unexpected'
  /** It came back in the middle of something: bytes not read, a call that still waits, its stream ended. */
  | 'dirty'
  /** `validate`, `ping` or `reset` said so, failed, or took too long. */
  | 'unfit'
  /** `lease.discard()` */
  | 'discarded'
  /** `refresh()`, or its endpoint is none of the target any more. */
  | 'refreshed'
  /** Its endpoint was ejected. */
  | 'ejected'
  /** Its lease was lost: collected without a release. */
  | 'lost'
  /** The pool drains. */
  | 'drained'
  /** The pool was destroyed, or its draining took too long. */
  | 'forced';

/** What all events of a pool tell. */
export interface PoolEvent {
  /** The key of the target, as the connector has it. */
  readonly key: string;
  /** Of the connection; `undefined` where there is none. */
  readonly connection: number | undefined;
}

/** Hears of what happens in a pool, at once; it must not call the pool from within. What is left out costs nothing. */
export interface PoolObserver {
  /** A lease was handed out. `reused`: on a connection that had one before. Times in milliseconds. */
  readonly acquired?: ((event: PoolEvent & { readonly waitMs: number; readonly reused: boolean }) => void) | undefined;
  /** An `acquire` was answered with an error. */
  readonly refused?: ((event: PoolEvent & { readonly waitMs: number; readonly error: unknown }) => void) | undefined;
  /** A lease came back, or was discarded. */
  readonly released?: ((event: PoolEvent & { readonly useMs: number }) => void) | undefined;
  /** A dial succeeded. */
  readonly created?: ((event: PoolEvent & { readonly createMs: number }) => void) | undefined;
  /** A dial failed. */
  readonly dialFailed?: ((event: PoolEvent & { readonly createMs: number; readonly error: unknown }) => void) | undefined;
  /** A connection left the pool. */
  readonly evicted?: ((event: PoolEvent & { readonly reason: EvictReason; readonly cause: unknown }) => void) | undefined;
  /** The circuit of an endpoint moved. */
  readonly circuit?: ((event: PoolEvent & { readonly endpoint: string; readonly state: CircuitState; readonly cause: unknown }) => void) | undefined;
  /**
   * A lease is held for longer than `leakThreshold` (`held`), or was lost: collected without a release (`lost`).
   *
   * @param event - `stack`: where it was acquired, when that is known
   */
  readonly leaked?: ((event: PoolEvent & { readonly how: 'held' | 'lost'; readonly heldMs: number; readonly stack: string | undefined }) => void) | undefined;
}

/** Calls a listener of an observer; what it throws is its own. */
export function tell<E>(listener: ((event: E) => void) | undefined, event: E): void {
  callHook(() => listener?.(event));
}
