import type { Cancel, Closable, Endpoint, Socket } from '@sock/core';
import type { Backoff, BackoffOptions } from '@sock/core/retry';
import type { PoolError } from '../errors.ts';
import type { Connection } from './connection.ts';
import type { DrainOptions, DrainReport } from './drain.ts';
import type { Registry, RegistryOptions } from './registry.ts';

/**
 * Serves one connection. When it has finished, the connection is closed gracefully, unless it said `connection.keep()`, or took it out of the registry by
 * `remove()`; when it fails, the connection is destroyed. What it answers is of no matter.
 */
export type Handler<D> = (connection: Connection<D>) => unknown;

/** Where something went wrong. */
export interface ServeFault<D> {
  /** `accept`: the listener could not accept; `data`: the `data` option threw; `handler`: the handler failed. */
  readonly stage: 'accept' | 'data' | 'handler';
  /** Of a handler: its connection, which is destroyed by then. */
  readonly connection: Connection<D> | undefined;
}

/** Options of `serve()`. */
export interface ServeOptions<D = undefined> {
  /** Where the connections are kept; a registry may serve several listeners. Default: **one of its own, with these options** */
  readonly registry?: Registry<D> | RegistryOptions<D> | undefined;
  /** Makes the data of a connection. Default: **`undefined`** */
  readonly data?: ((socket: Socket) => D) | undefined;
  /** Closes the server when it fires, as `close()` does. Default: **none** */
  readonly signal?: AbortSignal | undefined;
  /**
   * Hears of everything that failed and did not end the server. What it throws is dropped. That a handler was interrupted because its connection was
   * closed by the registry (idle, drained, forced, slow) is no fault, and is not told. Default: **none**; `stats` counts
   */
  readonly onError?: ((error: unknown, fault: ServeFault<D>) => void) | undefined;
  /** Hears of connections that the registry refused; they are destroyed by then. What it throws is dropped. Default: **none**; `stats` counts */
  readonly onRefused?: ((error: PoolError, socket: Socket) => void) | undefined;
  /** The waits after an accept that failed and may be tried again (no descriptor left, for one). Default: **`backoff({ base: '50ms', max: '1s' })`** */
  readonly backoff?: Backoff | BackoffOptions | undefined;
}

/** Options may be left out when the data may be `undefined`; else they have to make it. */
export type ServeArguments<D> = undefined extends D ? [options?: ServeOptions<D>] : [options: ServeOptions<D> & { readonly data: (socket: Socket) => D }];

/** Counts of a server so far, and gauges of now. */
export interface ServerStats {
  /** Accepted and let in. */
  readonly accepted: number;
  /** Accepted, and refused by the registry. */
  readonly refused: number;
  /** Accepts that failed. */
  readonly acceptErrors: number;
  /** Handlers that failed, and `data` that threw. */
  readonly handlerErrors: number;
  /** Handlers at work now. */
  readonly handling: number;
  /** Connections of this server in the registry now. */
  readonly open: number;
}

/** An accept loop over a listener, and the connections that came by it. */
export interface Server<D = undefined> extends Closable {
  /** Where the listener listens. */
  readonly endpoint: Endpoint;
  /** `serving`; `stopping`: it accepts no more, and has connections; `stopped`. */
  readonly state: 'serving' | 'stopping' | 'stopped';
  /** The registry: its own, or the one that was given. */
  readonly connections: Registry<D>;
  readonly stats: ServerStats;
  /** Closes the listener; connections go on. Resolves when it is closed. */
  stop(): Promise<void>;
  /**
   * {@link stop}, and then lets its connections finish, as `Registry.drain`: those of this server, when the registry is shared.
   *
   * @throws `ERR_SOCK_CONFIG`, `ERR_SOCK_POOL_ARGUMENT`
   */
  drain(options?: DrainOptions): Promise<DrainReport<D>>;
  /** {@link drain}, without the report. */
  close(options?: Cancel): Promise<void>;
  /** Destroys the listener and its connections now. */
  destroy(cause?: unknown): void;
}
