import { createServer } from 'node:net';
import type { AddressInfo, ListenOptions as NodeListenOptions, Server, Socket as NodeSocket } from 'node:net';
import type { Cancel, CloseReason, Endpoint, Listener, Pollable, ReadyMask, Socket, SocketLimits, SocketLimitsInput, UnixEndpoint } from '@sock/core';
import { AcceptQueue, closeReason, coreSection, formatEndpoint, HANGUP, isTcpEndpoint, isUnixEndpoint, SocketError, toEndpoint, wait } from '@sock/core';
import { checkOptions } from './dial/check-options.ts';
import { fromErrno } from './errno.ts';
import type { IoInput } from './io-section.ts';
import { ioSection } from './io-section.ts';
import { fromNodeSocket } from './node-socket.ts';
import type { AddressPolicy } from './policy/address-policy.ts';
import { programObserver } from './program-observer.ts';

/** Options of {@link listen}: of the listener, and the limits of every socket that it accepts. */
export interface ListenOptions extends Cancel, SocketLimitsInput, IoInput {
  /** An IPv6 address serves IPv6 alone, also `::`. Default: **false** */
  readonly ipv6Only?: boolean | undefined;
  /** Decides which peers may come in; others are reset at once, and counted. See `@sock/io/policy`. Default: **everybody** */
  readonly policy?: AddressPolicy | undefined;
}

/** Counts of a listener so far. */
export interface ListenerStats {
  readonly accepted: number;
  /** Connections refused because `maxWaiting` others waited already. */
  readonly refused: number;
  /** Connections reset because `policy` does not allow the peer's address. */
  readonly denied: number;
  /** Times the system failed to accept (no descriptor left, for one). */
  readonly failed: number;
  /** Connections that wait for `accept()` now. */
  readonly waiting: number;
}

/** A listener on a TCP address or a Unix path. Readable, for a poll, when a connection waits and it is not paused. */
export interface NodeListener extends Listener, Pollable {
  readonly stats: ListenerStats;
  /** Between {@link pause} and {@link resume}. */
  readonly paused: boolean;
  /**
   * Gives out no connection any more, also to an `accept()` that waits already. Node takes connections from the kernel all the same: at most
   * `maxWaiting` wait here, more are reset and counted as refused. A listener that is closed stays as it is.
   */
  pause(): void;
  /** Gives out connections again: those that waited first, in the order of their arrival. */
  resume(): void;
}

/**
 * Listens on `{ host, port }` (port 0 = any free one), `{ path }` or their text, and resolves when connections can come.
 * At most `maxWaiting` of them wait for `accept()`; more are reset at once, and counted.
 *
 * @throws `ERR_SOCK_ADDRESS_IN_USE`, `ERR_SOCK_ADDRESS_NOT_AVAILABLE`, `ERR_SOCK_ACCESS`, `ERR_SOCK_ENDPOINT`, `ERR_SOCK_ARGUMENT`, `ERR_SOCK_CONFIG`
 * @example
 * ```ts
 * await using listener = await listen({ host: '127.0.0.1', port: 0 });
 * for await (const socket of listener) void serve(socket);
 * ```
 */
export async function listen(target: Endpoint | string, options: ListenOptions = {}): Promise<NodeListener> {
  const endpoint = toEndpoint(target);
  checkOptions(options, ['signal', 'timeout', 'ipv6Only', 'policy']);
  const io = ioSection.pick(options, 'listen()');
  const limits = coreSection.pick(options, 'listen()');
  const server = createServer({
    allowHalfOpen: true,
    noDelay: io.noDelay,
    keepAlive: io.keepAlive,
    keepAliveInitialDelay: io.keepAliveDelay,
  });
  const address = nodeAddress(endpoint);
  await wait<void>(options, { phase: 'listen', endpoint }, (resolve, reject) => {
    const failed = (error: unknown): void => reject(fromErrno(error, 'listen', endpoint));
    server.once('error', failed);
    server.listen({ ...address, backlog: io.backlog, ipv6Only: options.ipv6Only ?? false }, () => {
      server.off('error', failed);
      resolve();
    });
    return () => void server.close();
  });
  return new ServerListener(server, endpoint, limits, io.maxWaiting, options.policy);
}

class ServerListener implements NodeListener {
  readonly endpoint: Endpoint;
  readonly closed: Promise<CloseReason>;
  readonly #server: Server;
  readonly #unix: UnixEndpoint | undefined;
  readonly #limits: SocketLimits;
  readonly #policy: AddressPolicy | undefined;
  readonly #maxWaiting: number;
  readonly #queue: AcceptQueue<Socket>;
  /** Connections that came while paused; `undefined` when it is not. */
  #held: Socket[] | undefined;
  #resolveClosed!: (reason: CloseReason) => void;
  #accepted = 0;
  #refused = 0;
  #denied = 0;
  #failed = 0;

  constructor(server: Server, target: Endpoint, limits: SocketLimits, maxWaiting: number, policy: AddressPolicy | undefined) {
    this.#server = server;
    this.#unix = isUnixEndpoint(target) ? target : undefined;
    this.#limits = limits;
    this.#maxWaiting = maxWaiting;
    this.#policy = policy;
    this.endpoint = this.#unix ?? boundAddress(server);
    this.#queue = new AcceptQueue(maxWaiting, () => this.endpoint);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    server.on('connection', this.#onConnection);
    // A failed accept concerns one connection that never was; the listener goes on.
    server.on('error', () => (this.#failed += 1));
  }

  get stats(): ListenerStats {
    return { accepted: this.#accepted, refused: this.#refused, denied: this.#denied, failed: this.#failed, waiting: this.#queue.length + (this.#held?.length ?? 0) };
  }

  get paused(): boolean {
    return this.#held !== undefined;
  }

  pause(): void {
    if (this.#queue.closed || this.#held !== undefined) return;
    const held: Socket[] = [];
    // Out of reach of accept(), which then waits as if nothing had come.
    this.#queue.prune((socket) => held.push(socket) > 0);
    this.#held = held;
  }

  resume(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const socket of held ?? []) this.#queue.offer(socket);
  }

  get ready(): ReadyMask {
    return this.#queue.ready;
  }

  onReady(listener: (ready: ReadyMask) => void): () => void {
    return this.#queue.onReady(listener);
  }

  accept(options?: Cancel): Promise<Socket> {
    return this.#queue.accept(options);
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    return this.#queue[Symbol.asyncIterator]();
  }

  async close(): Promise<void> {
    this.destroy();
    await this.closed;
  }

  destroy(cause?: unknown): void {
    if (this.#queue.closed) return;
    for (const socket of [...this.#queue.close(), ...(this.#held ?? [])]) socket.destroy();
    this.#held = undefined;
    // Not waited for: the server says "closed" only when the last accepted connection is gone, but its address is free at once.
    this.#server.close();
    setImmediate(() => this.#resolveClosed(closeReason(cause)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  readonly #onConnection = (stream: NodeSocket): void => {
    const socket = fromNodeSocket(stream, this.#limits, this.#unix);
    if (this.#denies(stream)) {
      this.#denied += 1;
    } else if (this.#enqueue(socket)) {
      this.#accepted += 1;
      programObserver()?.accept(socket, this.endpoint);
      return;
    } else {
      this.#refused += 1;
    }
    socket.destroy();
  };

  #denies({ remoteAddress }: NodeSocket): boolean {
    try {
      return this.#policy?.refusal(this.#unix === undefined ? remoteAddress : formatEndpoint(this.#unix), 'accept', this.endpoint) !== undefined;
    } catch {
      // Nobody could catch it here, and whom a policy cannot judge it does not let in.
      return true;
    }
  }

  #enqueue(socket: Socket): boolean {
    const isDead = ({ ready }: Socket): boolean => (ready & HANGUP) !== 0;
    if (this.#held === undefined) {
      // Peers that have reset meanwhile hold no place against those that live.
      if (this.#queue.full) this.#queue.prune(isDead);
      return this.#queue.offer(socket);
    }
    if (this.#held.length >= this.#maxWaiting) this.#held = this.#held.filter((each) => !isDead(each));
    return this.#held.length < this.#maxWaiting && this.#held.push(socket) > 0;
  }
}

function nodeAddress(endpoint: Endpoint): NodeListenOptions {
  if (isUnixEndpoint(endpoint)) return { path: endpoint.path };
  if (isTcpEndpoint(endpoint)) return { host: endpoint.host, port: endpoint.port };
  throw new SocketError('ERR_SOCK_ENDPOINT', `cannot listen on ${formatEndpoint(endpoint)}: use memoryPair()`, {
    phase: 'listen', category: 'usage', endpoint,
  });
}

function boundAddress(server: Server): Endpoint {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}
