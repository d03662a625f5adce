import type { Socket as ByteSocket, TcpEndpoint, Upgrade } from '@sock/core';
import { formatEndpoint } from '@sock/core';
import type { Deferred } from './deferred.ts';
import { handledDeferred } from './deferred.ts';
import type { SecureTransportKind } from './options.ts';
import { ReadableSide } from './readable-side.ts';
import type { Socket, SocketInfo } from './socket.ts';
import { misuse, SocketError, toSocketError } from './socket-error.ts';
import { WritableSide } from './writable-side.ts';

/** What a connection is to be. */
export interface ConnectionPlan {
  readonly target: TcpEndpoint;
  readonly secureTransport: SecureTransportKind;
  readonly allowHalfOpen: boolean;
  /** For `on` and `starttls`: what secures, and whom it is to expect. */
  readonly layer: { readonly upgrade: Upgrade<{ readonly serverName: string }>; readonly serverName: string; readonly agreed: (socket: ByteSocket) => string | undefined } | undefined;
}

/**
 * `connecting → open | failed | closed | upgraded`; `open → ending` (the peer ended, this side's last bytes are on their way), and from both to
 * `closed` or, from `open`, to `upgraded`. The last three are final.
 */
type State = 'connecting' | 'open' | 'ending' | 'failed' | 'closed' | 'upgraded';

/** The Sockets API over a socket that is still to come. */
export class Connection implements Socket {
  readonly #plan: ConnectionPlan;
  readonly #stop = new AbortController();
  readonly #connected: Deferred<ByteSocket> = handledDeferred();
  readonly #opened: Deferred<SocketInfo> = handledDeferred();
  readonly #closed: Deferred<undefined> = handledDeferred();
  readonly #readable: ReadableSide;
  readonly #writable: WritableSide;
  #state: State = 'connecting';
  #socket: ByteSocket | undefined;

  /** @param open - dials, and secures what it has dialled; its signal fires when nobody wants the connection any more */
  constructor(plan: ConnectionPlan, open: (signal: AbortSignal) => Promise<ByteSocket>) {
    this.#plan = plan;
    this.#readable = new ReadableSide(this.#connected.promise, { ended: () => this.#peerEnded(), broken: (error) => this.#broken(error) });
    this.#writable = new WritableSide(this.#connected.promise, async (socket) => {
      // The connection goes on below an upgrade.
      if (this.#state !== 'upgraded') await socket.shutdown();
    });
    open(this.#stop.signal).then((socket) => this.#stands(socket), (cause: unknown) => this.#failed(cause));
  }

  get readable(): Socket['readable'] {
    return this.#readable.stream;
  }

  get writable(): Socket['writable'] {
    return this.#writable.stream;
  }

  get opened(): Promise<SocketInfo> {
    return this.#opened.promise;
  }

  get closed(): Promise<undefined> {
    return this.#closed.promise;
  }

  get upgraded(): boolean {
    return this.#state === 'upgraded';
  }

  get secureTransport(): SecureTransportKind {
    return this.#plan.secureTransport;
  }

  get [Symbol.toStringTag](): string {
    return 'Socket';
  }

  close(reason?: unknown): Promise<undefined> {
    const { promise } = this.#closed;
    if (this.#state !== 'connecting' && this.#state !== 'open' && this.#state !== 'ending') return promise;
    this.#state = 'closed';
    this.#opened.reject(reason);
    this.#endStreams(reason);
    if (this.#socket !== undefined) {
      void this.#release(this.#socket);
    } else {
      this.#connected.reject(reason);
      this.#stop.abort(reason);
      this.#closed.resolve(undefined);
    }
    return promise;
  }

  startTls(): Socket {
    const { layer } = this.#plan;
    if (layer === undefined || this.#plan.secureTransport !== 'starttls') throw noStartTls(`it was made with secureTransport "${this.#plan.secureTransport}", and needs "starttls"`);
    if (this.#state !== 'connecting' && this.#state !== 'open') throw noStartTls(this.#state === 'upgraded' ? 'it has been upgraded already' : 'it is closed');
    const { unread } = this.#readable;
    this.#state = 'upgraded';
    const written = this.#writable.finish(new SocketError('startTls() has taken the connection over: write to the socket that it gave'));
    this.#readable.cancel(undefined);
    this.#closed.resolve(undefined);
    return new Connection({ ...this.#plan, secureTransport: 'on' }, async (signal) => {
      const giveUp = (): void => {
        this.#stop.abort(signal.reason);
        this.#socket?.destroy(signal.reason);
      };
      signal.addEventListener('abort', giveUp, { once: true });
      try {
        const socket = await this.#connected.promise;
        await written;
        // Back to where the layer finds it: bytes that came in clear must never pass for bytes that came through it.
        if (unread !== undefined) socket.unread(unread);
        return await socket.upgrade(layer.upgrade, { serverName: layer.serverName }, { signal });
      } finally {
        signal.removeEventListener('abort', giveUp);
      }
    });
  }

  #stands(socket: ByteSocket): void {
    // A connector need not look at its signal.
    if (this.#state === 'closed') return socket.destroy();
    if (this.#state === 'connecting') this.#state = 'open';
    this.#socket = socket;
    this.#connected.resolve(socket);
    this.#opened.resolve(this.#info(socket));
  }

  #failed(cause: unknown): void {
    if (this.#state === 'closed') return;
    const error = toSocketError(cause);
    if (this.#state === 'connecting') this.#state = 'failed';
    this.#endStreams(error);
    this.#connected.reject(error);
    this.#opened.reject(error);
    this.#closed.reject(error);
  }

  /** The reader of the readable came to the peer's end. */
  #peerEnded(): void {
    if (this.#plan.allowHalfOpen || this.#state !== 'open') return;
    this.#state = 'ending';
    const why = new SocketError('the peer has ended the connection; connect with allowHalfOpen to go on writing');
    void this.#writable.finish(why).then(() => {
      if (this.#state !== 'ending' || this.#socket === undefined) return;
      this.#state = 'closed';
      void this.#release(this.#socket);
    });
  }

  /** The reader of the readable came to where the connection broke: half of it is as dead as the other. */
  #broken(error: Error): void {
    if (this.#state !== 'open' || this.#socket === undefined) return;
    this.#state = 'closed';
    this.#writable.abort(error);
    this.#socket.destroy(error);
    void this.#release(this.#socket);
  }

  #endStreams(reason: unknown): void {
    this.#readable.cancel(reason);
    this.#writable.abort(reason);
  }

  async #release(socket: ByteSocket): Promise<void> {
    if (this.#writable.cutShort) socket.destroy();
    await socket.close();
    this.#closed.resolve(undefined);
  }

  #info(socket: ByteSocket): SocketInfo {
    const { local, remote } = socket;
    const { layer, secureTransport, target } = this.#plan;
    return {
      remoteAddress: formatEndpoint(remote ?? target),
      localAddress: local === undefined ? null : formatEndpoint(local),
      alpn: (secureTransport === 'on' ? layer?.agreed(socket) : undefined) ?? null,
    };
  }
}

function noStartTls(why: string): SocketError {
  return misuse(`startTls() is not possible on this socket: ${why}`, 'upgrade');
}
