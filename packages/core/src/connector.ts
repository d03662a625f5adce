import type { Duration } from '@sock/config';
import type { Endpoint } from './endpoint.ts';
import type { Socket } from './socket.ts';
import type { CloseReason } from './transport.ts';

/** How a waiting call may be ended early. Every waiting call takes it; nothing stays behind on any path. */
export interface Cancel {
  /**
   * Rejects with `ERR_SOCK_ABORTED` whose `cause` is the signal's reason. Node warns of a leak when more than ten calls wait on one
   * signal at the same time; there is none: `events.setMaxListeners(0, signal)` quiets it.
   */
  readonly signal?: AbortSignal | undefined;
  /**
   * The budget for the whole call: `"250ms"`, `"30s"`, or a number of milliseconds. 0 does not wait at all. Default: **none**.
   * Rejects with `ERR_SOCK_TIMEOUT`.
   */
  readonly timeout?: Duration | undefined;
}

/** Something that is closed gracefully, at once, or by `await using`. */
export interface Closable extends AsyncDisposable {
  /** Resolves when it is closed, whoever did it; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Finishes what was begun, under a deadline, then releases everything. Calling it again returns the same outcome. */
  close(options?: Cancel): Promise<void>;
  /** Releases everything now. */
  destroy(cause?: unknown): void;
}

/** Dials. A pool sees nothing else. (Properties, not methods: the compiler then holds two layers to the same targets.) */
export interface Connector<T = Endpoint> {
  /**
   * Names all that makes two connections interchangeable: the address, and every layer's trust. Sockets of different keys are
   * never mixed. To be compared, not parsed.
   */
  readonly key: (target: T) => string;
  /** A connection to `target`. Rejects with a `SocketError` whose `phase` tells how far it came; nothing stays behind then. */
  readonly connect: (target: T, options?: Cancel) => Promise<Socket>;
}

/** Accepts. Iterating ends when the listener is closed. */
export interface Listener extends AsyncIterable<Socket>, Closable {
  /** Where it listens, with the real port. */
  readonly endpoint: Endpoint;
  /** The next connection, in the order of arrival. @throws `ERR_SOCK_CLOSED` after close */
  accept(options?: Cancel): Promise<Socket>;
}

/**
 * A layer put on a connection that exists: TLS, a proxy's greeting. It takes the transport out of `socket` with
 * `socket.detach()` and answers with a new `Socket`. When it fails, the connection is destroyed.
 */
export interface Upgrade<T = Endpoint> {
  /** For messages: `tls`, `socks5`. */
  readonly name: string;
  /** This layer's share of {@link Connector.key}. */
  readonly key: (target: T) => string;
  /** Puts the layer on `socket`, which refuses use from then on, and answers with the one above it. Rejects with a `SocketError`. */
  readonly upgrade: (socket: Socket, target: T, options?: Cancel) => Promise<Socket>;
}
