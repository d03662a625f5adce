import type { Socket } from '@sock/core';
import { memoryPair } from '@sock/core/memory';
import { createPool } from '@sock/pool';
import { createPool as createGenericPool } from 'generic-pool';
import { Pool as TarnPool } from 'tarn';

/** Everybody who lends sockets: `@sock/pool`, and the packages of others. */
export type PoolContestantName = 'sock' | 'generic-pool' | 'tarn';

/** A pool of sockets in memory: dialling costs next to nothing, and is done before anything is measured. */
export interface BenchPool {
  /** Takes a socket, and gives it back at once. */
  readonly borrow: () => Promise<void>;
  /** Sockets that were made so far. */
  readonly made: () => number;
}

/** Pools of at most so many sockets, each with the defaults of its package and none of its extras. */
export const POOLS: Readonly<Record<PoolContestantName, (most: number) => BenchPool>> = {
  sock(most) {
    const { make, made } = maker();
    const pool = createPool<string>({ key: (target) => target, connect: async () => make() }, { maxPerKey: most });
    return {
      async borrow() {
        const lease = await pool.acquire('memory');
        lease.release();
      },
      made,
    };
  },
  'generic-pool'(most) {
    const { make, made } = maker();
    const pool = createGenericPool<Socket>({ create: async () => make(), destroy: async (socket) => socket.destroy() }, { max: most });
    return {
      async borrow() {
        const socket = await pool.acquire();
        // It has given the socket on when it answers; its promise is only for errors.
        void pool.release(socket);
      },
      made,
    };
  },
  tarn(most) {
    const { make, made } = maker();
    const pool = new TarnPool<Socket>({ create: async () => make(), destroy: (socket) => socket.destroy(), min: 0, max: most });
    return {
      async borrow() {
        const socket = await pool.acquire().promise;
        pool.release(socket);
      },
      made,
    };
  },
};

function maker(): { readonly make: () => Socket; readonly made: () => number } {
  // The other sides: a socket whose peer is collected would have ended.
  const peers: Socket[] = [];
  return {
    make() {
      const [own, peer] = memoryPair();
      peers.push(peer);
      return own;
    },
    made: () => peers.length,
  };
}
