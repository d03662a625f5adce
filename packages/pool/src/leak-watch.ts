import type { Connection } from './connection.ts';
import { PoolError } from './errors.ts';
import { tell } from './pool-observer.ts';
import type { PoolSettings } from './pool-options.ts';
import type { Stock } from './stock.ts';

/** Every so many leases of those that are sampled. */
const SAMPLE = 64;

/** Finds leases that are held for too long, and those that nobody can release any more. */
export class LeakWatch<T, D> {
  readonly #settings: PoolSettings<T, D>;
  readonly #stock: Stock<T, D>;
  readonly #lost: FinalizationRegistry<Connection<T, D>>;
  #calls = 0;

  /** @param onLost - takes back the connection of a lease that was lost */
  constructor(settings: PoolSettings<T, D>, stock: Stock<T, D>, onLost: (connection: Connection<T, D>, error: PoolError) => void) {
    this.#settings = settings;
    this.#stock = stock;
    this.#lost = new FinalizationRegistry((connection) => {
      if (connection.state !== 'leased') return;
      stock.counters.leaksLost += 1;
      this.#report(connection, 'lost');
      onLost(connection, lostError(connection));
    });
  }

  /**
   * Watches a new connection: its token lies in the connection while nobody has it, and in the lease while somebody has. Only with the lease can it be
   * collected. So a lease costs no registration of its own.
   */
  join(connection: Connection<T, D>): void {
    const token = {};
    connection.token = token;
    this.#lost.register(token, connection);
  }

  /** To be asked within the call of `acquire`: where a lease is handed over later, nobody knows any more who called. @param acquire - the stack begins above it */
  stack(acquire: (...given: never[]) => unknown): Error | undefined {
    const { leakThreshold, leakStacks } = this.#settings.limits;
    if (leakStacks === 'always') return acquiredHere(acquire);
    if (leakThreshold === Infinity || leakStacks === 'off') return undefined;
    this.#calls += 1;
    return this.#calls % SAMPLE === 1 ? acquiredHere(acquire) : undefined;
  }

  /** A connection is leased. @returns when to look at it, Infinity for never */
  leased(connection: Connection<T, D>, now: number, stack: Error | undefined): number {
    connection.reported = false;
    connection.stack = stack;
    return now + this.#settings.limits.leakThreshold;
  }

  /** Reports those that are held for too long. @returns when to look again */
  look(now: number): number {
    const { leakThreshold } = this.#settings.limits;
    let next = Infinity;
    if (leakThreshold === Infinity) return next;
    for (const connection of this.#stock.connections()) {
      if (connection.state !== 'leased' || connection.reported) continue;
      const due = connection.leasedAt + leakThreshold;
      if (now < due) {
        next = Math.min(next, due);
        continue;
      }
      connection.reported = true;
      this.#stock.counters.leaksHeld += 1;
      this.#report(connection, 'held');
    }
    return next;
  }

  #report({ member, id, leasedAt, stack }: Connection<T, D>, how: 'held' | 'lost'): void {
    const { observer, clock } = this.#settings;
    if (observer.leaked !== undefined) tell(observer.leaked, { key: member.group.key, connection: id, how, heldMs: clock.now() - leasedAt, stack: stack?.stack });
  }
}

function acquiredHere(acquire: (...given: never[]) => unknown): Error {
  const here = new Error('acquired here');
  // Where the runtime can leave our own frames out.
  (Error as { captureStackTrace?: (error: Error, above: unknown) => void }).captureStackTrace?.(here, acquire);
  return here;
}

function lostError<T, D>({ id, member, stack }: Connection<T, D>): PoolError<'ERR_SOCK_POOL_LOST'> {
  const where = stack === undefined ? 'leakStacks: "always" tells where it was acquired' : `it was acquired here:\n${stack.stack}`;
  const message = `the lease of connection ${id} to ${member.key} was lost: nothing held it any more, and it had not been released. Keep the lease as long as you use its socket; ${where}`;
  return new PoolError('ERR_SOCK_POOL_LOST', message);
}
