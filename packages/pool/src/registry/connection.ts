import type { Cancel, Closable, CloseReason, Duration, Endpoint, Socket, Upgrade } from '@sock/core';
import type { Reader } from '@sock/core/framing';
import type { Outgoing } from './outgoing.ts';

/**
 * Where a connection stands: `open`; `draining`: its registry drains and lets it finish its work; `closing`: its close is under way, and it still has its
 * place; `closed`: it is over, and out of the registry; `removed`: out of the registry, and open still, in other hands.
 */
export type ConnectionState = 'open' | 'draining' | 'closing' | 'closed' | 'removed';

/**
 * Why a connection left its registry:
 * - `peer`: both sides finished, the peer first
 * - `local`: the program closed or destroyed it, without a fault
 * - `reset`, `timeout`, `error`: the connection failed, or was destroyed with such a cause
 * - `idle`: it was silent for longer than its idle time-out
 * - `drained`: closed by a drain when it had nothing to do
 * - `forced`: destroyed by a drain whose time was up, or by `destroy()` of the registry
 * - `slow`: dropped by a broadcast, because it did not take its bytes
 * - `removed`: given up by `remove()`, open
 * - `lost`: it was destroyed, and did not close: its socket was handed to a layer, and the registry was not told (see {@link Connection.upgrade})
 */
export type EndReason = 'peer' | 'local' | 'reset' | 'timeout' | 'error' | 'idle' | 'drained' | 'forced' | 'slow' | 'removed' | 'lost';

/** How a connection left its registry. `how` and `cause` are the socket's; when it had no cause, the registry's own error for `idle`, `slow` and `forced`. */
export interface ConnectionEnd extends CloseReason {
  readonly reason: EndReason;
}

/** Options of one connection. */
export interface ConnectionOptions {
  /** Its own idle time-out, from 1 ms on; `Infinity` for none. Default: **`idleTimeout` of the registry** */
  readonly idleTimeout?: Duration | undefined;
}

/** An accepted connection in its registry: the socket, what the program keeps beside it, and what the registry knows. */
export interface Connection<D = undefined> extends Closable {
  /** From 1 on; never used again by this registry. */
  readonly id: number;
  /** The stream: the one above the layer, after an {@link upgrade}. */
  readonly socket: Socket;
  /** The program's own. */
  data: D;
  readonly state: ConnectionState;
  /** What it is counted under for `maxPerAddress`: an IPv4 address, or an IPv6 prefix such as `2001:db8:0:0:0:0:0:0/64`; `undefined` without an IP address. */
  readonly address: string | undefined;
  /** When it was added, in milliseconds since the epoch. */
  readonly createdAt: number;
  /** When it was active last, in milliseconds since the epoch: bytes moved (sent, received, or written for a peer that is slow), work ended, or {@link touch}. */
  readonly lastActivityAt: number;
  /** Milliseconds since then. */
  readonly idleMs: number;
  /** Milliseconds after which it is closed for being idle; Infinity = never. */
  readonly idleTimeoutMs: number;
  /** Work that was {@link begin begun} has not ended, or the registry's `busy` says so. It is not closed for being idle, and a drain lets it finish. */
  readonly busy: boolean;
  /**
   * What came in, in the pieces of a protocol: a reader of `@sock/core/framing`, made at the first use with the registry's `reader` options. From then on
   * it has the socket's receiving for itself. It holds nothing that the socket would not, except the piece that is being collected.
   *
   * @throws as `reader()`: `ERR_SOCK_BUSY` while a receive waits, `ERR_SOCK_CLOSED`
   */
  readonly in: Reader;
  /** What goes out, made at the first use. It has no buffer of its own: everything is in the socket's send queue, with its limit. */
  readonly out: Outgoing;
  /** Resolves when it has left the registry, with the reason; never rejects. */
  readonly closed: Promise<ConnectionEnd>;
  /**
   * Work begins; the function ends it, once. Until then the connection is {@link busy}. The end of work counts as activity.
   *
   * @example
   * const end = connection.begin();
   * try { await answer(request); } finally { end(); }
   */
  begin(): () => void;
  /** Counts as activity, now: for what the program does that moves no bytes. */
  touch(): void;
  /**
   * A server leaves it open when its handler has finished: the program closes it then. It stays in the registry, with its idle time-out, until it has closed.
   * Without a server it changes nothing.
   */
  keep(): void;
  /**
   * Changes its own idle time-out, from the last activity on; `Infinity` for none, `undefined` for the registry's.
   *
   * @throws `ERR_SOCK_CONFIG`
   */
  setIdleTimeout(timeout: Duration | undefined): void;
  /**
   * Puts a layer on the connection, in place: STARTTLS, say. Its place, id, data and counts stay, {@link socket} becomes the one above the layer, and it is
   * found by that. {@link in} gives back what was not read, and both are made anew at their next use. When it fails, the connection is over.
   *
   * @throws what `Socket.upgrade` throws; `ERR_SOCK_POOL_CLOSED` when it is closing or out of the registry, also when that comes in the midst of it
   */
  upgrade<T>(upgrade: Upgrade<T>, target: T, options?: Cancel): Promise<Socket>;
  /** The same, of a layer that needs no target. */
  upgrade(upgrade: Upgrade<Endpoint | undefined>, target?: undefined, options?: Cancel): Promise<Socket>;
  /**
   * {@link upgrade} for those who made the socket above the layer themselves.
   *
   * @throws `ERR_SOCK_POOL_DUPLICATE` when that socket has a connection, `ERR_SOCK_POOL_CLOSED` when this one is closing or out of the registry,
   * `ERR_SOCK_POOL_ARGUMENT`
   */
  replace(socket: Socket): void;
  /** Closes gracefully, as `Socket.close`, within `closeTimeout` of the registry; resolves when it has left. Does nothing once it was removed. */
  close(options?: Cancel): Promise<void>;
  /** Drops what was not written and releases everything now. Does nothing once it was removed. */
  destroy(cause?: unknown): void;
}
