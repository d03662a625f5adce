import { turns } from '@sock/testkit';

/** The options of the text, and whatever a test gives instead. */
export interface ApiOptions {
  readonly secureTransport?: 'off' | 'on' | 'starttls';
  readonly allowHalfOpen?: boolean;
  readonly sni?: string | null;
  readonly alpn?: readonly string[];
}

/** `SocketInfo` of the text. */
export interface ApiInfo {
  readonly remoteAddress: string | null;
  readonly localAddress: string | null;
  readonly alpn: string | null;
}

/** `Socket` of the text. */
export interface ApiSocket {
  readonly readable: ReadableStream<Uint8Array>;
  readonly writable: WritableStream<Uint8Array>;
  readonly opened: Promise<ApiInfo>;
  readonly closed: Promise<undefined>;
  readonly upgraded: boolean;
  close(reason?: unknown): Promise<undefined>;
  startTls(): ApiSocket;
}

/** `connect` of the text. */
export type Connect = (address: string | { readonly hostname: string; readonly port: number }, options?: ApiOptions) => ApiSocket;

/** The other end of a connection. */
export interface ApiPeer {
  /** The next bytes, `null` at the end; rejects when the connection broke. */
  recv(): Promise<Uint8Array | null>;
  send(bytes: Uint8Array): Promise<void>;
  /** FIN. */
  shutdown(): Promise<void>;
  /** RST. */
  destroy(): void;
  /** On plain peers of a `starttls` server: the server's side of the handshake. */
  upgrade?(): Promise<ApiPeer>;
  /** The server name (SNI) that the client sent. */
  readonly serverName?: string | undefined;
}

/** A server on loopback. */
export interface ApiServer {
  /** `localhost:port`. */
  readonly address: string;
  readonly port: number;
  accept(): Promise<ApiPeer>;
  close(): Promise<void>;
}

/** A connection that stands. */
export interface Opened {
  readonly server: ApiServer;
  readonly socket: ApiSocket;
  readonly peer: ApiPeer;
}

/** What the parts of the kit work with; everything that they make is closed after the test. */
export interface WebKit {
  /** The function under test as it is. */
  readonly connect: Connect;
  readonly secureTransport: 'off' | 'on' | 'starttls';
  keep(socket: ApiSocket): ApiSocket;
  serve(): Promise<ApiServer>;
  accept(server: ApiServer): Promise<ApiPeer>;
  /** With `starttls` the peer above the upgrade, else the peer itself. */
  secured(peer: ApiPeer): Promise<ApiPeer>;
  /** `connect` with the `secureTransport` of this run. */
  begin: Connect;
  /** {@link begin}, then `startTls()` where the run is about that. */
  dial: Connect;
  open(options?: ApiOptions): Promise<Opened>;
}

/** How a promise stands after everything that is on its way in this process has arrived. */
export async function stateOf(promise: Promise<unknown>): Promise<'pending' | 'resolved' | 'rejected'> {
  let state: 'pending' | 'resolved' | 'rejected' = 'pending';
  promise.then(
    () => void (state = 'resolved'),
    () => void (state = 'rejected'),
  );
  await turns(100);
  return state;
}

/** What a call throws, at once. */
export function thrown(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

/** Reads until the end, all of it as text. */
export async function readAll(readable: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = readable.getReader();
  let text = '';
  for (let next = await reader.read(); !next.done; next = await reader.read()) text += decoder.decode(next.value, { stream: true });
  return text + decoder.decode();
}

/** The same of a peer. */
export async function receiveAll(peer: ApiPeer): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for (let chunk = await peer.recv(); chunk !== null; chunk = await peer.recv()) text += decoder.decode(chunk, { stream: true });
  return text + decoder.decode();
}

/** The next bytes of a peer, as text. */
export async function receive(peer: ApiPeer): Promise<string> {
  const chunk = await peer.recv();
  return chunk === null ? '<end>' : new TextDecoder().decode(chunk);
}
