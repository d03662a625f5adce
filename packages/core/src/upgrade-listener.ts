import type { Duration } from '@sock/config';
import { parseDuration } from '@sock/config';
import { AcceptQueue } from './accept-queue.ts';
import type { Cancel, Listener, Upgrade } from './connector.ts';
import type { Endpoint } from './endpoint.ts';
import { SocketError } from './errors.ts';
import type { Socket } from './socket.ts';
import type { CloseReason, Pollable, ReadyMask } from './transport.ts';

/** Options of {@link upgradeListener}. */
export interface UpgradeListenerOptions extends Pick<Cancel, 'timeout'> {
  /**
   * Connections whose upgrade is under way or that wait to be accepted; while there are so many, one more is taken from the
   * listener below at most. At least 1. Default: **256**: a flood of silent peers costs a bounded number of handshakes.
   */
  readonly maxPending?: number | undefined;
  /**
   * How long an upgrade may hold its place while another connection waits for one; after that the oldest is broken off, with
   * `ERR_SOCK_LIMIT`. Without a queue nobody is hurried. Default: **2 s**: a flood of silent peers cannot shut the others out.
   */
  readonly patience?: Duration | undefined;
  /**
   * Hears of every upgrade that failed; the connection is gone by then. What it throws is dropped: any peer can make it run, and
   * must not be able to end the process. Default: **nothing hears of it, `failed` counts it**.
   */
  readonly onUpgradeError?: ((error: unknown, socket: Socket) => void) | undefined;
}

/** A listener whose connections carry a layer. Readable, for a poll, when one waits whose upgrade is done. */
export interface UpgradedListener extends Listener, Pollable {
  /** Upgrades under way. */
  readonly pending: number;
  /** Upgrades that failed so far; those that the close of this listener cut short are none. */
  readonly failed: number;
}

/**
 * Puts a layer on every accepted connection: `upgradeListener(await listen(…), serverContext)` serves TLS. Upgrades run side by
 * side, so a slow or silent peer holds up nobody as long as there are places (`maxPending`, `patience`); connections come in the
 * order in which their upgrades finish. A failed upgrade ends that connection alone.
 *
 * @param options - `timeout` is the budget of each upgrade. Closing closes the listener below as well.
 * @throws `ERR_SOCK_ARGUMENT` for a `maxPending` that is no whole number from 1 on
 */
export function upgradeListener(listener: Listener, upgrade: Upgrade<Endpoint | undefined>, options: UpgradeListenerOptions = {}): UpgradedListener {
  const { maxPending = 256 } = options;
  if (!Number.isSafeInteger(maxPending) || maxPending < 1) {
    throw new SocketError('ERR_SOCK_ARGUMENT', `maxPending got ${maxPending}: it takes a whole number from 1 on`, { phase: 'config', category: 'usage' });
  }
  return new UpgradingListener(listener, upgrade, maxPending, options);
}

class UpgradingListener implements UpgradedListener {
  readonly closed: Promise<CloseReason>;
  readonly #below: Listener;
  readonly #upgrade: Upgrade<Endpoint | undefined>;
  readonly #options: UpgradeListenerOptions;
  readonly #maxPending: number;
  readonly #patienceMs: number;
  readonly #queue: AcceptQueue<Socket>;
  /** One for each upgrade under way: runtimes warn of a leak when many listen to the same signal. */
  readonly #upgrades = new Map<AbortController, number>();
  #failed = 0;
  #room: (() => void) | undefined;

  constructor(below: Listener, upgrade: Upgrade<Endpoint | undefined>, maxPending: number, options: UpgradeListenerOptions) {
    this.#below = below;
    this.#upgrade = upgrade;
    this.#options = options;
    this.#maxPending = maxPending;
    this.#queue = new AcceptQueue(this.#maxPending, () => below.endpoint, () => this.#room?.());
    this.#patienceMs = parseDuration(options.patience ?? '2s');
    this.closed = below.closed;
    void this.#run();
  }

  get endpoint(): Endpoint {
    return this.#below.endpoint;
  }

  get pending(): number {
    return this.#upgrades.size;
  }

  get failed(): number {
    return this.#failed;
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

  async close(options?: Cancel): Promise<void> {
    this.#halt();
    await this.#below.close(options);
  }

  destroy(cause?: unknown): void {
    this.#halt();
    this.#below.destroy(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Takes connections from below while there is room, until the listener below is closed. */
  async #run(): Promise<void> {
    try {
      for await (const socket of this.#below) {
        await this.#place();
        void this.#serve(socket);
      }
      this.#halt();
    } catch (error) {
      // `closed` tells of it: the listener below broke, and this one goes with it.
      this.destroy(error);
    }
  }

  /** One connection's upgrade; never rejects. */
  async #serve(socket: Socket): Promise<void> {
    // Accepted below just before this listener was closed.
    if (this.#queue.closed) return socket.destroy();
    const stop = new AbortController();
    this.#upgrades.set(stop, performance.now());
    try {
      const { timeout } = this.#options;
      const upgraded = await socket.upgrade(this.#upgrade, undefined, { timeout, signal: stop.signal });
      if (!this.#queue.offer(upgraded)) upgraded.destroy();
    } catch (error) {
      if (!this.#queue.closed) this.#report(stop.signal.aborted ? stop.signal.reason : error, socket);
    } finally {
      this.#upgrades.delete(stop);
      this.#room?.();
    }
  }

  #report(error: unknown, socket: Socket): void {
    this.#failed += 1;
    try {
      // Reported, not thrown: one peer's failed handshake is no fault of the listener.
      this.#options.onUpgradeError?.(error, socket);
    } catch {
      // Dropped, as the option says.
    }
  }

  /** Waits for a place for one more; the oldest upgrade loses its own when it has had its time. */
  async #place(): Promise<void> {
    while (this.pending + this.#queue.length >= this.#maxPending && !this.#queue.closed) {
      // One that was told to go may take its time, or ignore it: the next in age is asked then.
      const oldest = [...this.#upgrades].find(([stop]) => !stop.signal.aborted);
      const left = oldest === undefined ? 0 : oldest[1] + this.#patienceMs - performance.now();
      if (oldest !== undefined && left <= 0) oldest[0].abort(this.#displaced());
      await this.#nextRoom(left);
    }
  }

  /** Resolves when a place may have come free, or after so many milliseconds if that is more than none. */
  #nextRoom(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = milliseconds > 0 ? setTimeout(() => this.#room?.(), milliseconds) : undefined;
      this.#room = () => {
        this.#room = undefined;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #displaced(): SocketError<'ERR_SOCK_LIMIT'> {
    const message = `the ${this.#upgrade.name} upgrade did not finish within ${this.#patienceMs} ms, and others wait for its place (maxPending ${this.#maxPending})`;
    return new SocketError('ERR_SOCK_LIMIT', message, { phase: 'upgrade', category: 'limit', retryable: true, endpoint: this.endpoint });
  }

  #halt(): void {
    for (const stop of this.#upgrades.keys()) stop.abort();
    for (const socket of this.#queue.close()) socket.destroy();
    this.#room?.();
  }
}
