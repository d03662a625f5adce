import type { BenchPool, PoolContestantName } from './pool-contestants.ts';
import { POOLS } from './pool-contestants.ts';

/** Those who call a pool: each takes a socket and gives it back, again and again, and those who find none wait for one. */
export class PoolBorrowers {
  readonly #pool: BenchPool;
  readonly #connections: number;

  constructor(contestant: PoolContestantName, connections: number) {
    this.#pool = POOLS[contestant](connections);
    this.#connections = connections;
  }

  /**
   * `count` times in all, shared by so many callers at the same time.
   *
   * @param timed - whether to answer with the microseconds of each; looking at the clock costs time of its own
   */
  async run(callers: number, count: number, timed: boolean): Promise<number[] | undefined> {
    const times: number[] | undefined = timed ? [] : undefined;
    let left = count;
    const caller = async (): Promise<void> => {
      for (; left > 0;) {
        left -= 1;
        const start = times === undefined ? 0 : performance.now();
        await this.#pool.borrow();
        times?.push((performance.now() - start) * 1000);
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    const wanted = Math.min(callers, this.#connections);
    if (this.#pool.made() !== wanted) throw new Error(`a pool made ${this.#pool.made()} sockets for ${callers} callers, where ${wanted} are right`);
    return times;
  }
}
