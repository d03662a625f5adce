import type { Duration } from '@sock/config';
import { checkNames, parseDuration, wrongOption } from '@sock/config';
import type { Cancel } from '../connector.ts';
import { wait } from '../deadline.ts';
import type { Socket } from '../socket.ts';
import { Pump } from './pump.ts';
import { partsOf } from './receiving.ts';
import type { RelayStats } from './relay-error.ts';
import { RelayError } from './relay-error.ts';

/** Options of {@link relay}. `timeout` is the budget of the whole call. */
export interface RelayOptions extends Cancel {
  /**
   * The longest time in which no byte moves in either direction, 1 ms to 24 days; then both sockets are destroyed. It ends a half-open connection whose
   * other half never comes, and a peer that stopped reading. Default: **none**
   */
  readonly idleTimeout?: Duration | undefined;
  /** Hears after each chunk. What it throws ends the relay, as a signal does. Default: **none** */
  readonly onProgress?: ((stats: RelayStats) => void) | undefined;
}

/**
 * Joins two sockets, as a proxy does: what each of them receives the other one sends, until both have ended. An end is passed on as a half-close
 * while the other direction goes on. Bounded and copied as little as with `pipe`.
 *
 * When one socket fails, the other is destroyed with the error: its peer sees a reset. A `signal` or a `timeout` only stops the relay, and both
 * sockets stay as they are; no byte is lost.
 *
 * @throws {@link RelayError} with the failure's code, `side` and `stats`; `ERR_SOCK_TIMEOUT`, `ERR_SOCK_ABORTED`; before anything is touched
 * `ERR_SOCK_BUSY`, `ERR_SOCK_CLOSED`, `ERR_SOCK_DETACHED`, `ERR_SOCK_ARGUMENT`, and `ERR_SOCK_CONFIG` for an option that is wrong
 * @example
 * for await (const client of listener) {
 *   void relay(client, await connect('db.internal:5432'), { idleTimeout: '5m' }).catch((error) => log(error));
 * }
 */
export async function relay(a: Socket, b: Socket, options: RelayOptions = {}): Promise<RelayStats> {
  checkNames('relay', options, ['signal', 'timeout', 'idleTimeout', 'onProgress']);
  const { onProgress } = options;
  if (onProgress !== undefined && typeof onProgress !== 'function') throw wrongOption('relay', 'onProgress', onProgress, 'a function');
  // Before anything is touched.
  partsOf(b, 'relay');
  const idleMs = idleOf(options.idleTimeout);
  let joint: Joint | undefined;
  const context = { phase: 'send', what: 'relay', endpoint: b.remote, moved: () => (joint === undefined ? 0 : joint.stats.aToB + joint.stats.bToA) } as const;
  return await wait<RelayStats>(options, context, (resolve, reject) => {
    joint = new Joint(a, b, idleMs, onProgress, resolve, reject);
    return joint.start();
  });
}

/** The two directions of one relay, and what ends both. */
class Joint {
  readonly #a: Socket;
  readonly #b: Socket;
  readonly #there: Pump;
  readonly #back: Pump;
  readonly #idleMs: number;
  readonly #resolve: (stats: RelayStats) => void;
  readonly #reject: (error: unknown) => void;
  readonly #startedAt = performance.now();
  #movedAt = this.#startedAt;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #left = 2;
  #over = false;

  constructor(a: Socket, b: Socket, idleMs: number, onProgress: RelayOptions['onProgress'], resolve: (stats: RelayStats) => void, reject: (error: unknown) => void) {
    this.#a = a;
    this.#b = b;
    this.#idleMs = idleMs;
    this.#resolve = resolve;
    this.#reject = reject;
    const moved = (): void => {
      this.#movedAt = performance.now();
      if (onProgress === undefined) return;
      try {
        onProgress(this.stats);
      } catch (error) {
        if (this.#stop()) reject(error);
      }
    };
    this.#there = new Pump(a, b, 'relay', { moved, ended: () => this.#pass(b, 'b'), failed: (side, cause) => this.#fail(side === 'from' ? 'a' : 'b', side, cause) });
    try {
      this.#back = new Pump(b, a, 'relay', { moved, ended: () => this.#pass(a, 'a'), failed: (side, cause) => this.#fail(side === 'from' ? 'b' : 'a', side, cause) });
    } catch (error) {
      this.#there.stop();
      throw error;
    }
  }

  get stats(): RelayStats {
    return { aToB: this.#there.bytes, bToA: this.#back.bytes, milliseconds: performance.now() - this.#startedAt };
  }

  /** @returns what stops it without harm */
  start(): () => void {
    if (this.#idleMs !== Infinity) this.#idle = setTimeout(this.#look, this.#idleMs);
    this.#there.start();
    if (!this.#over) this.#back.start();
    return () => void this.#stop();
  }

  /** The end of one socket, to the other. */
  #pass(to: Socket, side: 'a' | 'b'): void {
    this.#movedAt = performance.now();
    to.shutdown().then(
      () => {
        this.#left -= 1;
        if (this.#left === 0 && this.#stop()) this.#resolve(this.stats);
      },
      (error: unknown) => this.#fail(side, 'to', error),
    );
  }

  #fail(side: 'a' | 'b', half: 'from' | 'to', cause: unknown): void {
    if (!this.#stop()) return;
    const error = RelayError.of(side, half === 'from' ? 'recv' : 'send', side === 'a' ? this.#a : this.#b, this.stats, cause);
    (side === 'a' ? this.#b : this.#a).destroy(error);
    this.#reject(error);
  }

  /** One timer that looks back, rather than one for each chunk. */
  readonly #look = (): void => {
    const rest = this.#movedAt + this.#idleMs - performance.now();
    if (rest > 0) {
      this.#idle = setTimeout(this.#look, rest);
      return;
    }
    if (!this.#stop()) return;
    const error = RelayError.idle(this.#idleMs, this.#a, this.#b, this.stats);
    this.#a.destroy(error);
    this.#b.destroy(error);
    this.#reject(error);
  };

  /** Whether it ran until now. */
  #stop(): boolean {
    if (this.#over) return false;
    this.#over = true;
    clearTimeout(this.#idle);
    this.#there.stop();
    this.#back.stop();
    return true;
  }
}

const LONGEST_MS = 24 * 24 * 60 * 60 * 1000;

function idleOf(idleTimeout: Duration | undefined): number {
  if (idleTimeout === undefined) return Infinity;
  const milliseconds = parseDuration(idleTimeout);
  if (milliseconds < 1 || milliseconds > LONGEST_MS) throw wrongOption('relay', 'idleTimeout', idleTimeout, '1 ms to 24 days, or no idleTimeout at all');
  return milliseconds;
}
