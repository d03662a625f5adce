import type { Cancel, Listener } from '../connector.ts';
import { Budget } from '../deadline.ts';
import type { Endpoint } from '../endpoint.ts';
import { SocketError } from '../errors.ts';
import type { Socket } from '../socket.ts';
import type { CloseReason } from '../transport.ts';
import { addressKey } from './address-key.ts';
import type { AdmissionLimit } from './admission-error.ts';
import { AdmissionError } from './admission-error.ts';
import type { Rate } from './token-bucket.ts';
import { TokenBucket } from './token-bucket.ts';

/** Options of {@link admit}. */
export interface AdmitOptions {
  /** Connections let in over time. Only one that is let in spends a token. Default: **no limit** */
  readonly rate?: Rate | undefined;
  /** Connections open at the same time, 1 and up. Default: **no limit** */
  readonly maxConnections?: number | undefined;
  /** Of these from one IPv4 address or IPv6 prefix, 1 and up. Peers without an IP address are not held to it. Default: **no limit** */
  readonly maxPerAddress?: number | undefined;
  /** Bits of an IPv6 address that count as one peer, 1 to 128. Default: **64**, the smallest network that a subscriber is given */
  readonly ipv6PrefixBits?: number | undefined;
  /** Hears of every connection that was refused; it is destroyed by then. What it throws is dropped. Default: **nothing hears of it, `stats` counts it** */
  readonly onRefused?: ((error: AdmissionError, socket: Socket) => void) | undefined;
  /** Milliseconds of a clock that does not go back. Default: **`performance.now`** */
  readonly now?: (() => number) | undefined;
}

/** Counts of an admitted listener. */
export interface AdmitStats {
  /** Let in so far. */
  readonly admitted: number;
  /** Of these, open now. */
  readonly open: number;
  /** Addresses and prefixes that have a connection open now. */
  readonly addresses: number;
  /** Refused so far, by the limit that refused. */
  readonly refused: Readonly<Record<AdmissionLimit, number>>;
}

/** A listener that gives out only what its limits allow. */
export interface AdmittedListener extends Listener {
  readonly stats: AdmitStats;
}

/**
 * Puts limits before a listener: those that are over them are destroyed (TCP: reset) when they are accepted from below, and the next one is taken. A place is
 * given back when the connection has closed, whoever closed it, and whatever was put on top of it since. Closing closes the listener below as well.
 *
 * @throws `ERR_SOCK_ARGUMENT` for a value that is not allowed, and for an option that is none
 * @example
 * ```ts
 * const listener = admit(await listen('0.0.0.0:443'), { rate: '200/s', maxConnections: 10_000, maxPerAddress: 64 });
 * ```
 */
export function admit(listener: Listener, options: AdmitOptions): AdmittedListener {
  if (typeof (listener as Partial<Listener> | null | undefined)?.accept !== 'function') throw badOption('listener', 'takes what listen() answers with');
  if (typeof options !== 'object' || (options as unknown) === null) throw badOption('options', 'take an object');
  for (const name of ['onRefused', 'now'] as const) if (options[name] !== undefined && typeof options[name] !== 'function') throw badOption(name, 'takes a function');
  for (const name of Object.keys(options)) if (!OPTIONS.has(name)) throw badOption(name, `is no option; there are ${[...OPTIONS].join(', ')}`);
  for (const name of ['maxConnections', 'maxPerAddress', 'ipv6PrefixBits'] as const) {
    const value = options[name] ?? 1;
    if (!Number.isSafeInteger(value) || value < 1 || (name === 'ipv6PrefixBits' && value > 128)) {
      throw badOption(name, `got ${String(value)}: it takes a whole number from 1 ${name === 'ipv6PrefixBits' ? 'to 128' : 'on'}`);
    }
  }
  return new Admission(listener, options);
}

const OPTIONS: ReadonlySet<string> = /*#__PURE__*/ new Set(['rate', 'maxConnections', 'maxPerAddress', 'ipv6PrefixBits', 'onRefused', 'now']);

class Admission implements AdmittedListener {
  readonly #below: Listener;
  readonly #options: AdmitOptions;
  readonly #bucket: TokenBucket | undefined;
  readonly #perAddress = new Map<string, number>();
  readonly #refused: Record<AdmissionLimit, number> = { maxConnections: 0, maxPerAddress: 0, rate: 0 };
  #admitted = 0;
  #open = 0;

  constructor(below: Listener, options: AdmitOptions) {
    this.#below = below;
    this.#options = options;
    this.#bucket = options.rate === undefined ? undefined : new TokenBucket(options.rate, options.now ?? (() => performance.now()));
  }

  get endpoint(): Endpoint {
    return this.#below.endpoint;
  }

  get closed(): Promise<CloseReason> {
    return this.#below.closed;
  }

  get stats(): AdmitStats {
    return { admitted: this.#admitted, open: this.#open, addresses: this.#perAddress.size, refused: { ...this.#refused } };
  }

  async accept(options?: Cancel): Promise<Socket> {
    const budget = options === undefined ? undefined : new Budget(options);
    for (;;) {
      const socket = await this.#below.accept(budget?.rest());
      if (this.#admit(socket)) return socket;
    }
  }

  [Symbol.asyncIterator](): AsyncIterator<Socket, undefined> {
    const below = this.#below[Symbol.asyncIterator]();
    return {
      next: async () => {
        for (;;) {
          const next = await below.next();
          if (next.done === true) return { done: true, value: undefined };
          if (this.#admit(next.value)) return next;
        }
      },
      return: async () => {
        await below.return?.();
        return { done: true, value: undefined };
      },
    };
  }

  async close(options?: Cancel): Promise<void> {
    await this.#below.close(options);
  }

  destroy(cause?: unknown): void {
    this.#below.destroy(cause);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Counts a connection in until it closes; one that is over a limit is destroyed. */
  #admit(socket: Socket): boolean {
    const address = addressKey(socket.remote, this.#options.ipv6PrefixBits ?? 64);
    const refusal = this.#refusal(address, socket.remote);
    if (refusal !== undefined) {
      this.#refuse(refusal, socket);
      return false;
    }
    this.#admitted += 1;
    this.#open += 1;
    if (address !== undefined) this.#perAddress.set(address, this.#of(address) + 1);
    // The transport's end, not this socket's: a layer that takes the connection over keeps the place.
    void socket.closed.then(() => this.#release(address));
    return true;
  }

  #refusal(address: string | undefined, remote: Endpoint | undefined): AdmissionError | undefined {
    const { maxConnections = Infinity, maxPerAddress = Infinity } = this.#options;
    if (this.#open >= maxConnections) return new AdmissionError('maxConnections', address, remote, `${this.#open} are open`);
    if (address !== undefined && this.#of(address) >= maxPerAddress) return new AdmissionError('maxPerAddress', address, remote, `${address} has ${this.#of(address)} open`);
    // Last: what another limit refuses must not spend a token.
    if (this.#bucket?.take() === false) return new AdmissionError('rate', address, remote, `more than ${this.#bucket.perSecond} in a second, after a burst of ${this.#bucket.burst}`);
    return undefined;
  }

  #refuse(error: AdmissionError, socket: Socket): void {
    this.#refused[error.limit] += 1;
    socket.destroy(error);
    try {
      this.#options.onRefused?.(error, socket);
    } catch {
      // Dropped, as the option says: any peer can make it run.
    }
  }

  #release(address: string | undefined): void {
    this.#open -= 1;
    if (address === undefined) return;
    const left = this.#of(address) - 1;
    // None stays behind for an address that has left: the table is never larger than the number of open connections.
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }

  #of(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }
}

function badOption(name: string, why: string): SocketError<'ERR_SOCK_ARGUMENT'> {
  return new SocketError('ERR_SOCK_ARGUMENT', `admit() ${name} ${why}`, { phase: 'config', category: 'usage' });
}
