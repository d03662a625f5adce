import type { SecureTransportKind } from './options.ts';

/** What is known about a connection that stands. */
export interface SocketInfo {
  /** The peer's address as `host:port`; an IPv6 address stands in brackets. */
  readonly remoteAddress: string | null;
  /** This side's address, likewise. */
  readonly localAddress: string | null;
  /** The application protocol that was agreed on, `null` when there is none. */
  readonly alpn: string | null;
}

/** A connection, as the Sockets API sees it. Made by `connect`, at once, while the connection is still to come. */
export interface Socket {
  /** What the peer sends. Nothing is read ahead: a program that does not read stops the peer. */
  readonly readable: ReadableStream<Uint8Array>;
  /** What the peer gets: bytes of any kind, or text, which is sent as UTF-8. Closing it half-closes the connection. */
  readonly writable: WritableStream<Uint8Array | ArrayBuffer | ArrayBufferView | string>;
  /** Resolves when the connection stands, with TLS when the handshake is over. Rejects with a `SocketError`, or with the reason of a `close` before. */
  readonly opened: Promise<SocketInfo>;
  /**
   * Resolves when the connection is over: closed here, upgraded, or ended or broken by the peer while it was read from. Rejects when it never came
   * about, with the same `SocketError` as {@link opened}.
   */
  readonly closed: Promise<undefined>;
  /** Whether {@link startTls} has taken the connection over. */
  readonly upgraded: boolean;
  /** What was asked for; `on` for what `startTls` made. Not in the text yet (its pull request 32). */
  readonly secureTransport: SecureTransportKind;
  /**
   * Closes the connection. What `writable` had handed on is still sent; what still waits there is dropped, and then the peer sees a reset instead
   * of an end. Answers with the very promise {@link closed}.
   *
   * @param reason - with it `readable` is cancelled, `writable` is aborted, and a pending `opened` rejects
   */
  close(reason?: unknown): Promise<undefined>;
  /**
   * Puts TLS on this connection, behind all that was written before, and answers at once with the socket above it. This one is closed from then on,
   * its streams too.
   *
   * @throws `SocketError` unless the socket was made with `starttls`, is not closed, and this is the first call
   */
  startTls(): Socket;
}
